/** Results as tables of plain text. */

import type { Result } from "../harness/result.js";
import { formatFigure, formatRate, formatRatio, formatTarget, percent, verdict } from "./format.js";
import { SUMMARY_HEADER, summaryRows } from "./summary.js";

/** One table for the results of a group. */
export function formatGroup(results: readonly Result[]): string {
  return align(groupColumns(results)).join("\n");
}

/** The columns of the table of a group, each from its title down; those without a cell are left out. */
function groupColumns(results: readonly Result[]): readonly (readonly string[])[] {
  const columns: readonly (readonly [title: string, cell: (result: Result) => string])[] = [
    ["case", (result) => result.case],
    ["threads", ({ threads }) => String(threads)],
    ["median", (result) => (result.nodegrad === undefined ? "failed" : formatFigure(result, result.nodegrad.median))],
    ["spread", ({ nodegrad }) => (nodegrad === undefined ? "" : `±${percent(nodegrad.spread)}`)],
    ["rate", (result) => (result.nodegrad === undefined ? "" : formatRate(result, result.nodegrad.median))],
    ["of limit", ({ nodegrad, limit }) => (nodegrad?.share ? `${percent(nodegrad.share.median)} ${limit}` : "")],
    ["reference", (result) => formatMedian(result, "reference")],
    ["best peer", ({ bestPeer }) => bestPeer ?? ""],
    ["its median", (result) => (result.bestPeer === undefined ? "" : formatMedian(result, result.bestPeer))],
    [
      "ratio to it",
      ({ ratio }) => (ratio === undefined ? "" : `${formatRatio(ratio.median)} ±${percent(ratio.spread)}`),
    ],
    ["target", formatTarget],
    ["", verdict],
  ];
  return columns.map(([title, cell]) => [title, ...results.map(cell)]).filter(hasCells);
}

/** Of a peer; empty where it did not take part. */
function formatMedian(result: Result, name: string): string {
  const peer = result.peers[name];
  return peer === undefined ? "" : formatFigure(result, peer.median);
}

/** Whether a column has more than its title. */
export function hasCells([, ...cells]: readonly string[]): boolean {
  return cells.some((cell) => cell !== "");
}

/** What the groups come to, as a table; empty where there is nothing to sum up. */
export function formatSummary(results: readonly Result[]): string {
  return align(summaryColumns(results)).join("\n");
}

/** The columns of that table; none where there is nothing to sum up. */
function summaryColumns(results: readonly Result[]): readonly (readonly string[])[] {
  const rows = summaryRows(results);
  return SUMMARY_HEADER.map((title, i) => [title, ...rows.map((cells) => cells[i] ?? "")]).filter(hasCells);
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
