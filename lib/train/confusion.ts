/** How a classifier does on each class: the confusion matrix and what follows from it. */

import { checkInteger } from "../data/check.js";
import { IndexError, OptionError, ShapeError, show } from "../errors.js";
import { MAX_SIZE } from "../shape.js";
import { formatTable } from "../table.js";

/** Counts of examples: `matrix[truth][prediction]`. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** How a classifier does on one class; NaN where the denominator is 0. */
export interface ClassScore {
  /** Of the examples predicted to be of the class, the share that is. */
  readonly precision: number;
  /** Of the examples of the class, the share predicted to be: the accuracy on the class. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Examples of the class. */
  readonly count: number;
}

/**
 * Counts predictions by true class.
 *
 * @param truth Class of each example, `[n]`.
 * @param predictions Predicted class of each example, `[n]`.
 * @throws {ShapeError} when the lengths differ.
 * @throws {IndexError} when a class is not an integer in `[0, classes)`.
 * @throws {OptionError} for what are no lists, and no number of classes.
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  const op = "confusionMatrix";
  checkInteger(op, "classes", classes, 0, MAX_SIZE);
  for (const [name, list] of Object.entries({ truth, predictions })) {
    if (Array.isArray(list) || ArrayBuffer.isView(list)) continue;
    throw new OptionError(`${op}: ${name} must be a list or typed array of classes, got ${show(list)}`);
  }
  if (truth.length !== predictions.length) {
    throw new ShapeError(`${op}: lengths differ: ${truth.length} labels, ${predictions.length} predictions`);
  }
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const row = matrix[truth[i] as number];
    const column = predictions[i] as number;
    if (row?.[column] === undefined) {
      const given = `truth ${show(truth[i])}, prediction ${show(column)} at ${i}`;
      throw new IndexError(`${op}: class out of range: ${given}; expected [0, ${classes})`);
    }
    row[column]++;
  }
  return matrix;
}

/**
 * Precision, recall, F1 and count of every class.
 *
 * @throws {ShapeError} unless the matrix has as many columns as rows.
 */
export function classScores(matrix: ConfusionMatrix): ClassScore[] {
  const isRow = (row: unknown) =>
    Array.isArray(row) && row.length === matrix.length && [...row].every((count) => typeof count === "number");
  if (!Array.isArray(matrix) || ![...matrix].every(isRow)) {
    throw new ShapeError(`classScores: not a confusion matrix [classes, classes]: ${show(matrix)}`);
  }
  return matrix.map((row, i) => {
    const right = row[i] as number;
    const count = sum(row);
    const predicted = sum(matrix.map((other) => other[i] as number));
    return { precision: right / predicted, recall: right / count, f1: (2 * right) / (count + predicted), count };
  });
}

/**
 * A report to read: the confusion matrix (rows are the truth, columns the predictions), the scores of every
 * class, the accuracy, and the classes with the best and the worst accuracy.
 *
 * @param names Names of the classes (default their indices).
 * @throws {ShapeError} unless the matrix has as many columns as rows.
 */
export function formatConfusion(matrix: ConfusionMatrix, names: readonly string[] = []): string {
  const nameOf = (i: number) => names[i] ?? String(i);
  const scores = classScores(matrix);
  const counts = formatTable(
    matrix.map((row, i) => [nameOf(i), ...row]),
    { header: ["truth \\ predicted", ...matrix.map((_, i) => nameOf(i))] },
  );
  const perClass = formatTable(
    scores.map(({ precision, recall, f1, count }, i) => [
      nameOf(i),
      formatShare(precision),
      formatShare(recall),
      formatShare(f1),
      count,
    ]),
    { header: ["class", "precision", "recall", "F1", "count"] },
  );
  return [counts, perClass, summariseConfusion(matrix, nameOf)].join("\n\n");
}

/** @internal `accuracy 98.70 % of 10,000; best: 1 (99.60 %), worst: 8 (97.10 %)`. */
export function summariseConfusion(matrix: ConfusionMatrix, nameOf: (i: number) => string): string {
  const scores = classScores(matrix);
  const total = sum(scores.map(({ count }) => count));
  const right = sum(matrix.map((row, i) => row[i] as number));
  const accuracy = `accuracy ${formatShare(right / total)} of ${total.toLocaleString("en-US")}`;
  // A class without examples has no accuracy. Sorting keeps the order of equals, so the first of them is named.
  const seen = [...scores.keys()].filter((i) => (scores[i] as ClassScore).count > 0);
  const recallOf = (i: number) => (scores[i] as ClassScore).recall;
  const [best] = seen.toSorted((a, b) => recallOf(b) - recallOf(a));
  const [worst] = seen.toSorted((a, b) => recallOf(a) - recallOf(b));
  if (best === undefined || worst === undefined) return accuracy;
  const describe = (i: number) => `${nameOf(i)} (${formatShare(recallOf(i))})`;
  return `${accuracy}; best: ${describe(best)}, worst: ${describe(worst)}`;
}

/** @internal A share in percent, `–` when there is none. */
export function formatShare(share: number): string {
  return Number.isNaN(share) ? "–" : `${(100 * share).toFixed(2)} %`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
