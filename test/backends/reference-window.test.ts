import { describe, expect, it } from "vitest";
import { POOL_KINDS, type PoolKind } from "../../lib/program/opcodes.js";
import { ascending, runInstruction, type TestView } from "../program/hand-written.js";

const NAN = Number.NaN;

interface Pooling {
  readonly kernel?: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly countIncludePadding?: number;
}

/** Square windows. */
function attributesOf(kind: PoolKind, { kernel = 2, stride = 2, pad = 0, countIncludePadding = 0 }: Pooling) {
  return {
    kind: POOL_KINDS.indexOf(kind),
    kernelH: kernel,
    kernelW: kernel,
    strideH: stride,
    strideW: stride,
    padTop: pad,
    padLeft: pad,
    countIncludePadding,
  };
}

function pool(kind: PoolKind, inputs: readonly TestView[], shape: readonly number[], options: Pooling = {}): number[] {
  const attributes = attributesOf(kind, options);
  return runInstruction({ opcode: "pool", outputs: [{ shape }], inputs, attributes })[0] as number[];
}

function poolGrad(kind: PoolKind, inputs: readonly TestView[], shape: readonly number[], options: Pooling = {}) {
  const attributes = attributesOf(kind, options);
  return runInstruction({ opcode: "poolGrad", outputs: [{ shape }], inputs, attributes })[0] as number[];
}

describe("pool", () => {
  const square = { shape: [1, 1, 4, 4], data: ascending(16) };

  it("takes maxima and averages of windows", () => {
    expect(pool("max", [square], [1, 1, 2, 2])).toEqual([5, 7, 13, 15]);
    expect(pool("average", [square], [1, 1, 2, 2])).toEqual([2.5, 4.5, 10.5, 12.5]);
    expect(pool("max", [square], [1, 1, 2, 2], { kernel: 3, stride: 1 })).toEqual([10, 11, 14, 15]);
  });

  it("ignores padding in maxima; averages count it if asked", () => {
    const ones = { shape: [1, 1, 2, 2], data: [-1, -1, -1, -1] };
    const options = { kernel: 3, stride: 2, pad: 1 };
    expect(pool("max", [ones], [1, 1, 1, 1], options)).toEqual([-1]);
    expect(pool("average", [ones], [1, 1, 1, 1], options)).toEqual([-1]);
    expect(pool("average", [ones], [1, 1, 1, 1], { ...options, countIncludePadding: 1 })).toEqual([
      Math.fround(-4 / 9),
    ]);
  });

  it("lets windows hang over the bottom and the right", () => {
    const row = { shape: [1, 1, 1, 3], data: [1, 2, 6] };
    expect(pool("average", [row], [1, 1, 1, 2])).toEqual([1.5, 6]);
    expect(pool("average", [row], [1, 1, 1, 2], { countIncludePadding: 1 })).toEqual([0.75, 1.5]);
  });

  it("keeps images and channels apart, in any layout", () => {
    // Two images, two channels, 1 × 2, channels last: (image, channel, w) lies at 4 · image + channel + 2 w.
    const x = { shape: [2, 2, 1, 2], strides: [4, 1, 4, 2], data: [1, 10, 2, 20, 4, 40, 3, 30] };
    expect(pool("max", [x], [2, 2, 1, 1])).toEqual([2, 20, 4, 40]);
  });

  it("selects values at the first maximum, NaN being the largest", () => {
    const x = { shape: [1, 1, 2, 4], data: [5, 1, 0, NAN, 2, 5, 9, NAN] };
    const values = { shape: [1, 1, 2, 4], data: ascending(8) };
    expect(pool("select", [values, x], [1, 1, 1, 2])).toEqual([0, 3]);
    expect(pool("max", [x], [1, 1, 1, 2])).toEqual([5, NAN]);
  });
});

describe("poolGrad", () => {
  it("sends all to the first maximum, and adds where windows overlap", () => {
    const x = { shape: [1, 1, 1, 4], data: [1, 7, 7, NAN] };
    const dy = { shape: [1, 1, 1, 3], data: [10, 100, 1000] };
    expect(poolGrad("max", [dy, x], [1, 1, 1, 4], { stride: 1 })).toEqual([0, 110, 0, 1000]);
  });

  it("spreads evenly over what an average counted", () => {
    const dy = { shape: [1, 1, 1, 2], data: [6, 12] };
    expect(poolGrad("average", [dy], [1, 1, 1, 3])).toEqual([3, 3, 12]);
    expect(poolGrad("average", [dy], [1, 1, 1, 3], { countIncludePadding: 1 })).toEqual([1.5, 1.5, 3]);
    expect(poolGrad("average", [dy], [1, 1, 1, 3], { stride: 1 })).toEqual([3, 9, 6]);
  });
});

describe("softmax", () => {
  const run = (log: number, data: number[], shape: number[]) =>
    runInstruction({
      opcode: "softmax",
      outputs: [{ dtype: "float64", shape }],
      inputs: [{ dtype: "float64", shape, data }],
      attributes: { log },
    })[0] as number[];

  // Exponentials, sums and quotients of numbers near 1: a few roundings of 2⁻⁵³ each.
  const close = (actual: readonly number[], expected: readonly number[]) => {
    expect(actual.length).toBe(expected.length);
    actual.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThanOrEqual(2e-15);
    });
  };

  it("normalises rows", () => {
    const rows = [0, Math.LN2, Math.log(5), 3, 3, 3];
    const expected = [1 / 8, 2 / 8, 5 / 8, 1 / 3, 1 / 3, 1 / 3];
    close(run(0, rows, [2, 3]), expected);
    close(run(1, rows, [2, 3]), expected.map(Math.log));
  });

  it("does not overflow, and passes NaN on within its row", () => {
    expect(run(0, [1000, -1000, NAN, 1], [2, 2])).toEqual([1, 0, NAN, NAN]);
    expect(run(1, [1000, -1000], [1, 2])).toEqual([0, -2000]);
    expect(run(0, [5], [1])).toEqual([1]);
    expect(run(0, [], [0, 3])).toEqual([]);
    expect(run(0, [], [3, 0])).toEqual([]);
  });

  it("has the gradients of the closed form", () => {
    const grad = (log: number, dy: number[], y: number[]) =>
      runInstruction({
        opcode: "softmaxGrad",
        outputs: [{ dtype: "float64", shape: [2] }],
        inputs: [
          { dtype: "float64", shape: [2], data: dy },
          { dtype: "float64", shape: [2], data: y },
        ],
        attributes: { log },
      })[0] as number[];
    // Of two classes with probabilities p and q: dx = ±p q (dy₀ − dy₁); and for the logarithm dy − p Σ dy.
    close(grad(0, [3, 1], [0.25, 0.75]), [0.375, -0.375]);
    close(grad(1, [3, 1], [Math.log(0.25), Math.log(0.75)]), [2, -2]);
  });
});
