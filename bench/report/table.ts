/** Results as tables of plain text. */

import type { Result } from "../harness/result.js";
import { geometricMean } from "../harness/statistics.js";
import { formatRate, formatSeconds, formatTarget, formatThreads, percent, verdict } from "./format.js";

/** One table for the results of a group, and a line for each number of threads that sums it up. */
export function formatGroup(results: readonly Result[]): string {
  const columns: readonly (readonly [title: string, cell: (result: Result) => string])[] = [
    ["case", (result) => result.case],
    ["threads", ({ threads }) => String(threads)],
    ["median", ({ nodegrad }) => (nodegrad === undefined ? "failed" : formatSeconds(nodegrad.median))],
    ["spread", ({ nodegrad }) => (nodegrad === undefined ? "" : `±${percent(nodegrad.spread)}`)],
    ["rate", (result) => (result.nodegrad === undefined ? "" : formatRate(result, result.nodegrad.median))],
    ["of limit", ({ nodegrad, limit }) => (nodegrad?.share ? `${percent(nodegrad.share.median)} ${limit}` : "")],
    ["reference", ({ peers }) => (peers.reference === undefined ? "" : formatSeconds(peers.reference.median))],
    ["best peer", ({ bestPeer }) => bestPeer ?? ""],
    [
      "its median",
      ({ peers, bestPeer }) => (bestPeer === undefined ? "" : formatSeconds(peers[bestPeer]?.median ?? 0)),
    ],
    ["ratio to it", ({ ratio }) => (ratio === undefined ? "" : `${ratio.median.toFixed(2)} ±${percent(ratio.spread)}`)],
    ["target", formatTarget],
    ["", verdict],
  ];
  const cells = columns.map(([title, cell]) => [title, ...results.map(cell)]);
  return [...align(cells.filter(([, ...rest]) => rest.some((cell) => cell !== ""))), ...formatMeans(results)].join(
    "\n",
  );
}

/** Geometric means of what can be averaged, for each number of threads; the cases of the limits are too unlike. */
export function formatMeans(results: readonly Result[]): string[] {
  const alike = results.filter(({ level }) => level !== "limits");
  return [...new Set(alike.map(({ threads }) => threads))].flatMap((threads) => {
    const rows = alike.filter((result) => result.threads === threads);
    const means = [
      formatMean(
        "of the limit",
        percent,
        rows.map(({ nodegrad }) => nodegrad?.share?.median),
      ),
      formatMean(
        "the best peer's time",
        (mean) => `${mean.toFixed(2)} ×`,
        rows.map(({ ratio }) => ratio?.median),
      ),
    ].filter((mean) => mean !== undefined);
    return means.length === 0 ? [] : [`geometric mean, ${formatThreads(threads)}: ${means.join(", ")}`];
  });
}

function formatMean(
  what: string,
  format: (mean: number) => string,
  values: readonly (number | undefined)[],
): string | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length < 2 ? undefined : `${format(geometricMean(known))} ${what} (${known.length} cases)`;
}

/** Who did not run, and why: one line each. */
export function formatAbsent(results: readonly Result[]): string[] {
  const cases = new Map<string, number>();
  for (const { absent } of results) {
    for (const [name, reason] of Object.entries(absent)) {
      const line = `absent: ${name}: ${reason}`;
      cases.set(line, (cases.get(line) ?? 0) + 1);
    }
  }
  return Array.from(cases, ([line, count]) => (count === 1 ? line : `${line} (${count} cases)`));
}

/** Columns side by side: the first to the left, numbers to the right. */
function align(columns: readonly (readonly string[])[]): string[] {
  const padded = columns.map((cells, column) => {
    const width = Math.max(...cells.map((cell) => cell.length));
    return cells.map((cell) => (column === 0 ? cell.padEnd(width) : cell.padStart(width)));
  });
  return (padded[0] ?? []).map((_, row) =>
    padded
      .map((cells) => cells[row])
      .join("  ")
      .trimEnd(),
  );
}
