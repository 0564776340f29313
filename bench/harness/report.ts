/** Results as tables. */

import type { Result } from "./contest.js";
import type { Group } from "./group.js";
import type { Summary } from "./statistics.js";

/** One table for the results of a group, with a column for each contestant. */
export function formatGroup(group: Group, results: readonly Result[]): string {
  const names = [...new Set(results.flatMap(({ seconds }) => Object.keys(seconds)))];
  const compared = results.some(({ ratio }) => ratio !== undefined);
  const counted = results.some(({ flopRate }) => flopRate !== undefined);
  const header = [
    ...["case", "threads", ...names],
    ...(counted ? ["GFLOP/s", "of peak"] : []),
    ...(compared ? ["ratio to best"] : []),
    ...["target", ""],
  ];
  const rows = results.map((result) => [
    result.case,
    String(result.threads),
    ...names.map((name) => formatTime(result.seconds[name])),
    ...(counted ? formatRate(result) : []),
    ...(compared ? [formatRatio(result.ratio)] : []),
    formatTarget(result),
    verdict(result),
  ]);
  return [`${group.name} (time per ${group.unit})`, "", ...align([header, ...rows]), ...formatAbsent(results)].join(
    "\n",
  );
}

/** One line per peer that did not run. */
function formatAbsent(results: readonly Result[]): string[] {
  const reasons = new Set(
    results.flatMap(({ absent }) => Object.entries(absent).map(([name, reason]) => `absent: ${name}: ${reason}`)),
  );
  return [...reasons];
}

function formatTime(time: Summary | undefined): string {
  return time === undefined ? "–" : `${formatSeconds(time.median)} ±${percent(time.spread)}`;
}

/** Floating-point operations a second, and their share of the most the machine did in the same rounds. */
function formatRate({ flopRate, peakFlopRate }: Result): [rate: string, share: string] {
  if (flopRate === undefined) return ["–", "–"];
  return [(flopRate / 1e9).toPrecision(3), peakFlopRate === undefined ? "–" : percent(flopRate / peakFlopRate)];
}

function formatRatio(ratio: Summary | undefined): string {
  return ratio === undefined ? "–" : `${ratio.median.toFixed(2)} ±${percent(ratio.spread)}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function formatTarget({ target }: Result): string {
  if (target === undefined) return "–";
  return "seconds" in target ? `≤ ${formatSeconds(target.seconds)}` : `≤ ${target.ratio.toFixed(2)}`;
}

/** Empty where there is nothing to compare. */
function verdict({ target, seconds, ratio }: Result): string {
  if (target === undefined) return "";
  const [limit, measured] =
    "seconds" in target ? [target.seconds, Object.values(seconds)[0]?.median] : [target.ratio, ratio?.median];
  if (measured === undefined) return "";
  return measured <= limit ? "reached" : "missed";
}

/** Three digits and the unit that fits. */
function formatSeconds(seconds: number): string {
  for (const [unit, size] of [
    ["s", 1],
    ["ms", 1e-3],
    ["µs", 1e-6],
  ] as const) {
    if (seconds >= size) return `${(seconds / size).toPrecision(3)} ${unit}`;
  }
  return `${(seconds * 1e9).toPrecision(3)} ns`;
}

/** The first column to the left, numbers to the right. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const pad = (cell: string, column: number) => {
    const width = widths[column] as number;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}
