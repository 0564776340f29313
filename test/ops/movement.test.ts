import { describe, expect, it } from "vitest";
import type { DType } from "../../lib/dtype.js";
import { DTypeError, IndexError, OptionError, ShapeError, show } from "../../lib/errors.js";
import {
  add,
  arange,
  broadcastTo,
  concat,
  expandDims,
  flatten,
  flip,
  pad,
  type Range,
  randomUniform,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  stopGradient,
  tensor,
  tile,
  transpose,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { rows, values } from "./support.js";

setBackend("reference");

const matrix = tensor([
  [0, 1, 2],
  [3, 4, 5],
]);
const PADDING = [
  [0, 0],
  [0, 0],
] as const;
const cube = reshape(arange(24), [2, 3, 4]);

describe("reshape and friends", () => {
  it("keep the row-major order", () => {
    expect(rows(reshape(matrix, [3, 2]))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(values(reshape(transpose(matrix), [6]))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(reshape(cube, [-1, 6]).shape).toEqual([4, 6]);
    expect(reshape(matrix, [2, 3])).toBe(matrix);
    expect(reshape(tensor(5), [1, 1]).shape).toEqual([1, 1]);
    expect(flatten(cube).shape).toEqual([2, 12]);
    expect(flatten(cube, { startAxis: 0 }).shape).toEqual([24]);
    expect(expandDims(matrix, 1).shape).toEqual([2, 1, 3]);
    expect(expandDims(matrix, -1).shape).toEqual([2, 3, 1]);
    expect(squeeze(zeros([1, 2, 1])).shape).toEqual([2]);
    expect(squeeze(zeros([1, 2, 1]), { axes: -1 }).shape).toEqual([1, 2]);
  });

  it("name what does not fit", () => {
    expect(() => reshape(matrix, [4])).toThrow(new ShapeError("reshape: sizes differ: [2, 3] to [4] (6 ≠ 4)"));
    expect(() => reshape(matrix, [-1, 4])).toThrow(new ShapeError("reshape: cannot infer −1: [2, 3] to [-1, 4]"));
    expect(() => reshape(matrix, [-1, -1])).toThrow(ShapeError);
    expect(() => squeeze(matrix, { axes: 0 })).toThrow(new ShapeError("squeeze: axis 0 is not of length 1: [2, 3]"));
    expect(() => expandDims(zeros([1, 1, 1, 1, 1, 1, 1, 1]), 0)).toThrow(
      new ShapeError("expandDims: more than 8 axes: [1, 1, 1, 1, 1, 1, 1, 1, 1]"),
    );
  });
});

describe("transpose", () => {
  it("permutes axes", () => {
    expect(rows(transpose(matrix))).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    const y = transpose(cube, [2, 0, -2]);
    expect(y.shape).toEqual([4, 2, 3]);
    expect(values(y).slice(0, 6)).toEqual([0, 4, 8, 12, 16, 20]);
    expect(transpose(matrix, [0, 1])).toBe(matrix);
  });

  it("names what is no permutation", () => {
    expect(() => transpose(matrix, [0, 0])).toThrow(
      new OptionError("transpose: axes must name each of 2 axes once, got [0, 0]"),
    );
    expect(() => transpose(matrix, [0])).toThrow(OptionError);
    expect(() => transpose(tensor([1]))).toThrow(new ShapeError("transpose: needs at least 2 axes, got [1]"));
  });
});

describe("broadcastTo and tile", () => {
  it("repeat", () => {
    expect(rows(broadcastTo(tensor([1, 2]), [3, 2]))).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(rows(broadcastTo(tensor([[1], [2]]), [2, 2]))).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(rows(tile(tensor([[1, 2]]), [2, 2]))).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    expect(tile(matrix, [0, 1]).shape).toEqual([0, 3]);
    const deep = reshape(matrix, [1, 2, 1, 1, 1, 1, 1, 3]);
    const repeated = tile(deep, [1, 2, 1, 1, 1, 2, 1, 1]);
    expect(repeated.shape).toEqual([1, 4, 1, 1, 1, 2, 1, 3]);
    expect(values(repeated)).toEqual([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]);
  });

  it("name what does not fit", () => {
    expect(() => broadcastTo(matrix, [2, 1])).toThrow(
      new ShapeError("broadcastTo: [2, 3] does not broadcast to [2, 1]"),
    );
    expect(() => tile(matrix, [2])).toThrow(
      new OptionError("tile: repeats must hold a non-negative integer per axis of [2, 3], got [2]"),
    );
    expect(() => tile(matrix, [2 ** 30, 1])).toThrow(
      new ShapeError("tile: too many elements: [2147483648, 3] (6442450944 > 2³¹ − 1)"),
    );
  });
});

describe("slice", () => {
  it.each<[readonly Range[], number[], number[]]>([
    [[1], [3], [3, 4, 5]],
    [[null, -1], [2], [2, 5]],
    [[-1, 0], [], [3]],
    [[[1, 2]], [1, 3], [3, 4, 5]],
    [
      [null, [null, null, 2]],
      [2, 2],
      [0, 2, 3, 5],
    ],
    [
      [null, [null, null, -1]],
      [2, 3],
      [2, 1, 0, 5, 4, 3],
    ],
    [
      [
        [null, null, -1],
        [-1, 0, -2],
      ],
      [2, 1],
      [5, 2],
    ],
    [
      [null, [1, 100]],
      [2, 2],
      [1, 2, 4, 5],
    ],
    [
      [null, [-100, 1]],
      [2, 1],
      [0, 3],
    ],
    [[null, [2, 1]], [2, 0], []],
    [[], [2, 3], [0, 1, 2, 3, 4, 5]],
  ])("%j as NumPy does", (ranges, shape, expected) => {
    const part = slice(matrix, ranges);
    expect(part.shape).toEqual(shape);
    expect(values(part)).toEqual(expected);
  });

  it("of a slice of a transpose stays a view of the same elements", () => {
    const part = slice(slice(transpose(cube, [2, 1, 0]), [[1, null], null, [null, null, -1]]), [[null, null, 2], 1]);
    expect(part.shape).toEqual([2, 2]);
    expect(values(part)).toEqual([17, 5, 19, 7]);
  });

  it("reverses", () => {
    expect(values(flip(matrix))).toEqual([5, 4, 3, 2, 1, 0]);
    expect(rows(flip(matrix, { axes: 0 }))).toEqual([
      [3, 4, 5],
      [0, 1, 2],
    ]);
  });

  it("names what is wrong", () => {
    expect(() => slice(matrix, [2])).toThrow(new IndexError("slice: position 2 is outside axis 0 of length 2"));
    expect(() => slice(matrix, [null, [0, 1, 0]])).toThrow(
      new OptionError("slice: range of axis 1 must be [start, stop, step] of integers, step ≠ 0, got [0, 1, 0]"),
    );
    expect(() => slice(matrix, [null, null, null])).toThrow(OptionError);
  });
});

describe("pad", () => {
  it("surrounds", () => {
    expect(
      rows(
        pad(matrix, [
          [1, 0],
          [0, 2],
        ]),
      ),
    ).toEqual([
      [0, 0, 0, 0, 0],
      [0, 1, 2, 0, 0],
      [3, 4, 5, 0, 0],
    ]);
    expect(values(pad(tensor([1]), [[1, 1]], { value: -7 }))).toEqual([-7, 1, -7]);
    expect(
      pad(matrix, [
        [0, 0],
        [0, 0],
      ]),
    ).toBe(matrix);
    expect(values(pad(tensor([true]), [[0, 1]]))).toEqual([1, 0]);
    expect(() => pad(matrix, [[1, 1]])).toThrow(OptionError);
    expect(() =>
      pad(matrix, [
        [1, 1],
        [-1, 0],
      ]),
    ).toThrow(OptionError);
  });
});

describe("the value of pad", () => {
  it("is one of the dtype", () => {
    const padding = [[0, 1]] as const;
    const of = (dtype: DType, value: unknown) => () => pad(zeros([1], { dtype }), padding, { value: value as number });
    for (const [dtype, value] of [
      ["int32", 0.5],
      ["int32", NaN],
      ["uint8", 300],
      ["bool", 7],
    ] as const) {
      expect(of(dtype, value)).toThrow(
        new DTypeError(`pad: ${value} is not a value of ${dtype}; cast the tensor first`),
      );
    }
    expect(of("float32", "3")).toThrow(new OptionError('pad: option "value" must be a number, got "3"'));
    expect(of("float32", tensor(3))).toThrow(OptionError);
    expect(values(of("float32", NaN)())).toEqual([0, NaN]);
    expect(values(of("uint8", 255)())).toEqual([0, 255]);
  });
});

describe("unknown options", () => {
  it.each<[string, (options: object) => unknown, string]>([
    ["flatten", (options) => flatten(matrix, options), "startAxis"],
    ["squeeze", (options) => squeeze(matrix, options), "axes"],
    ["flip", (options) => flip(matrix, options), "axes"],
    ["pad", (options) => pad(matrix, PADDING, options), "value"],
    ["concat", (options) => concat([matrix], options), "axis"],
    ["stack", (options) => stack([matrix], options), "axis"],
    ["split", (options) => split(matrix, 1, options), "axis"],
  ])("of %s are refused", (op, call, known) => {
    expect(() => call({ other: 1 })).toThrow(new OptionError(`${op}: unknown option "other"; known options: ${known}`));
    expect(() => call(1 as never)).toThrow(OptionError);
  });
});

describe("concat, stack and split", () => {
  it("join", () => {
    expect(rows(concat([matrix, matrix]))).toHaveLength(4);
    expect(rows(concat([matrix, tensor([[9], [8]])], { axis: 1 }))).toEqual([
      [0, 1, 2, 9],
      [3, 4, 5, 8],
    ]);
    expect(values(concat([zeros([0]), tensor([1])]))).toEqual([1]);
    expect(rows(stack([tensor([1, 2]), tensor([3, 4])], { axis: 1 }))).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(rows(concat([transpose(matrix), flip(transpose(matrix))], { axis: -1 }))[0]).toEqual([0, 3, 5, 2]);
  });

  it("cut", () => {
    expect(split(cube, 3, { axis: 1 }).map(({ shape }) => shape)).toEqual([
      [2, 1, 4],
      [2, 1, 4],
      [2, 1, 4],
    ]);
    expect(split(arange(5), [2, 0, 3]).map(values)).toEqual([[0, 1], [], [2, 3, 4]]);
    expect(values(concat(split(cube, [1, 3], { axis: 2 }), { axis: 2 }))).toEqual(values(cube));
  });

  it("name what does not fit", () => {
    expect(() => concat([matrix, zeros([2, 2])])).toThrow(
      new ShapeError("concat: shapes differ beside axis 0: [2, 3], [2, 2]"),
    );
    expect(() => concat([])).toThrow(new OptionError("concat: needs a non-empty array of tensors, got []"));
    for (const parts of [3, 1.5, 1e10, 0, -1, NaN, "2"]) {
      expect(() => split(cube, parts as number)).toThrow(
        new OptionError(`split: parts must add up to 2 along axis 0 of [2, 3, 4], got ${show(parts)}`),
      );
    }
    expect(() => stack([matrix, zeros([2, 2])])).toThrow(new ShapeError("stack: shapes differ: [2, 3], [2, 2]"));
    expect(() => stack([matrix, 5 as never])).toThrow(new OptionError("stack: operand must be a tensor, got 5"));
    expect(() => stack([matrix, zeros([2, 3], { dtype: "int32" })])).toThrow(
      new DTypeError("stack: dtypes differ: float32, int32; cast one of them"),
    );
    expect(() => stack([zeros([1, 1, 1, 1, 1, 1, 1, 1])])).toThrow(/^stack: more than 8 axes/);
    expect(() => split(cube, [1, 1, 1], { axis: 2 })).toThrow(
      new OptionError("split: parts must add up to 4 along axis 2 of [2, 3, 4], got [1, 1, 1]"),
    );
  });
});

describe("shapes", () => {
  it("are copies: the array of the caller stays the caller's", () => {
    const shape = [2, 3];
    const made = [
      reshape(arange(6), shape),
      broadcastTo(tensor([1, 2, 3]), shape),
      tensor(new Float32Array(6), { shape }),
      zeros(shape),
      randomUniform(shape),
    ];
    shape[1] = 50;
    for (const x of made) {
      expect(x.shape).toEqual([2, 3]);
      expect(values(x)).toHaveLength(6);
    }
  });
});

describe("stopGradient", () => {
  it("has the same values", () => {
    expect(values(add(stopGradient(matrix), 1))).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
