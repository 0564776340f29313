/** What the epochs gave, as charts and as a table. */

import { lineChart } from "../../data/index.js";
import type { History, HistoryRow } from "../history.js";
import { formatMeasure } from "../progress.js";
import { element, section, table, textElement } from "./markup.js";

/** Columns that are no measures. */
const COUNTS = ["epoch", "step", "seconds"];

const VALIDATION = "validation";

/** A chart for each measure, with training and validation in it, and one of the learning rate. */
export function formatCurves(history: History, learningRates: readonly number[] | undefined): string {
  if (history.rows.length === 0) return "";
  const epochs = history.column("epoch");
  const charts = measuresOf(history).map(([name, columns]) => {
    const curves = Object.fromEntries(Object.entries(columns).map(([of, column]) => [of, history.column(column)]));
    return lineChart(curves, { x: epochs, xLabel: "epoch", title: titleOf(name) });
  });
  if (learningRates?.some(Number.isFinite)) {
    const rates = epochs.map((_, i) => learningRates[i] ?? Number.NaN);
    charts.push(
      lineChart({ "at the end of the epoch": rates }, { x: epochs, xLabel: "epoch", title: "Learning rate" }),
    );
  }
  return section(
    "Curves",
    element("div", { class: "grid" }, ...charts),
    describeFit(history),
    element("details", {}, textElement("summary", "All epochs"), formatEpochs(history)),
  );
}

/** Columns that show the same measure: `["loss", { training: "loss", validation: "validationLoss" }]`. */
function measuresOf({ columns }: History): [name: string, Record<string, string>][] {
  const measured = columns.filter((column) => !COUNTS.includes(column));
  const validationOf = (column: string) => `${VALIDATION}${titleOf(column)}`;
  const validations = measured.map(validationOf);
  return measured
    .filter((column) => !validations.includes(column))
    .map((column) => {
      const validation = validationOf(column);
      return [column, { training: column, ...(measured.includes(validation) && { validation }) }];
    });
}

function titleOf(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Where the validation loss was least, and how far training and validation are apart in the end: over- or underfitting. */
function describeFit({ rows }: History): string {
  const last = rows.at(-1) as HistoryRow;
  const lossOf = (row: HistoryRow) => row.validationLoss as number;
  const known = rows.filter((row) => Number.isFinite(lossOf(row)));
  if (known.length === 0) return "";
  const best = known.reduce((least, row) => (lossOf(row) < lossOf(least) ? row : least));
  const text =
    `Validation loss is least after epoch ${best.epoch}: ${formatMeasure("loss", lossOf(best))}. ` +
    `After the last, ${last.epoch}, it is ${formatMeasure("loss", lossOf(last))}, ` +
    `with ${formatMeasure("loss", last.loss)} in training.`;
  return textElement("p", text);
}

function formatEpochs({ columns, rows }: History): string {
  const cells = rows.map((row) =>
    columns.map((column) => {
      const value = row[column] as number;
      if (column === "seconds") return value.toFixed(1);
      return COUNTS.includes(column) ? value.toLocaleString("en-US") : formatMeasure(column, value);
    }),
  );
  return table(columns, cells);
}
