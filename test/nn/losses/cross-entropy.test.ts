import { describe, expect, it } from "vitest";
import { IndexError, OptionError, ShapeError } from "../../../lib/errors.js";
import {
  add,
  checkGradients,
  compile,
  exp,
  grad,
  matmul,
  setBackend,
  softmax,
  sub,
  type Tensor,
  tensor,
  variable,
} from "../../../lib/index.js";
import { accuracy, crossEntropy, multiclassHingeLoss } from "../../../lib/nn/index.js";

setBackend("reference");

const labels = (...values: number[]) => tensor(Int32Array.from(values));

describe("crossEntropy", () => {
  it("goes through the lecture's exponentials and probabilities", () => {
    const cat = tensor([3.2, 5.1, -1.7]);
    const rounded = (x: Tensor, digits: number) => [...x.dataSync()].map((value) => Number(value.toFixed(digits)));
    expect(rounded(exp(cat), 1).slice(0, 2)).toEqual([24.5, 164]);
    expect(rounded(exp(cat), 2)[2]).toBe(0.18);
    expect(rounded(softmax(cat), 2)).toEqual([0.13, 0.87, 0]);
  });

  it("goes from weights to the loss side by side with the hinge", () => {
    const w = tensor([
      [0.01, -0.05, 0.1, 0.05],
      [0.7, 0.2, 0.05, 0.16],
      [0, -0.45, -0.2, 0.03],
    ]);
    const scores = add(matmul(w, tensor([-15, 22, -44, 56])), tensor([0, 0.2, -0.3]));
    [-2.85, 0.86, 0.28].forEach((expected, i) => {
      expect(scores.dataSync()[i]).toBeCloseTo(expected, 5);
    });
    [0.0154, 0.631, 0.353].forEach((expected, i) => {
      expect(softmax(scores).dataSync()[i]).toBeCloseTo(expected, 3);
    });
    const [row, y] = [scores.reshape([1, 3]), labels(2)];
    expect(multiclassHingeLoss(row, y).item()).toBeCloseTo(1.58, 5);
    expect(crossEntropy(row, y).item()).toBeCloseTo(1.04, 2);
    expect(crossEntropy(row, y).item() / Math.LN10).toBeCloseTo(0.452, 3);
  });

  it("gives the lecture's numbers", () => {
    // Scores cat/car/frog of a cat: probabilities 0.13, 0.87, 0.00, loss 2.04.
    expect(crossEntropy(tensor([[3.2, 5.1, -1.7]]), labels(0)).item()).toBeCloseTo(2.04, 2);
    expect(crossEntropy(tensor([[-2.85, 0.86, 0.28]]), labels(2)).item()).toBeCloseTo(1.04, 2);
    const jiggled = tensor([
      [10, -2, 3],
      [10, 9, 9],
      [10, -100, -100],
    ]);
    const losses = crossEntropy(jiggled, labels(0, 0, 0), { reduction: "none" }).dataSync();
    expect(losses[0]).toBeCloseTo(0.0009, 4);
    expect(losses[1]).toBeCloseTo(0.551, 3);
    expect(losses[2]).toBe(0);
  });

  it("is ln C for equal scores of C classes", () => {
    expect(crossEntropy(tensor(new Float32Array(20), { shape: [2, 10] }), labels(3, 9)).item()).toBeCloseTo(
      Math.LN10,
      6,
    );
  });

  it("stays finite where exponentials overflow or vanish", () => {
    const logits = tensor([
      [1000, 0],
      [0, 1000],
    ]);
    expect([...crossEntropy(logits, labels(0, 0), { reduction: "none" }).dataSync()]).toEqual([0, 1000]);
  });

  it("is reduced as asked, over any leading axes", () => {
    const logits = tensor(Float32Array.of(1, 2, 3, 4, 5, 0, 0, 0), { shape: [2, 2, 2] });
    const truth = tensor(Uint8Array.of(0, 1, 1, 0), { shape: [2, 2] });
    const each = crossEntropy(logits, truth, { reduction: "none" });
    expect(each.shape).toEqual([2, 2]);
    const values = [...each.dataSync()];
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    [softplus(1), softplus(-1), softplus(5), softplus(0)].forEach((expected, i) => {
      expect(values[i]).toBeCloseTo(expected, 6);
    });
    const total = values.reduce((sum, value) => sum + value, 0);
    expect(crossEntropy(logits, truth, { reduction: "sum" }).item()).toBeCloseTo(total, 5);
    expect(crossEntropy(logits, truth).item()).toBeCloseTo(total / 4, 5);
  });

  it("has the gradient (softmax − one-hot) / n", () => {
    const logits = variable([
      [3.2, 5.1, -1.7],
      [1.3, 4.9, 2.0],
    ]);
    crossEntropy(logits, labels(0, 1)).backward();
    const gradient = [...(logits.grad?.dataSync() ?? [])];
    const probabilities = [
      [3.2, 5.1, -1.7],
      [1.3, 4.9, 2.0],
    ].flatMap((row) => {
      const exponentials = row.map(Math.exp);
      const sum = exponentials.reduce((a, b) => a + b);
      return exponentials.map((e) => e / sum);
    });
    [1, 0, 0, 0, 1, 0].forEach((oneHot, i) => {
      expect(gradient[i]).toBeCloseTo(((probabilities[i] as number) - oneHot) / 2, 6);
    });
    checkGradients((x) => crossEntropy(x, labels(0, 1)), [logits], { order: 2 });
  });

  it.each(["reference", "native"])("names itself when a label of a training step is bad, on %s", (backend) => {
    setBackend(backend);
    try {
      const weights = variable([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const step = compile((truth: Tensor) => {
        weights.assign(sub(weights, grad((w: Tensor) => crossEntropy(w, truth))(weights)));
      });
      expect(() => step(labels(0, 3))).toThrow(
        new IndexError("crossEntropy: index 3 at position 1 is out of range [0, 3)"),
      );
      expect([...weights.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
    } finally {
      setBackend("reference");
    }
  });

  it("refuses labels that do not exist or do not fit", () => {
    const logits = tensor([[1, 2, 3]]);
    expect(() => crossEntropy(logits, labels(3)).item()).toThrow(IndexError);
    expect(() => crossEntropy(logits, labels(-1)).item()).toThrow(IndexError);
    expect(() => crossEntropy(logits, labels(0, 1))).toThrow(
      "crossEntropy: labels do not fit the logits: logits [1, 3], labels [2]; expected […, classes] and […]",
    );
    expect(() => crossEntropy(tensor(1), tensor(0))).toThrow(ShapeError);
    expect(() => crossEntropy(logits, labels(0), { reduction: "average" as "mean" })).toThrow(OptionError);
  });
});

describe("accuracy", () => {
  it("is the share of rows whose first largest score is that of the label", () => {
    const logits = tensor([
      [1, 2, 3],
      [3, 3, 1],
      [0, 1, 0],
      [5, 1, 0],
    ]);
    expect(accuracy(logits, labels(2, 0, 1, 2)).item()).toBe(0.75);
    expect(accuracy(logits, tensor(Uint8Array.of(2, 1, 0, 2))).item()).toBe(0.25);
    expect(() => accuracy(logits, labels(1))).toThrow(ShapeError);
  });
});
