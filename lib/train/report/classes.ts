/** How a classifier does on each class, and what it takes for what. */

import { imageSheet } from "../../data/index.js";
import { tensor } from "../../ops/index.js";
import { type ClassScore, type ConfusionMatrix, classScores, formatShare, summariseConfusion } from "../confusion.js";
import { element, picture, table, textElement } from "./markup.js";

/** Classes up to which the matrix is a table; beyond, it is a picture. */
const MOST_IN_TABLE = 40;

/** Pairs of classes that are named. */
const MOST_PAIRS = 8;

/** Pixels that a matrix of many classes takes at most, unless it has more classes. */
const PICTURE = 640;

/** The confusion matrix, the accuracy of each class, and what is confused most often. */
export function formatClasses(matrix: ConfusionMatrix, nameOf: (index: number) => string): string {
  return [
    textElement("p", `${summariseConfusion(matrix, nameOf)}. Rows are the truth, columns the predictions.`),
    matrix.length <= MOST_IN_TABLE ? heatTable(matrix, nameOf) : heatPicture(matrix),
    formatPairs(matrix, nameOf),
  ].join("");
}

function heatTable(matrix: ConfusionMatrix, nameOf: (index: number) => string): string {
  const names = matrix.map((_, i) => nameOf(i));
  const scores = classScores(matrix);
  const isTall = names.some((name) => [...name].length > 3);
  const head = ["truth", ...names, "accuracy"].map((name) => element("th", {}, textElement("span", name)));
  const rows = matrix.map((row, i) => {
    const { count, recall } = scores[i] as ClassScore;
    const cells = row.map((value, j) => heatCell(value, value / count, i === j));
    const share = textElement("td", formatShare(recall), { class: "share" });
    return element("tr", {}, textElement("th", names[i] as string), ...cells, share);
  });
  const parts = [element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)];
  return element("div", { class: "wide" }, element("table", { class: isTall ? "heat tall" : "heat" }, ...parts));
}

/** Blue where it is right, orange where it is wrong; by the root, so that what is rare can be seen. */
function heatCell(value: number, share: number, isRight: boolean): string {
  if (value === 0) return '<td class="quiet">·</td>';
  const colour = isRight ? "49, 130, 206" : "221, 107, 32";
  const opacity = (isRight ? 0.7 * share : 0.1 + 0.7 * Math.sqrt(share)).toFixed(2);
  return element("td", { style: `background: rgba(${colour}, ${opacity})` }, String(value));
}

/** The darker, the larger the share of the row. */
function heatPicture(matrix: ConfusionMatrix): string {
  const shares = classScores(matrix).map(({ count }, i) => (matrix[i] ?? []).map((value) => -value / (count || 1)));
  const image = tensor(shares.flat(), { shape: [1, 1, matrix.length, matrix.length] });
  const scale = Math.max(1, Math.floor(PICTURE / matrix.length));
  return picture(imageSheet(image, { range: [-1, 0], scale }), `Confusion matrix of ${matrix.length} classes`);
}

function formatPairs(matrix: ConfusionMatrix, nameOf: (index: number) => string): string {
  const pairs = matrix.flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })));
  const wrong = pairs.filter(({ truth, predicted, count }) => truth !== predicted && count > 0);
  if (wrong.length === 0) return "";
  wrong.sort((a, b) => b.count - a.count);
  const rows = wrong
    .slice(0, MOST_PAIRS)
    .map(({ truth, predicted, count }) => [nameOf(truth), nameOf(predicted), String(count)]);
  const title = textElement("summary", "Most frequent confusions");
  return element("details", {}, title, table(["truth", "taken for", "times"], rows));
}
