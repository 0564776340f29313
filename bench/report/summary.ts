/** What the cases of a group come to, as the geometric means of what can be averaged. */

import type { Result } from "../harness/result.js";
import { geometricMean } from "../harness/statistics.js";
import { formatRatio, percent, verdict } from "./format.js";

export const SUMMARY_HEADER = ["group", "threads", "cases", "of limit", "ratio to best peer", "targets reached"];

/** Cells of a row for each group and number of threads. The cases of the limits are too unlike to have a mean. */
export function summaryRows(results: readonly Result[]): string[][] {
  const alike = results.filter(({ level }) => level !== "limits");
  const keys = new Map(alike.map(({ group, threads }) => [`${group}, ${threads}`, { group, threads }]));
  return Array.from(keys.values(), ({ group, threads }) => {
    const rows = alike.filter((result) => result.group === group && result.threads === threads);
    const verdicts = rows.map(verdict).filter((text) => text !== "");
    return [
      group,
      String(threads),
      String(rows.length),
      mean(
        rows.map(({ nodegrad }) => nodegrad?.share?.median),
        percent,
      ),
      formatMean(rows.map(({ ratio }) => ratio?.median)),
      verdicts.length === 0 ? "" : `${verdicts.filter((text) => text === "reached").length} of ${verdicts.length}`,
    ];
  });
}

/** The geometric mean of ratios; empty where there is nothing to average. */
export function formatMean(ratios: readonly (number | undefined)[]): string {
  return mean(ratios, formatRatio);
}

/** Empty where there is nothing to average. */
function mean(values: readonly (number | undefined)[], format: (mean: number) => string): string {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? "" : format(geometricMean(known));
}
