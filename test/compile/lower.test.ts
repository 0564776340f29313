import { describe, expect, it } from "vitest";
import { compileGraph } from "../../lib/compile/index.js";
import { encodeGraph } from "../../lib/graph/signature.js";
import * as ng from "../../lib/index.js";
import { verifyProgram } from "../../lib/program/verify.js";

const { add, conv2d, maxPool2d, randomNormal, realize, relu, setBackend, transpose, vjp } = ng;

setBackend("reference");

const opcodes = (...roots: ng.Tensor[]) =>
  verifyProgram(
    compileGraph(encodeGraph({ roots: roots.map((root) => root.resolve()), updates: [] }).graph),
  ).instructions.map(({ opcode }) => opcode);

const LAST = [0, 2, 3, 1];
const FIRST = [0, 3, 1, 2];

describe("images that are only looked at in the other layout", () => {
  const images = randomNormal([2, 6, 4, 5], { seed: 1 });
  const filters = randomNormal([3, 5, 3, 3], { seed: 2 });
  realize(images, filters);
  const first = transpose(images, FIRST);
  const pooled = (x: ng.Tensor) => maxPool2d(x, { kernel: 2 });
  const convolved = (x: ng.Tensor) => relu(add(conv2d(x, filters), 1));
  const gradient = (x: ng.Tensor) => vjp(pooled, [x]).vjp(pooled(x))[0] as ng.Tensor;

  it("are written in it", () => {
    expect(opcodes(transpose(pooled(first), LAST))).toEqual(["pool"]);
    expect(opcodes(transpose(convolved(first), LAST))).toEqual(["conv2d"]);
    expect(opcodes(transpose(gradient(first), LAST))).toEqual(["pool", "poolGrad"]);
    const last = maxPool2d(images, { kernel: 2, layout: "NHWC" });
    expect(opcodes(transpose(last, FIRST))).toEqual(["pool"]);
  });

  it("keep their values", () => {
    const turned = transpose(pooled(first), LAST);
    expect(turned.toArray()).toEqual(maxPool2d(images, { kernel: 2, layout: "NHWC" }).toArray());
    const y = transpose(convolved(first), LAST);
    expect(y.toArray()).toEqual(relu(add(conv2d(images, filters, { layout: "NHWC" }), 1)).toArray());
  });

  it("are copied for whoever looks at them otherwise", () => {
    const y = pooled(first);
    expect(opcodes(y, transpose(y, LAST))).toEqual(["pool", "copy"]);
    expect(opcodes(transpose(y, LAST), transpose(y, [0, 1, 3, 2]))).toEqual(["pool", "copy"]);
    expect(opcodes(transpose(y, [0, 3, 2, 1]))).toEqual(["pool", "copy"]);
  });
});
