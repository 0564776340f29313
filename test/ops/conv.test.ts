import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import {
  add,
  arange,
  concat,
  conv2d,
  flip,
  matmul,
  ones,
  pad,
  reshape,
  slice,
  sum,
  tensor,
  transpose,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { expectClose, sample, values } from "./support.js";

setBackend("reference");

/** Small integers, so that sums are exact in float32 and results can be compared to the bit. */
function integers(shape: readonly number[], seed = 1) {
  return sample(shape, { dtype: "int32", low: -4, high: 5, seed });
}

function floats(shape: readonly number[], seed = 1) {
  return tensor(values(integers(shape, seed)), { shape });
}

describe("conv2d", () => {
  it.each([
    { name: "7×7 with 3×3", x: [1, 1, 7, 7], w: [1, 1, 3, 3], options: {}, out: [1, 1, 5, 5] },
    { name: "and stride 2", x: [1, 1, 7, 7], w: [1, 1, 3, 3], options: { stride: 2 }, out: [1, 1, 3, 3] },
    { name: "six 5×5 filters", x: [1, 3, 32, 32], w: [6, 3, 5, 5], options: {}, out: [1, 6, 28, 28] },
    { name: "ten with padding", x: [1, 3, 32, 32], w: [10, 3, 5, 5], options: { padding: 2 }, out: [1, 10, 32, 32] },
    { name: "pairs", x: [2, 4, 9, 8], w: [5, 4, 3, 2], options: { stride: [2, 3] as const }, out: [2, 5, 4, 3] },
    { name: "dilation", x: [1, 1, 9, 9], w: [1, 1, 3, 3], options: { dilation: [2, 4] as const }, out: [1, 1, 5, 1] },
    { name: "groups", x: [1, 6, 4, 4], w: [9, 2, 1, 1], options: { groups: 3 }, out: [1, 9, 4, 4] },
    { name: "NHWC", x: [2, 9, 8, 4], w: [5, 4, 3, 3], options: { layout: "NHWC" as const }, out: [2, 7, 6, 5] },
    { name: "an empty batch", x: [0, 3, 5, 5], w: [2, 3, 3, 3], options: {}, out: [0, 2, 3, 3] },
  ])("infers the shape of $name", ({ x, w, options, out }) => {
    const y = conv2d(zeros(x), zeros(w), options);
    expect(y.shape).toEqual(out);
    expect(y.dtype).toBe("float32");
  });

  it("has the lecture's parameters and multiply-adds", () => {
    const filters = zeros([10, 3, 5, 5]);
    const y = conv2d(zeros([1, 3, 32, 32]), filters, { padding: 2 });
    expect(filters.size + 10).toBe(760);
    expect(y.size * (filters.size / 10)).toBe(768_000);
  });

  it("does not mirror the filters", () => {
    const x = reshape(arange(9), [1, 1, 3, 3]);
    const y = conv2d(
      x,
      tensor([
        [
          [
            [1, 10],
            [100, 1000],
          ],
        ],
      ]),
    );
    // x = [[0 1 2] [3 4 5] [6 7 8]]
    expect(values(y)).toEqual([4310, 5421, 7643, 8754]);
  });

  it.each([
    { length: 7, kernel: 3, stride: 2, dilation: 1, ends: [1, 1] },
    { length: 8, kernel: 3, stride: 2, dilation: 1, ends: [0, 1] },
    { length: 5, kernel: 4, stride: 1, dilation: 1, ends: [1, 2] },
    { length: 5, kernel: 3, stride: 1, dilation: 2, ends: [2, 2] },
    { length: 6, kernel: 1, stride: 3, dilation: 1, ends: [0, 0] },
  ])('pads "same" so that $length windows of $kernel, stride $stride, give ⌈length/stride⌉', (row) => {
    const { length, kernel, stride, dilation, ends } = row;
    const x = floats([1, 1, length, 1]);
    const w = floats([1, 1, kernel, 1], 2);
    const same = conv2d(x, w, { stride: [stride, 1], dilation: [dilation, 1], padding: "same" });
    const padded = pad(x, [[0, 0], [0, 0], ends as [number, number], [0, 0]]);
    expect(same.shape[2]).toBe(Math.ceil(length / stride));
    expect(values(same)).toEqual(values(conv2d(padded, w, { stride: [stride, 1], dilation: [dilation, 1] })));
  });

  it("pads with zeros on each side as told", () => {
    const [x, w] = [floats([2, 2, 4, 3]), floats([3, 2, 3, 3], 2)];
    const y = conv2d(x, w, {
      padding: [
        [1, 2],
        [0, 3],
      ],
    });
    const padded = pad(x, [
      [0, 0],
      [0, 0],
      [1, 2],
      [0, 3],
    ]);
    expect(values(y)).toEqual(values(conv2d(padded, w, { padding: "valid" })));
    const even = conv2d(x, w, { padding: [2, 1] });
    expect(values(even)).toEqual(
      values(
        conv2d(x, w, {
          padding: [
            [2, 2],
            [1, 1],
          ],
        }),
      ),
    );
  });

  it("dilates as if zeros lay between the elements of a filter", () => {
    const [x, w] = [floats([1, 2, 9, 9]), floats([2, 2, 3, 2], 2)];
    const parts = [0, 1, 2].map((i) => slice(w, [null, null, [i, i + 1]]));
    const gap = zeros([2, 2, 1, 2]);
    const rowsApart = concat([parts[0], gap, parts[1], gap, parts[2]] as never, { axis: 2 });
    expect(values(conv2d(x, w, { dilation: [2, 1] }))).toEqual(values(conv2d(x, rowsApart)));
  });

  it("shows each group of channels to its own filters", () => {
    const [x, w] = [floats([2, 6, 4, 4]), floats([4, 3, 3, 3], 2)];
    const half = (i: number) =>
      conv2d(slice(x, [null, [3 * i, 3 * i + 3]]), slice(w, [[2 * i, 2 * i + 2]]), { padding: 1 });
    const grouped = conv2d(x, w, { groups: 2, padding: 1 });
    expect(values(grouped)).toEqual(values(concat([half(0), half(1)], { axis: 1 })));
  });

  it("is the same in NHWC", () => {
    const [x, w] = [floats([2, 4, 6, 5]), floats([6, 2, 3, 3], 2)];
    const options = { stride: [2, 1], padding: 1, groups: 2 } as const;
    const last = conv2d(transpose(x, [0, 2, 3, 1]), w, { ...options, layout: "NHWC" });
    expect(values(transpose(last, [0, 3, 1, 2]))).toEqual(values(conv2d(x, w, options)));
  });

  it("with 1×1 filters is a linear layer over channels", () => {
    const [x, w] = [floats([2, 5, 3, 4]), floats([7, 5, 1, 1], 2)];
    const linear = matmul(reshape(w, [7, 5]), reshape(x, [2, 5, 12]));
    expect(values(conv2d(x, w))).toEqual(values(reshape(linear, [2, 7, 3, 4])));
  });

  it("twice is one convolution with the filters convolved", () => {
    const x = floats([1, 1, 9, 9]);
    const [first, second] = [floats([1, 1, 3, 3], 2), floats([1, 1, 3, 3], 3)];
    const twice = conv2d(conv2d(x, first), second);
    const both = conv2d(first, flip(second, { axes: [2, 3] }), { padding: 2 });
    expect(values(twice)).toEqual(values(conv2d(x, both)));
  });

  it("reads its operands in any layout", () => {
    const wide = floats([1, 8, 10, 2]);
    const x = slice(transpose(wide, [0, 3, 2, 1]), [null, null, [null, null, 2], [7, null, -1]]);
    const copy = tensor(values(x), { shape: x.shape });
    const w = floats([2, 2, 3, 3], 2);
    expect(values(conv2d(x, w))).toEqual(values(conv2d(copy, w)));
  });

  it("adds a bias and an activation in one go", () => {
    const [x, w] = [floats([1, 2, 4, 4]), floats([3, 2, 3, 3], 2)];
    const bias = tensor([1, -2, 3]);
    const y = add(conv2d(x, w), reshape(bias, [3, 1, 1]));
    expectClose(
      sum(y, { axes: [0, 2, 3] }),
      [3],
      values(add(sum(conv2d(x, w), { axes: [0, 2, 3] }), tensor([4, -8, 12]))),
      0,
    );
  });

  it("is NaN where a window holds one", () => {
    const y = conv2d(tensor([[[[1, 2, NaN, 4, 5]]]]), ones([1, 1, 1, 2]));
    expect(values(y)).toEqual([3, NaN, NaN, 9]);
  });

  it("names wrong options", () => {
    const [x, w] = [zeros([1, 1, 5, 5]), zeros([1, 1, 3, 3])];
    const message = (options: object) => {
      try {
        conv2d(x, w, options);
      } catch (error) {
        expect(error).toBeInstanceOf(OptionError);
        return (error as Error).message;
      }
      return "no error";
    };
    const integers = "must be a positive integer or a pair of them";
    expect(message({ stride: 0 })).toBe(`conv2d: option "stride" ${integers}, got 0`);
    expect(message({ stride: [1, 2, 3] })).toBe(`conv2d: option "stride" ${integers}, got [1, 2, 3]`);
    expect(message({ stride: "2" })).toBe(`conv2d: option "stride" ${integers}, got "2"`);
    expect(message({ dilation: [1, 0.5] })).toBe(`conv2d: option "dilation" ${integers}, got [1, 0.5]`);
    expect(message({ stride: 2 ** 40 })).toBe(`conv2d: option "stride" ${integers}, got 1099511627776`);
    expect(message({ groups: 0 })).toBe('conv2d: option "groups" must be a positive integer, got 0');
    expect(message({ layout: "CHWN" })).toBe('conv2d: option "layout" must be "NCHW" or "NHWC", got "CHWN"');
    expect(message({ accuracy: "exact" })).toBe('conv2d: option "accuracy" must be "fast" or "strict", got "exact"');
    expect(message({ strides: 2 })).toBe('conv2d: unknown option "strides"; did you mean "stride"?');
    const padding = '"same", "valid", a non-negative integer, [height, width] or [[top, bottom], [left, right]]';
    for (const [wrong, shown] of [
      [-1, "-1"],
      ["full", '"full"'],
      [[1], "[1]"],
      [[1, 2, 3, 4], "[1, 2, 3, 4]"],
      [[1, NaN], "[1, NaN]"],
    ] as const) {
      expect(message({ padding: wrong })).toBe(`conv2d: option "padding" must be ${padding}, got ${shown}`);
    }
    expect(message({ padding: [[1, 2], [1]] })).toContain('option "padding" must be');
    expect(message({ padding: [[1, 2, 3], [1]] })).toContain('option "padding" must be');
  });

  it("names shapes and dtypes that do not fit", () => {
    const x = zeros([1, 3, 8, 8]);
    expect(() => conv2d(x, zeros([8, 4, 3, 3]))).toThrow(
      new ShapeError("conv2d: channels differ: x [1, 3, 8, 8] has 3, weights [8, 4, 3, 3] in 1 group(s) expect 4"),
    );
    expect(() => conv2d(x, zeros([8, 3, 9, 2]))).toThrow(
      new ShapeError("conv2d: kernel is larger than the padded input: 9×2 over 8×8"),
    );
    expect(() => conv2d(x, zeros([8, 3, 5, 5]), { dilation: 2 })).toThrow("9×9 over 8×8");
    expect(() => conv2d(x, zeros([4, 1, 3, 3]), { groups: 3 })).toThrow(
      new ShapeError("conv2d: filters do not divide into 3 groups: weights [4, 1, 3, 3]"),
    );
    expect(() => conv2d(zeros([3, 8, 8]), zeros([4, 3, 3, 3]))).toThrow(
      new ShapeError("conv2d: x must have 4 axes [n, c, h, w], got [3, 8, 8]"),
    );
    expect(() => conv2d(x, zeros([3, 3, 3]))).toThrow("weights must have 4 axes [o, c/groups, kh, kw], got [3, 3, 3]");
    expect(() => conv2d(x, zeros([3, 3, 0, 3]))).toThrow("kernel is empty");
    expect(() => conv2d(zeros([1, 3, 8, 8], { dtype: "uint8" }), zeros([8, 3, 3, 3]))).toThrow(
      new DTypeError("conv2d: needs a float tensor, got uint8; cast it first"),
    );
    expect(() => conv2d(x, zeros([8, 3, 3, 3], { dtype: "float64" }))).toThrow(DTypeError);
    expect(() => conv2d([[1]] as never, x)).toThrow(OptionError);
  });
});
