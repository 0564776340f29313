import { describe, expect, it } from "vitest";
import { checkGradients, grad, mul, setBackend, type Tensor, tensor, zeros } from "../../../lib/index.js";
import { hingeLoss, multiclassHingeLoss } from "../../../lib/nn/index.js";
import { values } from "../../ops/support.js";

setBackend("reference");

const labels = (...values: number[]) => tensor(Int32Array.from(values));
const float64 = (rows: number[][]) => tensor(rows, { dtype: "float64" });

/** Scores cat/car/frog of a cat, a car and a frog. */
const scores = float64([
  [3.2, 5.1, -1.7],
  [1.3, 4.9, 2.0],
  [2.2, 2.5, -3.1],
]);
const truth = labels(0, 1, 2);

describe("multiclassHingeLoss", () => {
  it("gives the lecture's 2.9, 0 and 12.9, and 5.27 on average", () => {
    const each = values(multiclassHingeLoss(scores, truth, { reduction: "none" }));
    [2.9, 0, 12.9].forEach((expected, i) => {
      expect(each[i]).toBeCloseTo(expected, 12);
    });
    expect(multiclassHingeLoss(scores, truth).item()).toBeCloseTo(15.8 / 3, 12);
    expect(multiclassHingeLoss(scores, truth).item()).toBeCloseTo(5.27, 2);
    expect(multiclassHingeLoss(scores, truth, { reduction: "sum" }).item()).toBeCloseTo(15.8, 12);
  });

  it("gives 1.58 where cross-entropy gives 1.04", () => {
    expect(multiclassHingeLoss(float64([[-2.85, 0.86, 0.28]]), labels(2)).item()).toBeCloseTo(1.58, 12);
  });

  it("is C − 1 where all scores are 0, and 1 more when the right class counts too", () => {
    for (const classes of [2, 3, 10]) {
      const none = zeros([4, classes], { dtype: "float64" });
      expect(multiclassHingeLoss(none, labels(0, 1, 0, 1)).item()).toBe(classes - 1);
    }
    const everyClass = scores
      .sub(scores.takeAlongAxis(truth.expandDims(1)))
      .add(1)
      .relu()
      .sum({ axes: 1 });
    const extra = everyClass.sub(multiclassHingeLoss(scores, truth, { reduction: "none" }));
    for (const one of values(extra)) expect(one).toBeCloseTo(1, 12);
  });

  it("stays 0 when the weights are doubled, and does not care for scores that are far behind", () => {
    const w = float64([
      [1.3, 4.9, 2.0],
      [0, 3, 1],
    ]);
    const loss = (factor: number) => multiclassHingeLoss(mul(w, factor), labels(1, 1)).item();
    expect([loss(1), loss(2)]).toEqual([0, 0]);
    const jiggled = float64([
      [10, -2, 3],
      [10, 9, 9],
      [10, -100, -100],
    ]);
    expect(values(multiclassHingeLoss(jiggled, labels(0, 0, 0), { reduction: "none" }))).toEqual([0, 0, 0]);
  });

  it("may be squared, with another margin, and a mean over the classes", () => {
    const cat = (options: object) => multiclassHingeLoss(float64([[3.2, 5.1, -1.7]]), labels(0), options).item();
    expect(cat({ squared: true })).toBeCloseTo(2.9 ** 2, 12);
    expect(cat({ margin: 6 })).toBeCloseTo(7.9 + 1.1, 12);
    expect(cat({ margin: 6, squared: true })).toBeCloseTo(7.9 ** 2 + 1.1 ** 2, 12);
    expect(cat({ margin: 6, meanOverClasses: true })).toBeCloseTo(9 / 3, 12);
  });

  it("has the derivative 1 for each class within the margin, and minus their number for the right one", () => {
    const slope = grad((s: Tensor) => multiclassHingeLoss(s, truth, { reduction: "sum" }))(scores);
    expect(values(slope)).toEqual([-1, 1, 0, 0, 0, 0, 1, 1, -2]);
    for (const options of [{}, { squared: true }, { margin: 2.5, squared: true, meanOverClasses: true }]) {
      checkGradients((s) => multiclassHingeLoss(s, truth, options), [scores], { order: 2 });
    }
  });
});

describe("hingeLoss", () => {
  it("is max(0, 1 − y·ŷ) per element", () => {
    const [x, y] = [float64([[2, 0.5, -1, 0.25]]), float64([[1, 1, 1, -1]])];
    expect(values(hingeLoss(x, y, { reduction: "none" }))).toEqual([0, 0.5, 2, 1.25]);
    expect(hingeLoss(x, y).item()).toBe(3.75 / 4);
    expect(values(hingeLoss(x, y, { reduction: "none", squared: true }))).toEqual([0, 0.25, 4, 1.5625]);
    expect(hingeLoss(x, y, { margin: 2, reduction: "sum" }).item()).toBe(0 + 1.5 + 3 + 2.25);
    checkGradients((p) => hingeLoss(p, y), [x]);
    checkGradients((p) => hingeLoss(p, y, { squared: true }), [x], { order: 2 });
  });
});
