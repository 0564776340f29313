/** Results as tables. */

import type { PeerSummary, Result } from "./result.js";
import type { Summary } from "./statistics.js";

/** One table for the results of a group, with a column for each contestant. */
export function formatTable(results: readonly Result[]): string {
  const peers = [...new Set(results.flatMap((result) => Object.keys(result.peers)))];
  const columns: readonly (readonly [title: string, cell: (result: Result) => string])[] = [
    ["case", (result) => result.case],
    ["threads", ({ threads }) => String(threads)],
    ["nodegrad", (result) => formatTime(result.nodegrad)],
    ["rate", formatRate],
    ["of limit", ({ share, limit }) => (share === undefined ? "" : `${percent(share.median)} ${limit}`)],
    ...peers.map((name) => [name, (result: Result) => formatTime(result.peers[name])] as const),
    [
      "to best peer",
      ({ ratio }) => (ratio === undefined ? "" : `${ratio.median.toFixed(2)} ±${percent(ratio.spread)}`),
    ],
    ["target", formatTarget],
    ["", verdict],
  ];
  const cells = columns.map(([title, cell]) => [title, ...results.map(cell)]);
  return align(cells.filter(([, ...rest]) => rest.some((cell) => cell !== ""))).join("\n");
}

/** Who did not run, and why: one line each. */
export function formatAbsent(results: readonly Result[]): string[] {
  const reasons = results.flatMap(({ absent }) => Object.entries(absent));
  return [...new Set(reasons.map(([name, reason]) => `absent: ${name}: ${reason}`))];
}

function formatTime(time: Summary | PeerSummary | undefined): string {
  return time === undefined ? "" : `${formatSeconds(time.median)} ±${percent(time.spread)}`;
}

/** Floating-point operations or, where memory is the limit, bytes a second. */
function formatRate({ nodegrad, flops, bytes, limit }: Result): string {
  if (nodegrad === undefined) return "";
  if (bytes !== undefined && (limit !== "fma" || flops === undefined)) {
    return `${(bytes / nodegrad.median / 1e9).toPrecision(3)} GB/s`;
  }
  return flops === undefined ? "" : `${(flops / nodegrad.median / 1e9).toPrecision(3)} GFLOP/s`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function formatTarget({ target }: Result): string {
  if (target === undefined) return "";
  if ("share" in target) return `≥ ${percent(target.share)}`;
  return "seconds" in target ? `≤ ${formatSeconds(target.seconds)}` : `≤ ${target.ratio.toFixed(2)}`;
}

/** Empty where there is nothing to compare. */
function verdict({ target, nodegrad, ratio, share }: Result): string {
  if (target === undefined) return "";
  const met =
    "share" in target
      ? share && share.median >= target.share
      : "seconds" in target
        ? nodegrad && nodegrad.median <= target.seconds
        : ratio && ratio.median <= target.ratio;
  return met === undefined ? "" : met ? "reached" : "missed";
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
