import { describe, expect, it } from "vitest";
import {
  compile,
  concat,
  grad,
  hessian,
  hvp,
  jacobian,
  matmul,
  mul,
  numericGradient,
  OptionError,
  ShapeError,
  setBackend,
  sigmoid,
  square,
  sum,
  type Tensor,
  tensor,
  transpose,
} from "../../lib/index.js";
import { describeOnBoth } from "../runtime/support.js";

const matrix = tensor([
  [2, -1, 3],
  [0.5, 3, -2],
]);

describeOnBoth("jacobian", () => {
  it("of a matrix product is the matrix, in both modes", () => {
    // Two outputs of three inputs: reverse mode. The other way round: forward mode.
    expect(jacobian((x) => matmul(matrix, x))(tensor([1, 2, 3])).toArray()).toEqual(matrix.toArray());
    const transposed = transpose(matrix);
    expect(jacobian((x) => matmul(transposed, x))(tensor([1, 2])).toArray()).toEqual(transposed.toArray());
  });

  it("has the axes of the output before those of the input", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const squares = jacobian(square)(x);
    expect(squares.shape).toEqual([2, 2, 2, 2]);
    const expected = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => (i === j ? 2 * (i + 1) : 0)));
    expect([...squares.dataSync()]).toEqual(expected);
    expect(jacobian((y) => sum(square(y)))(x).toArray()).toEqual([
      [2, 4],
      [6, 8],
    ]);
    const wide = jacobian((y: Tensor) => concat([y, mul(y, 2)]))(tensor([5]));
    expect(wide.toArray()).toEqual([[1], [2]]);
    expect(jacobian(square)(tensor([], { shape: [0, 2] })).shape).toEqual([0, 2, 0, 2]);
  });

  it("works inside compile", () => {
    const compiled = compile((x: Tensor) => jacobian(square)(x));
    for (const x of [1, 2])
      expect(compiled(tensor([x, 3])).toArray()).toEqual([
        [2 * x, 0],
        [0, 6],
      ]);
    expect(compiled.traces).toBe(1);
  });

  it("needs a function", () => {
    expect(() => jacobian(3 as never)).toThrow(OptionError);
  });
});

/** f(x, y) = x²y + y³ has the Hessian (2y, 2x; 2x, 6y). */
const polynomial = (v: Tensor) => {
  const [x, y] = [v.slice([[0, 1]]), v.slice([[1, 2]])];
  return sum(mul(square(x), y).add(mul(y, square(y))));
};

describeOnBoth("the second derivative", () => {
  it("as a matrix, and as its product with a vector", () => {
    expect(hessian(polynomial)(tensor([3, 2])).toArray()).toEqual([
      [4, 6],
      [6, 12],
    ]);
    const [product] = hvp(polynomial, [tensor([3, 2])], [tensor([1, -1])]);
    expect(product?.toArray()).toEqual([-2, -6]);
  });

  it("of several inputs adds what each of them gives", () => {
    const f = (x: Tensor, y: Tensor) => sum(mul(square(x), y));
    // (2y, 2x; 2x, 0) · (1, 10) at (3, 2).
    const [byX, byY] = hvp(f, [tensor([3]), tensor([2])], [tensor([1]), tensor([10])]);
    expect([byX?.item(), byY?.item()]).toEqual([64, 6]);
    expect(() => hvp(f, [tensor([3]), tensor([2])], [tensor([1]), tensor([1, 2])])).toThrow(ShapeError);
  });
});

describe("second derivatives", () => {
  it("agree with numeric ones", () => {
    setBackend("reference");
    const f = (x: Tensor) => sum(sigmoid(matmul(matrix.cast(x.dtype), x)));
    const x = tensor([0.3, -0.2, 0.5], { dtype: "float64" });
    const found = hessian((y: Tensor) => f(y))(x).toArray() as number[][];
    for (const [i, row] of found.entries()) {
      const slope = (y: Tensor) => sum(grad(f)(y).slice([[i, i + 1]]));
      const [expected] = numericGradient(slope, [x]) as [Tensor];
      // Third derivatives are below 27 · 1/8, steps 1e-5, roundings 2⁻⁵³ / 1e-5: a few 1e-10.
      row.forEach((value, j) => {
        expect(Math.abs(value - (expected.dataSync()[j] as number))).toBeLessThan(1e-9);
      });
    }
  });
});
