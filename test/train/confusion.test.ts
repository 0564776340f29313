import { describe, expect, it } from "vitest";
import { IndexError, NodegradError, ShapeError } from "../../lib/errors.js";
import { tensor, zeros } from "../../lib/index.js";
import { crossEntropy, Linear } from "../../lib/nn/index.js";
import { classScores, confusionMatrix, formatConfusion } from "../../lib/train/confusion.js";
import { evaluate } from "../../lib/train/index.js";

const truth = Uint8Array.of(0, 0, 0, 0, 1, 1, 2, 2);
const predictions = Int32Array.of(0, 0, 0, 1, 1, 1, 1, 0);
const matrix = [
  [3, 1, 0],
  [0, 2, 0],
  [1, 1, 0],
];

describe("confusionMatrix", () => {
  it("has the truth in rows and the predictions in columns", () => {
    expect(confusionMatrix(truth, predictions, 3)).toEqual(matrix);
  });

  it("refuses arrays of different lengths", () => {
    expect(() => confusionMatrix([0, 1], [0], 2)).toThrow(ShapeError);
  });

  it.each([
    [
      [0, 3],
      [0, 0],
    ],
    [
      [0, 0],
      [0, 3],
    ],
    [
      [0, -1],
      [0, 0],
    ],
    [
      [0, 0],
      [0, 0.5],
    ],
    [
      [0, Number.NaN],
      [0, 0],
    ],
  ])("refuses classes out of range: %j, %j", (labels, predicted) => {
    expect(() => confusionMatrix(labels, predicted, 3)).toThrow(IndexError);
    expect(() => confusionMatrix(labels, predicted, 3)).toThrow(/at 1; expected \[0, 3\)/);
  });
});

describe("mistakes", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what TypeScript would not let pass
  const wrong = (value?: unknown): any => value;

  it.each<[string, () => unknown, RegExp]>([
    ["tensors", () => confusionMatrix(wrong(tensor([0])), [0], 1), /^confusionMatrix: truth must be a list/],
    ["no predictions", () => confusionMatrix([0], wrong(), 1), /^confusionMatrix: predictions must be a list/],
    ["half a class", () => confusionMatrix([0], [0], 1.5), /^confusionMatrix: option "classes" must be an integer/],
    ["no matrix", () => classScores(wrong()), /^classScores: not a confusion matrix/],
    ["rows of other lengths", () => formatConfusion([[1, 2], [3]]), /^classScores: not a confusion matrix/],
  ])("as %s are refused", (_, run, message) => {
    expect(run).toThrow(NodegradError);
    expect(run).toThrow(message);
  });
});

it("is counted over batches of any size", async () => {
  const count = 200_000;
  const batch = [zeros([count, 1]), zeros([count], { dtype: "int32" })];
  const { confusion } = await evaluate(new Linear(1, 2), [batch], { loss: crossEntropy, confusion: true });
  expect(confusion?.flat().reduce((sum, n) => sum + n)).toBe(count);
}, 60_000);

describe("classScores", () => {
  it("follow from the matrix", () => {
    expect(classScores(matrix)).toEqual([
      { precision: 3 / 4, recall: 3 / 4, f1: 3 / 4, count: 4 },
      { precision: 2 / 4, recall: 1, f1: 2 / 3, count: 2 },
      { precision: Number.NaN, recall: 0, f1: 0, count: 2 },
    ]);
  });
});

describe("formatConfusion", () => {
  it("prints the matrix, the scores, and the best and worst class", () => {
    expect(formatConfusion(matrix, ["cat", "dog", "ship"]).split("\n")).toEqual([
      "truth \\ predicted  cat  dog  ship",
      "─────────────────  ───  ───  ────",
      "cat                  3    1     0",
      "dog                  0    2     0",
      "ship                 1    1     0",
      "",
      "class  precision    recall       F1  count",
      "─────  ─────────  ────────  ───────  ─────",
      "cat      75.00 %   75.00 %  75.00 %      4",
      "dog      50.00 %  100.00 %  66.67 %      2",
      "ship           –    0.00 %   0.00 %      2",
      "",
      "accuracy 62.50 % of 8; best: dog (100.00 %), worst: ship (0.00 %)",
    ]);
  });

  it("numbers classes without names, and names the first of equals", () => {
    const report = formatConfusion(confusionMatrix([0, 1, 2], [0, 1, 2], 3));
    expect(report).toContain("truth \\ predicted  0  1  2");
    expect(report).toContain("best: 0 (100.00 %), worst: 0 (100.00 %)");
  });

  it("leaves classes without examples out of best and worst", () => {
    const report = formatConfusion(confusionMatrix([1, 1, 2], [1, 0, 2], 4));
    expect(report).toContain("accuracy 66.67 % of 3; best: 2 (100.00 %), worst: 1 (50.00 %)");
    expect(
      formatConfusion(confusionMatrix([], [], 2))
        .split("\n")
        .at(-1),
    ).toBe("accuracy – of 0");
  });
});
