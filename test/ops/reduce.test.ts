import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import {
  all,
  any,
  argMax,
  argMin,
  logSumExp,
  max,
  mean,
  min,
  prod,
  type ReduceOptions,
  sum,
  tensor,
  transpose,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { expectClose, sample, values } from "./support.js";

setBackend("reference");

const NAN = Number.NaN;
const INF = Number.POSITIVE_INFINITY;
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("shapes", () => {
  it.each<[ReduceOptions, number[]]>([
    [{}, []],
    [{ axes: 0 }, [5, 6]],
    [{ axes: -1 }, [4, 5]],
    [{ axes: [0, 2] }, [5]],
    [{ axes: [2, 0], keepDims: true }, [1, 5, 1]],
    [{ keepDims: true }, [1, 1, 1]],
    [{ axes: [] }, [4, 5, 6]],
  ])("%j reduces [4, 5, 6]", (options, shape) => {
    for (const reduce of [sum, mean, prod, max, min, logSumExp]) {
      expect(reduce(zeros([4, 5, 6]), options).shape).toEqual(shape);
    }
  });

  it("of positions", () => {
    expect(argMax(zeros([4, 5, 6]), { axis: 1 }).shape).toEqual([4, 6]);
    expect(argMin(zeros([4, 5, 6]), { axis: -1, keepDims: true }).shape).toEqual([4, 5, 1]);
    expect(argMax(zeros([4, 5, 6])).shape).toEqual([]);
  });
});

describe("values", () => {
  it("of each reduction", () => {
    expect(values(sum(x))).toEqual([21]);
    expect(values(sum(x, { axes: 0 }))).toEqual([5, 7, 9]);
    expect(values(mean(x, { axes: 1 }))).toEqual([2, 5]);
    expect(values(prod(x, { axes: 1 }))).toEqual([6, 120]);
    expect(values(max(x, { axes: 0 }))).toEqual([4, 5, 6]);
    expect(values(min(x, { axes: 1 }))).toEqual([1, 4]);
    expectClose(
      logSumExp(tensor([1, 2, 3], { dtype: "float64" })),
      [],
      [Math.log(Math.E + Math.E ** 2 + Math.E ** 3)],
      2 ** -50,
    );
  });

  it("over no elements are identities", () => {
    const none = zeros([0, 2]);
    const reduced = (op: (x: Tensor, options: ReduceOptions) => Tensor, of = none) => values(op(of, { axes: 0 }));
    expect(reduced(sum)).toEqual([0, 0]);
    expect(reduced(prod)).toEqual([1, 1]);
    expect(reduced(max)).toEqual([-INF, -INF]);
    expect(reduced(min)).toEqual([INF, INF]);
    expect(reduced(mean)).toEqual([NAN, NAN]);
    expect(reduced(logSumExp)).toEqual([-INF, -INF]);
    expect(reduced(max, zeros([0, 2], { dtype: "int32" }))).toEqual([-(2 ** 31), -(2 ** 31)]);
    expect(reduced(min, zeros([0, 2], { dtype: "int32" }))).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
    for (const [dtype, largest] of [
      ["uint8", 255],
      ["bool", 1],
    ] as const) {
      expect(reduced(max, zeros([0, 2], { dtype }))).toEqual([0, 0]);
      expect(reduced(min, zeros([0, 2], { dtype }))).toEqual([largest, largest]);
    }
    expect(values(sum(zeros([2, 0]), { axes: 0 }))).toEqual([]);
  });

  it("of integers and bools are int32 for sums and products", () => {
    const bytes = tensor(Uint8Array.of(200, 100));
    expect(sum(bytes)).toMatchObject({ dtype: "int32" });
    expect(values(sum(bytes))).toEqual([300]);
    expect(values(sum(tensor([true, true, false])))).toEqual([2]);
    expect(values(prod(bytes))).toEqual([20_000]);
    expect(max(bytes).dtype).toBe("uint8");
    expect(values(max(bytes))).toEqual([200]);
    expect(values(sum(tensor([2 ** 31 - 1, 1], { dtype: "int32" })))).toEqual([-(2 ** 31)]);
  });

  it("propagate NaN", () => {
    const holey = tensor([
      [1, NAN, 3],
      [4, 5, 6],
    ]);
    for (const op of [sum, max, min, prod, mean, logSumExp]) {
      const [first, second] = values(op(holey, { axes: 1 }));
      expect(first).toBeNaN();
      expect(second).not.toBeNaN();
    }
  });

  it("do not depend on the layout", () => {
    const wide = sample([3, 4, 5], { dtype: "int32", low: -9, high: 9 });
    expect(values(sum(transpose(wide, [2, 0, 1]), { axes: [0, 1] }))).toEqual(values(sum(wide, { axes: [2, 0] })));
  });
});

describe("argMax and argMin", () => {
  it("give the first extremum, and NaN before any", () => {
    expect(values(argMax(tensor([1, 3, 3, 2])))).toEqual([1]);
    expect(values(argMin(tensor([2, 1, 3, 1])))).toEqual([1]);
    expect(values(argMax(tensor([1, NAN, 5, NAN])))).toEqual([1]);
    expect(values(argMin(tensor([1, NAN, 0])))).toEqual([1]);
    expect(values(argMax(tensor([-INF, -INF])))).toEqual([0]);
    expect(values(argMax(x, { axis: 0 }))).toEqual([1, 1, 1]);
    expect(argMax(x)).toMatchObject({ dtype: "int32" });
    expect(values(argMax(x))).toEqual([5]);
  });

  it("need an element", () => {
    expect(() => argMax(zeros([2, 0]), { axis: 1 })).toThrow(new ShapeError("argMax: axis 1 has no elements: [2, 0]"));
    expect(argMax(zeros([2, 0]), { axis: 0 }).shape).toEqual([0]);
  });
});

describe("logSumExp", () => {
  it("does not overflow, and takes infinities", () => {
    expectClose(logSumExp(tensor([1000, 1000], { dtype: "float64" })), [], [1000 + Math.LN2], 2 ** -42);
    expect(values(logSumExp(tensor([-INF, -INF])))).toEqual([-INF]);
    expect(values(logSumExp(tensor([INF, 1])))).toEqual([INF]);
    expect(values(logSumExp(tensor([-INF, 0])))).toEqual([0]);
  });
});

describe("any and all", () => {
  it("combine masks", () => {
    const mask = tensor([
      [true, false],
      [true, true],
      [false, false],
    ]);
    expect(values(any(mask, { axes: 1 }))).toEqual([1, 1, 0]);
    expect(values(all(mask, { axes: 1 }))).toEqual([0, 1, 0]);
    expect(values(any(zeros([0], { dtype: "bool" })))).toEqual([0]);
    expect(values(all(zeros([0], { dtype: "bool" })))).toEqual([1]);
    expect(() => any(x)).toThrow(new DTypeError("any: needs a bool tensor, got float32"));
  });
});

describe("reductions", () => {
  it("name what is wrong", () => {
    expect(() => sum(x, { axis: 1 } as never)).toThrow(
      new OptionError('sum: unknown option "axis"; did you mean "axes"?'),
    );
    expect(() => sum(x, { axes: 2 })).toThrow(new OptionError("sum: axis must be an integer in [-2, 2), got 2"));
    expect(() => max(x, { axes: [0, -2] })).toThrow(new OptionError("max: axis named twice: [0, -2]"));
    expect(() => mean(tensor([1], { dtype: "int32" }))).toThrow(DTypeError);
    for (const [name, op] of Object.entries({ any, all })) {
      const mask = zeros([2], { dtype: "bool" });
      expect(() => op(mask, { axis: 1 } as never)).toThrow(
        new OptionError(`${name}: unknown option "axis"; did you mean "axes"?`),
      );
      expect(() => op(mask, { axes: 3 })).toThrow(
        new OptionError(`${name}: axis must be an integer in [-1, 1), got 3`),
      );
    }
    expect(() => sum(5 as never)).toThrow(new OptionError("sum: operand must be a tensor, got 5"));
  });
});
