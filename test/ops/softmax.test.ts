import { describe, expect, it } from "vitest";
import { vjp } from "../../lib/autodiff/index.js";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import {
  add,
  exp,
  logSoftmax,
  mul,
  randomNormal,
  slice,
  softmax,
  sum,
  tensor,
  transpose,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { realize, valuesOf } from "../../lib/runtime/realize.js";
import { expectClose, sample, values } from "./support.js";

setBackend("reference");

/** A few roundings of numbers up to 1 in float32. */
const FLOAT32 = 2 ** -22;

describe("softmax", () => {
  it("has the lecture's numbers", () => {
    const scores = tensor([3.2, 5.1, -1.7]);
    expect(values(exp(scores)).map((e) => Number(e.toFixed(2)))).toEqual([24.53, 164.02, 0.18]);
    expect(values(softmax(scores)).map((p) => Number(p.toFixed(2)))).toEqual([0.13, 0.87, 0]);
    const loss = -(values(logSoftmax(scores))[0] as number);
    expect(loss.toFixed(2)).toBe("2.04");
    const others = softmax(tensor([-2.85, 0.86, 0.28]));
    expect(values(others).map((p) => p.toFixed(3))).toEqual(["0.015", "0.631", "0.353"]);
  });

  it("of equal scores is uniform, with logarithm −ln C", () => {
    expect(values(softmax(zeros([4])))).toEqual([0.25, 0.25, 0.25, 0.25]);
    expectClose(logSoftmax(zeros([10])), [10], new Array(10).fill(-Math.log(10)), FLOAT32 * 2);
  });

  it("does not change when a constant is added", () => {
    const x = sample([3, 7], { low: -5, high: 5 });
    // 10⁶ leaves 53 − 20 bits after the point.
    expectClose(softmax(add(x, 1e6)), [3, 7], values(softmax(x)), 2 ** -32);
  });

  it("does not overflow", () => {
    expect(values(softmax(tensor([1e30, 0, -1e30])))).toEqual([1, 0, 0]);
    expect(values(logSoftmax(tensor([1000, 0])))).toEqual([0, -1000]);
    expect(values(softmax(tensor([-Infinity, 0, 0])))).toEqual([0, 0.5, 0.5]);
  });

  it("is NaN where it has no value", () => {
    expect(values(softmax(tensor([1, NaN])))).toEqual([NaN, NaN]);
    expect(values(softmax(tensor([Infinity, 1])))).toEqual([NaN, NaN]);
    expect(values(softmax(tensor([-Infinity, -Infinity])))).toEqual([NaN, NaN]);
  });

  it.each([0, 1, 2, -2])("along axis %i is that of the transposed tensor along the last", (axis) => {
    const x = sample([2, 5, 3], { low: -3, high: 3 });
    const order = [0, 1, 2].filter((i) => i !== (axis + 3) % 3).concat((axis + 3) % 3);
    const y = softmax(x, { axis });
    expect(y.shape).toEqual([2, 5, 3]);
    expect(values(transpose(y, order))).toEqual(values(softmax(transpose(x, order))));
    expectClose(
      sum(y, { axes: axis }),
      transpose(x, order).shape.slice(0, 2),
      new Array(y.size / (y.shape.at(axis) as number)).fill(1),
      2 ** -50,
    );
    expectClose(exp(logSoftmax(x, { axis })), [2, 5, 3], values(y), 2 ** -48);
  });

  it("keeps empty tensors empty", () => {
    expect(values(softmax(zeros([0, 3])))).toEqual([]);
    expect(values(logSoftmax(zeros([3, 0])))).toEqual([]);
  });

  it("names what is wrong", () => {
    expect(() => softmax(zeros([2, 3]), { axis: 2 })).toThrow(
      new OptionError("softmax: axis must be an integer in [-2, 2), got 2"),
    );
    expect(() => logSoftmax(zeros([2]), { axes: 0 } as never)).toThrow(
      new OptionError('logSoftmax: unknown option "axes"; did you mean "axis"?'),
    );
    expect(() => softmax(zeros([]))).toThrow(new ShapeError("softmax: needs at least 1 axis, got []"));
    expect(() => softmax(zeros([2], { dtype: "int32" }))).toThrow(DTypeError);
    expect(() => softmax(mul as never)).toThrow(OptionError);
  });
});

describe("softmax of large tensors, on native", () => {
  // Large results are written past the caches, from rows that begin anywhere in a vector.
  const [rows, classes] = [63, 50_257];

  it.each([
    ["softmax", softmax],
    ["logSoftmax", logSoftmax],
  ])("has the same bits as %s row by row, as has its gradient", (_, fn) => {
    setBackend("native");
    try {
      const x = randomNormal([rows, classes], { seed: 1 });
      const dy = randomNormal([rows, classes], { seed: 2 });
      realize(x, dy);
      const of = (scores: Tensor, slopes: Tensor) => {
        const { outputs, vjp: pull } = vjp((a) => fn(a), [scores]);
        const [y, dx] = [outputs[0] as Tensor, pull(slopes)[0] as Tensor];
        realize(y, dx);
        return [valuesOf(y), valuesOf(dx)];
      };
      const whole = of(x, dy);
      for (const row of [0, 1, 31, rows - 1]) {
        const alone = of(slice(x, [row]), slice(dy, [row]));
        alone.forEach((data, i) => {
          expect(Buffer.compare(bytes(data), bytes(whole[i]?.subarray(row * classes, (row + 1) * classes)))).toBe(0);
        });
      }
    } finally {
      setBackend("reference");
    }
  });
});

function bytes(data: ArrayBufferView | undefined): Uint8Array {
  return data === undefined ? new Uint8Array() : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
