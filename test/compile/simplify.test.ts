import { describe, expect, it } from "vitest";
import { compileGraph } from "../../lib/compile/index.js";
import { simplify } from "../../lib/compile/simplify.js";
import { encodeGraph, type Request } from "../../lib/graph/signature.js";
import { ones, setBackend, stopGradient, type Tensor, tensor, variable } from "../../lib/index.js";
import { verifyProgram } from "../../lib/program/verify.js";

const opcodes = (request: Request) =>
  verifyProgram(compileGraph(encodeGraph(request).graph)).instructions.map(({ opcode }) => opcode);

const a = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });
const b = tensor([1, 0, 0, 1, 2, 2], { shape: [3, 2] });

describe("a transposed product", () => {
  it("is computed transposed, so that an update becomes its epilogue", () => {
    const w = variable([1, 2, 3, 4], { shape: [2, 2] });
    const value = w.sub(a.matmul(b).transpose().mul(0.1));
    expect(opcodes({ roots: [], updates: [[w, value]] })).toEqual(["matmul"]);
  });

  it("has the product's values", () => {
    setBackend("reference");
    expect([...a.matmul(b).transpose().dataSync()]).toEqual([7, 16, 8, 17]);
    const batch = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], { shape: [2, 2, 3] });
    const wide = tensor([...b.dataSync(), ...b.dataSync()], { shape: [2, 3, 2] });
    expect([...batch.matmul(wide).transpose().dataSync()]).toEqual([7, 16, 8, 17, 25, 34, 26, 35]);
  });

  it("is a view where the product itself is needed too", () => {
    const product = a.matmul(b);
    expect(opcodes({ roots: [product, product.transpose()], updates: [] })).toEqual(["matmul", "copy"]);
  });

  it("with other axes than the last two swapped stays as it is", () => {
    const x = tensor([1, 2, 3, 4, 5, 6, 7, 8], { shape: [2, 2, 2] });
    const moved = x.matmul(x).transpose([1, 0, 2]);
    expect(opcodes({ roots: [moved], updates: [] })).toEqual(["matmul", "copy"]);
  });
});

describe("a product with ones", () => {
  it("is its other operand, also where the ones are stretched to its shape", () => {
    const x = tensor([1, 2, 3]);
    const { graph } = encodeGraph({ roots: [x.mul(ones([3])).neg()], updates: [] });
    expect(simplify(graph).nodes.map(({ op }) => op.name)).toEqual(["input", "neg"]);
  });
});

describe("views that keep the order of elements", () => {
  const operators = (x: Tensor) =>
    simplify(encodeGraph({ roots: [x], updates: [] }).graph).nodes.map(({ op }) => op.name);
  const x = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });

  it("become one, or none where the shape is what it was", () => {
    expect(operators(x.reshape([6]).reshape([3, 2]).reshape([1, 6]))).toEqual(["input", "reshape"]);
    expect(operators(x.reshape([6]).reshape([2, 3]))).toEqual(["input"]);
    expect(operators(stopGradient(x.reshape([6])))).toEqual(["input", "reshape"]);
    expect(operators(stopGradient(stopGradient(x).reshape([6])).reshape([3, 2]))).toEqual(["input", "reshape"]);
  });
});
