import { describe, expect, it } from "vitest";
import { IndexError, ShapeError } from "../../lib/errors.js";
import { classScores, confusionMatrix, formatConfusion } from "../../lib/train/confusion.js";

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
