import { describe, expect, it } from "vitest";
import { checkGradients, grad, log, logSoftmax, setBackend, type Tensor, tensor } from "../../../lib/index.js";
import { binaryCrossEntropy, binaryCrossEntropyWithLogits, klDivergence } from "../../../lib/nn/index.js";
import { values } from "../../ops/support.js";

setBackend("reference");

const none = { reduction: "none" } as const;
const float64 = (rows: number[][]) => tensor(rows, { dtype: "float64" });

describe("klDivergence", () => {
  it("is −ln Q(y) for P that is 1 at y", () => {
    const q = [0.5, 0.125, 0.375];
    for (const [y, probability] of q.entries()) {
      const oneHot = float64([q.map((_, j) => (j === y ? 1 : 0))]);
      expect(klDivergence(log(float64([q])), oneHot).item()).toBeCloseTo(-Math.log(probability), 12);
    }
  });

  it("is Σ P·ln(P/Q) per example, and 0 for P = Q", () => {
    const [p, q] = [
      [0.25, 0.75],
      [0.5, 0.5],
    ] as const;
    const expected = 0.25 * Math.log(0.25 / 0.5) + 0.75 * Math.log(0.75 / 0.5);
    const [p2, q2] = [float64([[...p], [...q]]), float64([[...q], [...q]])];
    const each = values(klDivergence(log(q2), p2, none));
    expect(each[0]).toBeCloseTo(expected, 12);
    expect(each[1]).toBe(0);
    expect(klDivergence(log(q2), p2).item()).toBeCloseTo(expected / 2, 12);
  });

  it("takes 0·ln 0 as 0, in the derivatives too", () => {
    const logQ = float64([[0, Number.NEGATIVE_INFINITY]]);
    const p = float64([[1, 0]]);
    expect(klDivergence(logQ, p).item()).toBe(0);
    expect(klDivergence(log(p), float64([[0.5, 0.5]])).item()).toBe(Infinity);
    expect(values(grad((x: Tensor) => klDivergence(x, p))(logQ))).toEqual([-1, 0]);
    expect(values(grad((t: Tensor) => klDivergence(logQ, t))(p))).toEqual([1, 0]);
    const scores = float64([[0.3, -1.2, 2]]);
    checkGradients((x, t) => klDivergence(logSoftmax(x), t), [scores, float64([[0.2, 0.3, 0.5]])], { order: 2 });
  });
});

describe("binary cross-entropy", () => {
  it("is the same from probabilities and from scores", () => {
    const [x, y] = [float64([[-2, -0.5, 0, 1.5, 3]]), float64([[0, 1, 0.25, 1, 0]])];
    const [a, b] = [binaryCrossEntropy(x.sigmoid(), y, none), binaryCrossEntropyWithLogits(x, y, none)].map(values);
    (a as number[]).forEach((value, i) => {
      expect(value).toBeCloseTo((b as number[])[i] as number, 12);
    });
    expect((b as number[])[2]).toBeCloseTo(Math.LN2, 15);
  });

  it("from scores neither overflows nor loses small losses", () => {
    const [x, y] = [tensor([1000, -1000, 1000, 60, -60]), tensor([1, 0, 0, 1, 0])];
    const [zero, low, wrong, small, mirrored] = values(binaryCrossEntropyWithLogits(x, y, none));
    expect([zero, low, wrong]).toEqual([0, 0, 1000]);
    expect((small as number) / Math.exp(-60)).toBeCloseTo(1, 5);
    expect(mirrored).toBe(small);
  });

  it("from scores has the derivative σ(x) − y, at 0 too", () => {
    const slope = grad((x: Tensor) => binaryCrossEntropyWithLogits(x, tensor([1, 0, 1]), { reduction: "sum" }));
    expect(values(slope(tensor([0, 0, 0])))).toEqual([-0.5, 0.5, -0.5]);
    checkGradients((x, y) => binaryCrossEntropyWithLogits(x, y), [tensor([0, 2, -3]), tensor([0.5, 1, 0])], {
      order: 2,
    });
  });

  it("from probabilities is finite for answers given with certainty, and NaN for none", () => {
    const certain = tensor([0, 1, 0, 1]);
    expect(values(binaryCrossEntropy(certain, tensor([0, 1, 1, 0]), none))).toEqual([0, 0, 100, 100]);
    const slope = grad((p: Tensor) => binaryCrossEntropy(p, tensor([0, 1, 1, 0]), { reduction: "sum" }))(certain);
    expect(values(slope).map((x) => x + 0)).toEqual([1, -1, 0, 0]); // + 0 makes −0 a 0
    const wrong = values(binaryCrossEntropy(tensor([-0.5, 1.5, Number.NaN]), tensor([1, 0, 1]), none));
    expect(wrong).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    checkGradients((p, y) => binaryCrossEntropy(p, y), [tensor([0.25, 0.5, 0.9]), tensor([0.5, 1, 0])], { order: 2 });
  });
});
