import { describe, expect, it } from "vitest";
import { DTypeError, ShapeError } from "../../lib/errors.js";
import {
  broadcastTo,
  concat,
  expandDims,
  eye,
  matmul,
  mul,
  ones,
  slice,
  sum,
  tensor,
  transpose,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { rows, sample, values } from "./support.js";

setBackend("reference");

/** Small integers as floats: products are exact. */
function floats(shape: readonly number[], seed = 1) {
  return tensor(values(sample(shape, { dtype: "int32", low: -5, high: 6, seed })), { shape });
}

describe("matmul", () => {
  it.each([
    [
      [3, 4],
      [4, 5],
      [3, 5],
    ],
    [[4], [4], []],
    [[4], [4, 5], [5]],
    [[3, 4], [4], [3]],
    [
      [2, 3, 4],
      [4, 5],
      [2, 3, 5],
    ],
    [
      [3, 4],
      [2, 4, 5],
      [2, 3, 5],
    ],
    [
      [2, 1, 3, 4],
      [6, 4, 5],
      [2, 6, 3, 5],
    ],
    [[2, 3, 4], [4], [2, 3]],
    [
      [0, 4],
      [4, 5],
      [0, 5],
    ],
    [
      [2, 3, 0],
      [0, 4],
      [2, 3, 4],
    ],
    [
      [2, 0],
      [0, 3],
      [2, 3],
    ],
  ])("%j · %j → %j is the sum of products", (a, b, out) => {
    const [x, y] = [floats(a), floats(b, 2)];
    const product = matmul(x, y);
    expect(product.shape).toEqual(out);
    const left = a.length === 1 ? expandDims(x, 0) : x;
    const right = b.length === 1 ? expandDims(y, 1) : y;
    const terms = mul(expandDims(left, -1), expandDims(right, -3));
    expect(values(product)).toEqual(values(sum(terms, { axes: -2 })));
  });

  it("multiplies by hand", () => {
    expect(
      rows(
        matmul(
          tensor([
            [1, 2],
            [3, 4],
          ]),
          tensor([
            [5, 6],
            [7, 8],
          ]),
        ),
      ),
    ).toEqual([
      [19, 22],
      [43, 50],
    ]);
    const x = floats([3, 3]);
    expect(values(matmul(eye(3), x))).toEqual(values(x));
  });

  it("reads operands in any layout", () => {
    const wide = floats([6, 10]);
    const a = slice(transpose(wide), [[null, null, -2]]);
    const b = broadcastTo(floats([6, 1], 2), [6, 4]);
    const copy = (x: typeof a) => tensor(values(x), { shape: x.shape });
    expect(values(matmul(a, b))).toEqual(values(matmul(copy(a), copy(b))));
  });

  it("absorbs the bias into the weights", () => {
    const [w, b, x] = [floats([10, 20]), floats([10, 1], 2), floats([20, 3], 3)];
    const extended = matmul(concat([w, b], { axis: 1 }), concat([x, ones([1, 3])]));
    const direct = rows(matmul(w, x)).map((row, i) => row.map((v) => v + (values(b)[i] as number)));
    expect(rows(extended)).toEqual(direct);
  });

  it("names what does not fit", () => {
    expect(() => matmul(zeros([32, 784]), zeros([512, 10]))).toThrow(
      new ShapeError("matmul: inner dimensions differ: [32, 784] · [512, 10] (784 ≠ 512)"),
    );
    expect(() => matmul(zeros([2, 3, 4]), zeros([3, 4, 5]))).toThrow(ShapeError);
    expect(() => matmul(tensor(1), zeros([1]))).toThrow(
      new ShapeError("matmul: operands need at least 1 axis, got [] · [1]"),
    );
    expect(() => matmul(zeros([2, 2], { dtype: "int32" }), zeros([2, 2]))).toThrow(DTypeError);
    expect(() => matmul(zeros([2, 2]), zeros([2, 2], { dtype: "float64" }))).toThrow(
      new DTypeError("matmul: dtypes differ: float32, float64; cast one of them"),
    );
  });
});
