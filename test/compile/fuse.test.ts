import { describe, expect, it } from "vitest";
import { compileGraph } from "../../lib/compile/index.js";
import { encodeGraph } from "../../lib/graph/signature.js";
import * as ng from "../../lib/index.js";
import { verifyProgram } from "../../lib/program/verify.js";

const { tensor, variable, zeros } = ng;

const program = (...roots: ng.Tensor[]) =>
  verifyProgram(compileGraph(encodeGraph({ roots: roots.map((root) => root.resolve()), updates: [] }).graph));
const opcodes = (...roots: ng.Tensor[]) => program(...roots).instructions.map(({ opcode }) => opcode);

const input = (shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), { shape });

describe("maps after a view that keeps the order of elements", () => {
  const x = input([2, 3, 4]);
  const w = input([4, 5]);

  it("are the epilogue of the product below it", () => {
    expect(
      opcodes(
        x
          .matmul(w)
          .add(input([5]))
          .relu(),
      ),
    ).toEqual(["matmul"]);
    expect(
      opcodes(
        x
          .matmul(w)
          .add(input([5]).reshape([1, 5]))
          .mul(input([2, 3, 5])),
      ),
    ).toEqual(["matmul"]);
    expect(opcodes(x.matmul(w).add(1).reshape([30]).mul(2))).toEqual(["matmul"]);
  });

  it("are the prologue of a reduction above it", () => {
    expect(opcodes(x.square().reshape([6, 4]).sum({ axes: 1 }))).toEqual(["reduce"]);
  });

  it("stay apart where an operand could not be read without a copy", () => {
    const turned = input([5, 3, 2]).transpose([2, 1, 0]);
    expect(opcodes(x.matmul(w).add(turned))).toEqual(["matmul", "map"]);
    expect(opcodes(x.matmul(w).add(input([2, 1, 5])))).toEqual(["matmul", "map"]);
  });
});

describe("a sum of two products", () => {
  it("is the epilogue of one of them, whichever is written first", () => {
    const [x, a, b] = [input([2, 3]), input([3, 4]), input([3, 4])];
    expect(opcodes(x.matmul(a).add(x.matmul(b)))).toEqual(["matmul", "matmul"]);
    expect(
      opcodes(
        x.matmul(a).add(
          x
            .matmul(b)
            .relu()
            .matmul(input([4, 4])),
        ),
      ),
    ).toHaveLength(3);
  });

  it("stays apart where that would make a circle", () => {
    const [x, a] = [input([4, 4]), input([4, 4])];
    const product = x.matmul(a);
    const sum = product.add(product.matmul(a));
    expect(opcodes(sum)).toEqual(["matmul", "matmul"]);
    expect(opcodes(product.add(product.transpose()))).toEqual(["matmul", "map"]);
  });
});

describe("batch normalisation after a convolution", () => {
  const conv = (x: ng.Tensor) => ng.conv2d(x, input([8, 8, 3, 3]), { padding: 1 });
  const statistics = () => ({
    mean: variable(zeros([8]), { trainable: false }),
    variance: variable(zeros([8]), { trainable: false }),
    gamma: variable(zeros([8])),
    beta: variable(zeros([8])),
  });

  it("with running statistics is part of the convolution, and so are activation and residual", () => {
    const x = input([2, 8, 6, 6]);
    const first = ng.relu(ng.batchNorm(conv(x), statistics()));
    const second = ng.relu(ng.batchNorm(conv(first), statistics()).add(x));
    const { instructions } = program(second);
    const large = instructions.filter(({ outputs }) =>
      outputs.some(({ shape }) => shape.length === 4 && shape[2] === 6),
    );
    expect(large.map(({ opcode }) => opcode)).toEqual(["conv2d", "conv2d"]);
    // x, the filters, scale and shift of each channel, and the residual.
    expect(large.map(({ inputs }) => inputs.length)).toEqual([4, 5]);
    expect(large.map(({ micro }) => micro?.code.map(({ op }) => op))).toEqual([
      ["mulAdd", "constant", "max"],
      ["mulAdd", "add", "constant", "max"],
    ]);
    expect(instructions.length).toBe(4);
  });

  it("with those of the batch keeps nothing but images that are read", () => {
    const x = conv(input([2, 8, 6, 6]));
    const { instructions } = program(ng.relu(ng.batchNorm(x, ng.moments(x, { axes: [0, 2, 3] }))));
    const large = instructions.filter(({ outputs }) =>
      outputs.some(({ shape }) => shape.length === 4 && shape[2] === 6),
    );
    expect(large.map(({ opcode }) => opcode)).toEqual(["conv2d", "map"]);
  });
});

describe("a result that several kernels read", () => {
  const x = input([20, 30]);

  it("is computed again where that takes less memory traffic", () => {
    const centered = x.sub(x.mean({ axes: 0, keepDims: true }));
    const { instructions } = program(centered.square().sum({ axes: 0 }), centered.abs().sum({ axes: 1 }));
    expect(instructions.map(({ opcode }) => opcode).filter((opcode) => opcode !== "map")).toEqual(
      Array(3).fill("reduce"),
    );
    for (const { outputs } of instructions) for (const { shape } of outputs) expect(shape).not.toEqual([20, 30]);
  });

  it("is kept where it is costly, or where it stands for more than itself", () => {
    const kept = (y: ng.Tensor) => program(y.sum({ axes: 0 }), y.max({ axes: 1 })).instructions[0]?.outputs[0]?.shape;
    expect(kept(x.exp())).toEqual([20, 30]);
    expect(
      kept(
        x
          .add(input([20, 30]))
          .sub(input([20, 30]))
          .mul(input([20, 30])),
      ),
    ).toEqual([20, 30]);
  });
});

describe("reductions of the same elements", () => {
  const x = input([20, 30]);
  const y = input([20, 30]);

  it("are one instruction", () => {
    const { mean, variance } = ng.moments(x, { axes: 1 });
    expect(opcodes(mean, variance)).toEqual(["reduce", "map"]);
    expect(opcodes(x.sum({ axes: 1 }), x.mul(y).sum({ axes: 1 }), y.abs().sum({ axes: 1 }))).toEqual(["reduce"]);
    expect(opcodes(x.max(), x.mul(2).max())).toEqual(["reduce"]);
  });

  it("are up to four in an instruction", () => {
    const sums = [1, 2, 3, 4, 5, 6].map((factor) => x.mul(factor).sum({ axes: 1 }));
    expect(program(...sums).instructions.map(({ outputs }) => outputs.length)).toEqual([4, 2]);
  });

  it("are so although what reads the first comes before the second", () => {
    const total = x.sum({ axes: 1, keepDims: true });
    const scale = total.mul(y.sum({ axes: 1, keepDims: true }));
    const both = program(scale, x.mul(y.max({ axes: 1, keepDims: true })).sum({ axes: 1 }));
    const sums = both.instructions.filter(({ opcode, attributes }) => opcode === "reduce" && attributes.kind === 0);
    expect(sums.map(({ outputs }) => outputs.length)).toEqual([1, 2]);
  });

  it("are so of numbers alone, and of a variance whose sum is asked for twice", () => {
    const ones = ng.ones([5]).mul(1.7);
    expect(ones.sum().add(ones.mul(2).sum()).item()).toBeCloseTo(25.5, 5);
    expect(ng.moments(ones).variance.item()).toBeCloseTo(0, 10);
    const whole = { axes: [0, 1] };
    const [a, b] = [ng.tensor([[1, 2, 3, 6]]), (y: ng.Tensor) => y.reshape([4, 1]).reshape([1, 4])];
    const { mean, variance } = ng.moments(a, whole);
    expect([mean, variance, b(a).sum(whole), ng.moments(b(a), whole).variance].map((y) => y.item())).toEqual([
      3, 3.5, 12, 3.5,
    ]);
    expect(() => program(mean, variance, b(a).sum(whole), b(b(a)).sum(whole))).not.toThrow();
  });

  it("stay apart where one needs the other, or where they differ in kind, axes or elements", () => {
    const mean = x.mean({ axes: 1, keepDims: true });
    expect(opcodes(x.sub(mean).square().sum({ axes: 1 }))).toEqual(["reduce", "map", "reduce"]);
    expect(opcodes(x.sum({ axes: 1 }), x.max({ axes: 1 }))).toEqual(["reduce", "reduce"]);
    expect(opcodes(x.sum({ axes: 1 }), x.sum({ axes: 0 }))).toEqual(["reduce", "reduce"]);
    expect(opcodes(x.sum({ axes: 1 }), y.sum({ axes: 1 }))).toEqual(["reduce", "reduce"]);
    expect(opcodes(x.argMax({ axis: 1 }), x.argMax({ axis: 1 }).add(1), x.argMin({ axis: 1 }))).toContain("reduce");
  });

  it("keep the values of everything between them, to any order of derivative", () => {
    // Sets of reductions whose members depend on other sets: see `sideBySide`.
    const norm = (a: ng.Tensor) => ng.layerNorm(a).square().sum();
    const twice = (a: ng.Tensor) => ng.grad((b: ng.Tensor) => ng.grad(norm)(b).mul(y).sum())(a);
    expect(() => program(twice(x))).not.toThrow();
  });
});
