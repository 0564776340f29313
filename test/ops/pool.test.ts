import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import {
  avgPool2d,
  globalAvgPool2d,
  globalMaxPool2d,
  maxPool2d,
  pad,
  tensor,
  transpose,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { distinct, values } from "./support.js";

setBackend("reference");

const slice = tensor(
  [
    [1, 1, 2, 4],
    [5, 6, 7, 8],
    [3, 2, 1, 0],
    [1, 2, 3, 4],
  ],
  { shape: [1, 1, 4, 4] },
);

describe("maxPool2d", () => {
  it("takes the lecture's slice to [[6, 8], [3, 4]]", () => {
    const y = maxPool2d(slice, { kernel: 2 });
    expect(y.shape).toEqual([1, 1, 2, 2]);
    expect(values(y)).toEqual([6, 8, 3, 4]);
  });

  it("overlaps windows where the stride is smaller than the kernel", () => {
    const y = maxPool2d(slice, { kernel: 3, stride: 1 });
    expect(values(y)).toEqual([7, 8, 7, 8]);
    expect(maxPool2d(zeros([1, 64, 55, 55]), { kernel: 3, stride: 2 }).shape).toEqual([1, 64, 27, 27]);
  });

  it("never lets padding win", () => {
    const y = maxPool2d(
      tensor([
        [
          [
            [-5, -7],
            [-3, -9],
          ],
        ],
      ]),
      { kernel: 2, stride: 1, padding: 1 },
    );
    expect(values(y)).toEqual([-5, -5, -7, -3, -3, -7, -3, -3, -9]);
  });

  it("is NaN where a window holds one, −∞ included otherwise", () => {
    const x = tensor([[[[1, NaN, 3, -Infinity, -Infinity, 2]]]]);
    expect(values(maxPool2d(x, { kernel: [1, 2] }))).toEqual([NaN, 3, 2]);
    expect(
      values(
        maxPool2d(x, {
          kernel: [1, 2],
          stride: [1, 3],
          padding: [
            [0, 0],
            [1, 0],
          ],
        }),
      ),
    ).toEqual([1, 3]);
  });

  it("is the same in NHWC", () => {
    const x = distinct([2, 3, 5, 6]);
    const options = { kernel: [2, 3], stride: [1, 2], padding: "same" } as const;
    const last = maxPool2d(transpose(x, [0, 2, 3, 1]), { ...options, layout: "NHWC" });
    expect(last.shape).toEqual([2, 5, 3, 3]);
    expect(values(transpose(last, [0, 3, 1, 2]))).toEqual(values(maxPool2d(x, options)));
  });
});

describe("avgPool2d", () => {
  it("averages windows", () => {
    expect(values(avgPool2d(slice, { kernel: 2 }))).toEqual([3.25, 5.25, 2, 2]);
  });

  it("counts padding as zeros, or leaves it out", () => {
    const options = { kernel: 2, stride: 2, padding: 1 } as const;
    expect(values(avgPool2d(slice, options))).toEqual(
      values(
        avgPool2d(
          pad(slice, [
            [0, 0],
            [0, 0],
            [1, 1],
            [1, 1],
          ]),
          { kernel: 2 },
        ),
      ),
    );
    expect(values(avgPool2d(slice, { ...options, countIncludePadding: false }))).toEqual([
      1, 1.5, 4, 4, 4, 4, 1, 2.5, 4,
    ]);
  });

  it("is the same in NHWC", () => {
    const x = distinct([2, 3, 5, 6]);
    const options = { kernel: 3, stride: 2, padding: 1, countIncludePadding: false } as const;
    const last = avgPool2d(transpose(x, [0, 2, 3, 1]), { ...options, layout: "NHWC" });
    expect(values(transpose(last, [0, 3, 1, 2]))).toEqual(values(avgPool2d(x, options)));
  });

  it("works on an empty batch", () => {
    const y = avgPool2d(zeros([0, 2, 4, 4]), { kernel: 2 });
    expect(y.shape).toEqual([0, 2, 2, 2]);
    expect(values(y)).toEqual([]);
  });
});

describe("global pooling", () => {
  it("reduces images to channels", () => {
    const x = tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [-1, -2],
          [-3, -6],
        ],
      ],
    ]);
    expect(values(globalAvgPool2d(x))).toEqual([2.5, -3]);
    expect(values(globalMaxPool2d(x))).toEqual([4, -1]);
    expect(globalAvgPool2d(x, { keepDims: true }).shape).toEqual([1, 2, 1, 1]);
    const last = transpose(x, [0, 2, 3, 1]);
    expect(values(globalAvgPool2d(last, { layout: "NHWC" }))).toEqual([2.5, -3]);
    expect(globalMaxPool2d(last, { layout: "NHWC", keepDims: true }).shape).toEqual([1, 1, 1, 2]);
  });
});

describe("pooling", () => {
  it("names what is wrong", () => {
    expect(() => maxPool2d(slice, {} as never)).toThrow(
      new OptionError('maxPool2d: option "kernel" must be a positive integer or a pair of them, got undefined'),
    );
    expect(() => maxPool2d(slice, { kernel: 2, stride: -1 })).toThrow('option "stride" must be a positive integer');
    expect(() => avgPool2d(slice, { kernel: 2, padding: 2 })).toThrow(
      new OptionError(
        'avgPool2d: option "padding" must be smaller than the kernel: got [2, 2, 2, 2] (top, bottom, left, right) for 2×2',
      ),
    );
    expect(() => avgPool2d(slice, { kernel: 5 })).toThrow(
      new ShapeError("avgPool2d: kernel is larger than the padded input: 5×5 over 4×4"),
    );
    expect(() => avgPool2d(slice, { kernel: 2, countIncludePadding: 1 as never })).toThrow(
      new OptionError('avgPool2d: option "countIncludePadding" must be a boolean, got 1'),
    );
    expect(() => maxPool2d(slice, { kernel: 2, countIncludePadding: true } as never)).toThrow("unknown option");
    expect(() => maxPool2d(zeros([1, 1, 0, 4]), { kernel: 2, padding: 1 })).toThrow(
      new ShapeError("maxPool2d: images are empty: [1, 1, 0, 4]"),
    );
    expect(() => maxPool2d(zeros([4, 4]), { kernel: 2 })).toThrow("x must have 4 axes [n, c, h, w], got [4, 4]");
    expect(() => globalAvgPool2d(zeros([4, 4]))).toThrow(ShapeError);
    expect(() => maxPool2d(zeros([1, 1, 4, 4], { dtype: "int32" }), { kernel: 2 })).toThrow(DTypeError);
  });
});
