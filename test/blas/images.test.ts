/** Functions on images against nodegrad's own operations on tensors, which are tested against other frameworks. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { avgPool2d, conv2d, im2col, maxPool2d, sgemm, softmax } from "../../lib/blas/index.js";
import * as ng from "../../lib/index.js";
import { numbers } from "./support.js";

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
const random = (shape: readonly number[], seed: number) => Float32Array.from(numbers(size(shape), seed));
const layout = fc.constantFrom("NCHW" as const, "NHWC" as const);
const seed = fc.nat(1000);
const shapeOf = (given: "NCHW" | "NHWC", n: number, c: number, h: number, w: number) =>
  given === "NHWC" ? [n, h, w, c] : [n, c, h, w];
const windows = fc.record({
  layout,
  n: fc.integer({ min: 1, max: 3 }),
  c: fc.integer({ min: 1, max: 5 }),
  h: fc.integer({ min: 5, max: 11 }),
  w: fc.integer({ min: 5, max: 11 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 2 }),
  padding: fc.nat(2),
  seed,
});

/** The same function on tensors and on arrays: the arrays have more room than they need. */
function expectSame(expected: ng.Tensor, run: (out: Float32Array) => readonly number[], roundings = 0): void {
  const out = new Float32Array(expected.size + 2).fill(77);
  expect(run(out)).toEqual(expected.shape);
  const values = expected.dataSync() as Float32Array;
  expect([...out.subarray(expected.size)]).toEqual([77, 77]);
  const error = roundings * 2 ** -24;
  const far = [...out.subarray(0, expected.size)].findIndex(
    (value, i) => !(Math.abs(value - (values[i] as number)) <= error),
  );
  expect(far).toBe(-1);
}

describe("images", () => {
  it("conv2d is that of tensors, and a product with what im2col gives", () => {
    fc.assert(
      fc.property(
        windows,
        fc.integer({ min: 1, max: 2 }),
        fc.boolean(),
        ({ layout, n, c, h, w, kernel, stride, padding, seed }, dilation, biased) => {
          const [shapeX, shapeW] = [shapeOf(layout, n, c, h, w), [4, c, kernel, kernel]];
          const [x, filters, bias] = [random(shapeX, seed), random(shapeW, seed + 1), random([4], seed + 2)];
          const options = { stride, padding, dilation, layout };
          const plain = ng.conv2d(ng.tensor(x, { shape: shapeX }), ng.tensor(filters, { shape: shapeW }), options);
          const expected = biased ? plain.add(ng.tensor(bias, { shape: layout === "NHWC" ? [4] : [4, 1, 1] })) : plain;
          // Products below 1, and Winograd's rearrangement within ten times their rounding.
          const roundings = 20 * (c * kernel * kernel + 2) ** 2;
          expectSame(
            expected,
            (out) => conv2d(x, shapeX, filters, shapeW, out, biased ? { ...options, bias } : options),
            roundings,
          );
          if (layout === "NHWC") return;
          const [, , oh, ow] = expected.shape as [number, number, number, number];
          const [rows, columns] = [c * kernel * kernel, oh * ow];
          const unfolded = new Float32Array(n * rows * columns);
          expect(im2col(x, shapeX, unfolded, { kernel, stride, padding, dilation })).toEqual([n, rows, columns]);
          expectSame(
            plain,
            (out) => {
              for (let image = 0; image < n; image++) {
                const [ofB, ofC] = [image * rows * columns, image * 4 * columns];
                sgemm.ndarray(
                  111,
                  111,
                  4,
                  columns,
                  rows,
                  1,
                  filters,
                  rows,
                  1,
                  0,
                  unfolded,
                  columns,
                  1,
                  ofB,
                  0,
                  out,
                  columns,
                  1,
                  ofC,
                );
              }
              return plain.shape;
            },
            roundings,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it("im2col of NHWC images has windows as rows", () => {
    const x = Float32Array.from({ length: 18 }, (_, i) => i + 1);
    const out = new Float32Array(4 * 8);
    expect(im2col(x, [1, 3, 3, 2], out, { kernel: 2, layout: "NHWC" })).toEqual([1, 4, 8]);
    expect([...out.subarray(0, 8)]).toEqual([1, 2, 3, 4, 7, 8, 9, 10]);
    const padded = new Float32Array(9 * 8).fill(5);
    expect(
      im2col(x, [1, 3, 3, 2], padded, {
        kernel: 2,
        padding: [
          [1, 0],
          [1, 0],
        ],
        layout: "NHWC",
      }),
    ).toEqual([1, 9, 8]);
    expect([...padded.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 1, 2]);
  });

  it("maxPool2d and avgPool2d are those of tensors", () => {
    fc.assert(
      fc.property(
        windows,
        fc.boolean(),
        ({ layout, n, c, h, w, kernel, stride, padding, seed }, countIncludePadding) => {
          const shape = shapeOf(layout, n, c, h, w);
          const x = random(shape, seed);
          const options = { kernel, stride, padding: Math.min(padding, kernel - 1), layout };
          expectSame(ng.maxPool2d(ng.tensor(x, { shape }), options), (out) => maxPool2d(x, shape, out, options));
          const counted = { ...options, countIncludePadding };
          expectSame(ng.avgPool2d(ng.tensor(x, { shape }), counted), (out) => avgPool2d(x, shape, out, counted), 10);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("softmax is that of tensors, along every axis", () => {
    const shape = [3, 4, 5];
    const x = random(shape, 7);
    for (const axis of [0, 1, 2, -1, -2]) {
      expectSame(ng.softmax(ng.tensor(x, { shape }), { axis }), (out) => softmax(x, shape, out, { axis }), 8);
      expectSame(
        ng.logSoftmax(ng.tensor(x, { shape }), { axis }),
        (out) => softmax(x, shape, out, { axis, log: true }),
        32,
      );
    }
    expect(softmax(new Float32Array(0), [0, 3], new Float32Array(0))).toEqual([0, 3]);
  });

  const x = new Float32Array(16);
  const whole = new Float32Array(40);
  it.each<[string, () => unknown, string, RegExp]>([
    [
      "an unknown option",
      () => conv2d(x, [1, 1, 4, 4], x, [1, 1, 1, 1], whole, { strides: 1 } as object),
      "OPTION",
      /^conv2d: unknown option "strides"; did you mean "stride"/,
    ],
    [
      "x that is too short",
      () => conv2d(x, [1, 1, 4, 5], x, [1, 1, 1, 1], whole),
      "SHAPE",
      /^conv2d: x is too short: 16 elements, \[1, 1, 4, 5\] takes 20/,
    ],
    [
      "out that is too short",
      () => maxPool2d(x, [1, 1, 4, 4], new Float32Array(3), { kernel: 2 }),
      "SHAPE",
      /^maxPool2d: out is too short: 3 elements, \[1, 1, 2, 2\] takes 4/,
    ],
    [
      "filters that do not fit",
      () => conv2d(x, [1, 1, 4, 4], x, [1, 2, 1, 1], whole),
      "SHAPE",
      /^conv2d: filters do not fit 1 channels/,
    ],
    [
      "filters of three axes",
      () => conv2d(x, [1, 1, 4, 4], x, [1, 1, 1], whole),
      "SHAPE",
      /^conv2d: filters do not fit/,
    ],
    [
      "a bias too short",
      () => conv2d(x, [1, 1, 4, 4], x, [2, 1, 1, 1], whole, { bias: new Float32Array(1) }),
      "SHAPE",
      /^conv2d: bias is too short/,
    ],
    [
      "images of three axes",
      () => avgPool2d(x, [1, 4, 4], whole, { kernel: 2 }),
      "SHAPE",
      /^avgPool2d: x must have 4 axes/,
    ],
    [
      "a negative length",
      () => maxPool2d(x, [1, 1, -4, 4], whole, { kernel: 2 }),
      "SHAPE",
      /^maxPool2d: shape must hold non-negative/,
    ],
    [
      "a kernel larger than the image",
      () => im2col(x, [1, 1, 4, 4], whole, { kernel: 5 }),
      "SHAPE",
      /^im2col: kernel is larger/,
    ],
    [
      "padding as large as the kernel",
      () => maxPool2d(x, [1, 1, 4, 4], whole, { kernel: 2, padding: 2 }),
      "OPTION",
      /^maxPool2d: option "padding"/,
    ],
    [
      "no kernel",
      () => maxPool2d(x, [1, 1, 4, 4], whole, {} as { kernel: number }),
      "OPTION",
      /^maxPool2d: option "kernel"/,
    ],
    [
      "a layout",
      () => softmax(x, [16], whole, { axis: 1 }),
      "OPTION",
      /^softmax: option "axis" must be an axis of \[16\], got 1/,
    ],
    [
      "a Float64Array",
      () => softmax(new Float64Array(4) as unknown as Float32Array, [4], whole),
      "DTYPE",
      /^softmax: x must be a Float32Array/,
    ],
    [
      "shared memory",
      () => softmax(whole.subarray(0, 20), [20], whole.subarray(10, 30)),
      "OPTION",
      /^softmax: out shares memory with x/,
    ],
    [
      "the array itself",
      () => maxPool2d(x, [1, 1, 4, 4], x, { kernel: 2 }),
      "OPTION",
      /^maxPool2d: out shares memory with x/,
    ],
  ])("refuses %s", (_, call, code, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});
