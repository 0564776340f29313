import { describe, expect, it } from "vitest";
import { DTypeError, IndexError, OptionError, ShapeError } from "../../lib/errors.js";
import { gather, oneHot, reshape, scatterAdd, takeAlongAxis, tensor, transpose, zeros } from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { rows, sample, values } from "./support.js";

setBackend("reference");

const int = (data: number[] | number[][] | number) => tensor(data, { dtype: "int32" });
const table = tensor([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
  [10, 11, 12],
]);

describe("gather", () => {
  it("takes rows", () => {
    expect(rows(gather(table, int([3, 0, 3])))).toEqual([
      [10, 11, 12],
      [1, 2, 3],
      [10, 11, 12],
    ]);
  });

  it("puts the axes of the indices where the axis was", () => {
    const x = sample([2, 4, 3], { dtype: "int32", low: 0, high: 100 });
    const y = gather(
      x,
      int([
        [3, 0, 1],
        [1, 1, 2],
      ]),
      { axis: 1 },
    );
    expect(y.shape).toEqual([2, 2, 3, 3]);
    const flat = values(x);
    const expected = [0, 1].flatMap((n) =>
      [3, 0, 1, 1, 1, 2].flatMap((j) => flat.slice((n * 4 + j) * 3, (n * 4 + j + 1) * 3)),
    );
    expect(values(y)).toEqual(expected);
    expect(y.dtype).toBe("int32");
  });

  it("with a single index removes the axis", () => {
    const y = gather(table, int(2), { axis: -1 });
    expect(y.shape).toEqual([4]);
    expect(values(y)).toEqual([3, 6, 9, 12]);
  });

  it("takes uint8 indices, strided operands and no indices at all", () => {
    const labels = tensor(Uint8Array.of(2, 0));
    expect(rows(gather(transpose(table), labels))).toEqual([
      [3, 6, 9, 12],
      [1, 4, 7, 10],
    ]);
    const none = gather(table, zeros([0], { dtype: "int32" }));
    expect(none.shape).toEqual([0, 3]);
    expect(values(none)).toEqual([]);
  });

  it.each([4, -1])("throws at run time for index %i", (index) => {
    const y = gather(table, int([0, index]));
    expect(() => values(y)).toThrow(IndexError);
    expect(() => values(y)).toThrow(`index ${index} at position 1 is out of range [0, 4)`);
  });
});

describe("takeAlongAxis", () => {
  it("takes other positions in every row", () => {
    expect(values(takeAlongAxis(table, reshape(int([2, 0, 1, 1]), [4, 1])))).toEqual([3, 4, 8, 11]);
    expect(
      rows(
        takeAlongAxis(
          table,
          int([
            [3, 0, 1],
            [0, 0, 0],
          ]),
          { axis: 0 },
        ),
      ),
    ).toEqual([
      [10, 2, 6],
      [1, 2, 3],
    ]);
  });

  it("broadcasts off the axis, either way", () => {
    expect(rows(takeAlongAxis(table, int([[2, 0]])))).toEqual([
      [3, 1],
      [6, 4],
      [9, 7],
      [12, 10],
    ]);
    const row = tensor([[10, 20, 30]]);
    expect(
      rows(
        takeAlongAxis(
          row,
          int([
            [0, 1],
            [2, 2],
          ]),
        ),
      ),
    ).toEqual([
      [10, 20],
      [30, 30],
    ]);
  });

  it("names what is wrong", () => {
    expect(() => takeAlongAxis(table, int([0]))).toThrow(
      new ShapeError("takeAlongAxis: ranks differ: x [4, 3] and indices [1]"),
    );
    expect(() => takeAlongAxis(table, zeros([3, 1], { dtype: "int32" }))).toThrow(ShapeError);
    expect(() => takeAlongAxis(table, zeros([4, 1]))).toThrow(
      new DTypeError("takeAlongAxis: indices must be int32 or uint8, got float32"),
    );
    expect(() => values(takeAlongAxis(table, int([[3]])))).toThrow(IndexError);
  });
});

describe("scatterAdd", () => {
  it("adds rows, repeated ones too", () => {
    const y = scatterAdd(
      zeros([3, 2]),
      int([2, 0, 2]),
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    expect(rows(y)).toEqual([
      [3, 4],
      [0, 0],
      [6, 8],
    ]);
  });

  it("adds elements at places that differ from row to row", () => {
    const base = tensor([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    const y = scatterAdd(
      base,
      int([
        [0, 0],
        [2, 1],
      ]),
      tensor([
        [10, 20],
        [30, 40],
      ]),
      { axis: 1 },
    );
    expect(rows(y)).toEqual([
      [31, 1, 1],
      [2, 42, 32],
    ]);
  });

  it("makes histograms", () => {
    const counts = scatterAdd(zeros([4], { dtype: "int32" }), int([3, 1, 3, 3]), 1);
    expect(values(counts)).toEqual([0, 1, 0, 3]);
    expect(counts.dtype).toBe("int32");
  });

  it("broadcasts updates and indices", () => {
    const y = scatterAdd(zeros([2, 3]), int([[1]]), tensor([[5], [7]]), { axis: 1 });
    expect(rows(y)).toEqual([
      [0, 5, 0],
      [0, 7, 0],
    ]);
  });

  it("adds in the order of the indices", () => {
    // In float32 2²⁴ + 1 rounds back to 2²⁴: only the order as written gives 2.
    const y = scatterAdd(zeros([1]), int([0, 0, 0, 0]), tensor([2 ** 24, 1, -(2 ** 24), 2]));
    expect(values(y)).toEqual([2]);
  });

  it("names what is wrong", () => {
    expect(() => scatterAdd(zeros([3]), int([0]), tensor([1, 2]))).toThrow(
      new ShapeError("scatterAdd: updates [2] do not broadcast to [1]"),
    );
    expect(() => scatterAdd(zeros([2, 2, 2]), int([[0]]), 1)).toThrow(
      new ShapeError("scatterAdd: indices must have 1 axis or the 3 of base [2, 2, 2], got [1, 1]"),
    );
    expect(() => scatterAdd(zeros([2, 2]), int([[0, 1, 0]]), 1, { axis: 0 })).toThrow(
      new ShapeError("scatterAdd: indices [1, 3] do not broadcast to [1, 2]"),
    );
    expect(() => scatterAdd(zeros([2], { dtype: "uint8" }), int([0]), 1)).toThrow(
      new DTypeError("scatterAdd: needs float or int32 tensors, got uint8; cast first"),
    );
    expect(() => scatterAdd(zeros([2]), int([0]), int([1]))).toThrow(DTypeError);
    expect(() => values(scatterAdd(zeros([2]), int([2]), 1))).toThrow(IndexError);
  });
});

describe("oneHot", () => {
  it("marks labels, and nothing for labels out of range", () => {
    const y = oneHot(int([2, 0, 3, -1]), 3);
    expect(y.dtype).toBe("float32");
    expect(rows(y)).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it("adds an axis to labels of any shape", () => {
    expect(oneHot(zeros([2, 5], { dtype: "uint8" }), 4, { dtype: "bool" })).toMatchObject({
      shape: [2, 5, 4],
      dtype: "bool",
    });
    expect(values(oneHot(int(1), 3, { dtype: "int32" }))).toEqual([0, 1, 0]);
    expect(oneHot(int([1]), 0).shape).toEqual([1, 0]);
  });

  it("names what is wrong", () => {
    expect(() => oneHot(tensor([1.5]), 3)).toThrow(
      new DTypeError("oneHot: indices must be int32 or uint8, got float32"),
    );
    expect(() => oneHot(int([1]), -1)).toThrow(new OptionError("oneHot: depth must be a non-negative integer, got -1"));
    expect(() => oneHot(int([1]), 2, { dtype: "half" as never })).toThrow("oneHot: unknown dtype");
    expect(() => oneHot([1] as never, 2)).toThrow(new OptionError("oneHot: indices must be a tensor, got [1]"));
  });
});

describe("the axis of an index", () => {
  it("must exist", () => {
    expect(() => gather(zeros([]), int([0]))).toThrow(new ShapeError("gather: needs at least 1 axis, got []"));
    expect(() => gather(table, int([0]), { axis: 2 })).toThrow("gather: axis must be an integer in [-2, 2), got 2");
  });
});

describe("a bad index", () => {
  it.each(["reference", "native"])("is reported at its position in the indices given, on %s", (backend) => {
    setBackend(backend);
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const picked = gather(x, tensor(Int32Array.of(0, 1, 7)));
    expect(() => values(picked)).toThrow(new IndexError("gather: index 7 at position 2 is out of range [0, 2)"));
  });
});
