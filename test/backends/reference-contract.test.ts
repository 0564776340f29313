import { describe, expect, it } from "vitest";
import { allocate, type DType } from "../../lib/dtype.js";
import { contiguousStrides, sizeOf } from "../../lib/shape.js";
import { passThrough, runInstruction, smallIntegers } from "../program/hand-written.js";

// All data are small integers: every sum is exact, so results must be equal, not close.

describe("matmul", () => {
  it("multiplies matrices", () => {
    const inputs = [
      { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
      { shape: [3, 2], data: [7, 8, 9, 10, 11, 12] },
    ];
    const outputs = [{ shape: [2, 2] }];
    expect(runInstruction({ opcode: "matmul", outputs, inputs, micro: passThrough })).toEqual([[58, 64, 139, 154]]);
  });

  it.each<[number, number, number]>([
    [1, 1, 1],
    [3, 5, 7],
    [4, 8, 2],
    [5, 9, 0],
    [2, 0, 3],
  ])("agrees with the definition for batches of [%i × %i], inner %i, any strides", (m, n, k) => {
    const a = smallIntegers(m * k, 1);
    const b = smallIntegers(2 * k * n, 2);
    const bias = smallIntegers(n, 3);
    const inputs = [
      // Transposed in memory, and the same for both batches.
      { shape: [2, m, k], strides: [0, 1, m], data: a },
      { shape: [2, k, n], data: b },
      { shape: [2, m, n], strides: [0, 0, 1], data: bias },
    ];
    const micro = {
      registers: 3,
      results: [2],
      code: [
        { op: "add" as const, dtype: "float32" as const, dst: 0, a: 0, b: 1 },
        { op: "constant" as const, dtype: "float32" as const, dst: 1, value: 0 },
        { op: "max" as const, dtype: "float32" as const, dst: 2, a: 0, b: 1 },
      ],
    };
    const [out] = runInstruction({ opcode: "matmul", outputs: [{ shape: [2, m, n] }], inputs, micro }) as [number[]];
    const expected: number[] = [];
    for (let batch = 0; batch < 2; batch++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = bias[j] as number;
          for (let p = 0; p < k; p++) sum += (a[p * m + i] as number) * (b[(batch * k + p) * n + j] as number);
          expected.push(Math.max(sum, 0));
        }
      }
    }
    expect(out).toEqual(expected);
  });

  it("accumulates in float64", () => {
    // In float32 every added 1 is lost next to 2²⁵; together they are not.
    const inputs = [
      { shape: [1, 17], data: [2 ** 25, ...new Array<number>(16).fill(1)] },
      { shape: [17, 1], data: new Array<number>(17).fill(1) },
    ];
    expect(runInstruction({ opcode: "matmul", outputs: [{ shape: [1, 1] }], inputs, micro: passThrough })).toEqual([
      [2 ** 25 + 16],
    ]);
  });
});

interface Convolution {
  readonly x: readonly [number, number, number, number];
  readonly w: readonly [number, number, number, number];
  readonly y: readonly [number, number, number, number];
  readonly strideH?: number;
  readonly strideW?: number;
  readonly padTop?: number;
  readonly padLeft?: number;
  readonly dilationH?: number;
  readonly dilationW?: number;
  readonly groups?: number;
}

function windowOf(c: Convolution) {
  const { strideH = 1, strideW = 1, padTop = 0, padLeft = 0, dilationH = 1, dilationW = 1, groups = 1 } = c;
  return { strideH, strideW, padTop, padLeft, dilationH, dilationW, groups, accuracy: 0 };
}

/** Visits every product x · w of a convolution and the y it goes into. */
function forEachProduct(c: Convolution, visit: (x: number, w: number, y: number) => void): void {
  const { strideH, strideW, padTop, padLeft, dilationH, dilationW, groups } = windowOf(c);
  const [, channels, height, width] = c.x;
  const [, inGroup, kernelH, kernelW] = c.w;
  const [images, filters, oh, ow] = c.y;
  for (let y = 0; y < images * filters * oh * ow; y++) {
    const [column, row] = [y % ow, Math.floor(y / ow) % oh];
    const [filter, image] = [Math.floor(y / ow / oh) % filters, Math.floor(y / ow / oh / filters)];
    for (let tap = 0; tap < inGroup * kernelH * kernelW; tap++) {
      const h = row * strideH - padTop + (Math.floor(tap / kernelW) % kernelH) * dilationH;
      const w = column * strideW - padLeft + (tap % kernelW) * dilationW;
      const group = Math.floor(filter / (filters / groups));
      const channel = group * inGroup + Math.floor(tap / kernelW / kernelH);
      if (h < 0 || h >= height || w < 0 || w >= width) continue;
      visit(((image * channels + channel) * height + h) * width + w, filter * inGroup * kernelH * kernelW + tap, y);
    }
  }
}

const convolutions: [string, Convolution][] = [
  ["LeNet's second", { x: [2, 3, 8, 8], w: [4, 3, 5, 5], y: [2, 4, 4, 4] }],
  ["padded", { x: [1, 2, 5, 4], w: [3, 2, 3, 3], y: [1, 3, 5, 4], padTop: 1, padLeft: 1 }],
  ["strided, more padding right", { x: [1, 1, 7, 6], w: [2, 1, 3, 2], y: [1, 2, 4, 4], strideH: 2, strideW: 2 }],
  ["dilated", { x: [2, 1, 9, 8], w: [1, 1, 3, 3], y: [2, 1, 5, 2], dilationH: 2, dilationW: 3 }],
  ["grouped", { x: [2, 4, 4, 4], w: [6, 2, 2, 2], y: [2, 6, 3, 3], groups: 2 }],
  ["depthwise", { x: [1, 3, 4, 4], w: [3, 1, 3, 3], y: [1, 3, 4, 4], groups: 3, padTop: 1, padLeft: 1 }],
  ["1 × 1", { x: [2, 5, 3, 3], w: [2, 5, 1, 1], y: [2, 2, 3, 3] }],
  ["of no images", { x: [0, 2, 3, 3], w: [2, 2, 3, 3], y: [0, 2, 1, 1] }],
];

describe.each(convolutions)("convolution: %s", (_, c) => {
  const x = smallIntegers(sizeOf(c.x), 1);
  const w = smallIntegers(sizeOf(c.w), 2);
  const dy = smallIntegers(sizeOf(c.y), 3);
  const attributes = windowOf(c);
  const micro = passThrough;
  const view = (shape: readonly number[], data: readonly number[]) => ({ shape, data });

  function expected(length: number, add: (out: Float32Array, x: number, w: number, y: number) => void): number[] {
    const out = allocate("float32", length);
    forEachProduct(c, (...indices) => add(out, ...indices));
    return Array.from(out);
  }

  it("conv2d", () => {
    const inputs = [view(c.x, x), view(c.w, w)];
    const result = runInstruction({ opcode: "conv2d", outputs: [{ shape: c.y }], inputs, attributes, micro });
    expect(result[0]).toEqual(
      expected(dy.length, (out, ix, iw, iy) => {
        out[iy] = (out[iy] as number) + (x[ix] as number) * (w[iw] as number);
      }),
    );
  });

  it("conv2dGradInput", () => {
    const inputs = [view(c.y, dy), view(c.w, w)];
    const result = runInstruction({ opcode: "conv2dGradInput", outputs: [{ shape: c.x }], inputs, attributes, micro });
    expect(result[0]).toEqual(
      expected(x.length, (out, ix, iw, iy) => {
        out[ix] = (out[ix] as number) + (dy[iy] as number) * (w[iw] as number);
      }),
    );
  });

  it("conv2dGradWeight", () => {
    const inputs = [view(c.x, x), view(c.y, dy)];
    const result = runInstruction({ opcode: "conv2dGradWeight", outputs: [{ shape: c.w }], inputs, attributes, micro });
    expect(result[0]).toEqual(
      expected(w.length, (out, ix, iw, iy) => {
        out[iw] = (out[iw] as number) + (dy[iy] as number) * (x[ix] as number);
      }),
    );
  });
});

it("convolves an image with a known answer", () => {
  // The sum over 2 × 2 windows of 1 … 9.
  const inputs = [
    { shape: [1, 1, 3, 3], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
    { shape: [1, 1, 2, 2], data: [1, 1, 1, 1] },
  ];
  const attributes = windowOf({ x: [1, 1, 3, 3], w: [1, 1, 2, 2], y: [1, 1, 2, 2] });
  const outputs = [{ shape: [1, 1, 2, 2] }];
  const result = runInstruction({ opcode: "conv2d", outputs, inputs, attributes, micro: passThrough });
  expect(result).toEqual([[12, 16, 24, 28]]);
});

it("convolves NHWC views as it does NCHW, and adds a bias", () => {
  const [n, c, h, w] = [2, 3, 4, 5];
  const nchw = smallIntegers(n * c * h * w, 1);
  const nhwc = new Array<number>(nchw.length);
  const strides = [h * w * c, 1, w * c, c];
  nchw.forEach((value, i) => {
    const at = contiguousStrides([n, c, h, w]).reduce(
      ({ rest, sum }, stride, axis) => ({
        rest: rest % stride,
        sum: sum + Math.floor(rest / stride) * (strides[axis] as number),
      }),
      { rest: i, sum: 0 },
    ).sum;
    nhwc[at] = value;
  });
  const run = (dtype: DType, data: number[], own: readonly number[]) =>
    runInstruction({
      opcode: "conv2d",
      outputs: [{ dtype, shape: [2, 2, 3, 4] }],
      inputs: [
        { dtype, shape: [n, c, h, w], strides: own, data },
        { dtype, shape: [2, c, 2, 2], data: smallIntegers(24, 2) },
        { dtype, shape: [2, 2, 3, 4], strides: [0, 1, 0, 0], data: [100, 1000] },
      ],
      attributes: windowOf({ x: [n, c, h, w], w: [2, c, 2, 2], y: [2, 2, 3, 4] }),
      micro: { registers: 2, results: [0], code: [{ op: "add", dtype, dst: 0, a: 0, b: 1 }] },
    })[0] as number[];
  const expected = run("float64", nchw, contiguousStrides([n, c, h, w]));
  expect(run("float32", nhwc, strides)).toEqual(expected);
  expect(Math.min(...expected.slice(12, 24))).toBeGreaterThan(500);
});
