/** The tables of a run in Markdown, to be kept or quoted: numbers of threads stand side by side. */

import { formatMachine } from "../harness/machine.js";
import { formatFigure, formatRatio, formatTarget, formatThreads, isReached, percent } from "./format.js";
import { bestPeer, type Row, splitName, toRow } from "./json.js";
import type { Run } from "./page.js";
import { formatMean } from "./summary.js";
import { formatAbsent, hasCells } from "./table.js";

/** The heading of the table that sums up the others. */
const SUMMARY = "Summary";

const HOW_TO_READ =
  "Times are medians over the rounds, with ✓ where the target is reached. `of limit` is the share of the machine's limit " +
  "that was measured in the same rounds, `ratio` nodegrad's time over that of the fastest peer, and who that is: below 1, " +
  "nodegrad is faster. The summary has the geometric means of ratios, and how many targets are reached.";

/** A document: the machine, the tables, and who was absent. */
export function formatMarkdown({ date, machine, quick, results }: Run): string {
  const parts = [
    "# Benchmarks",
    `${date.slice(0, 16).replace("T", " ")} UTC. ${formatMachine(machine)}.${quick ? " A quick run." : ""}`,
    HOW_TO_READ,
    ...Array.from(formatTables(results.map(toRow)), ([title, table]) => `## ${title}\n\n${table}`),
    formatAbsent(results)
      .map((line) => `- ${line}`)
      .join("\n"),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** The tables by their headings: one that sums up, if there is something to sum up, and one for each group. */
export function formatTables(rows: readonly Row[]): Map<string, string> {
  const groups = groupRows(rows);
  const tables = groups.map(({ title, rows }) => [title, formatColumns(groupColumns(rows))] as const);
  const summary = formatColumns(summaryColumns(groups));
  return new Map(summary === "" ? tables : [[SUMMARY, summary], ...tables]);
}

/**
 * A page with the first table under each heading written anew, whatever text stands around it; tables whose heading it
 * does not have come last.
 */
export function replaceTables(page: string, tables: ReadonlyMap<string, string>): string {
  const missing = new Map(tables);
  const sections = page.split(/^(?=## )/m).map((section) => {
    const title = section.match(/^## (.*)/)?.[1] ?? "";
    const table = missing.get(title);
    missing.delete(title);
    return table === undefined ? section : section.replace(/^(\|.*\n)+/m, () => `${table}\n`);
  });
  return [...sections, ...Array.from(missing, ([title, table]) => `\n## ${title}\n\n${table}\n`)].join("");
}

interface RowsOfGroup {
  readonly title: string;
  readonly rows: readonly Row[];
}

function groupRows(rows: readonly Row[]): RowsOfGroup[] {
  const names = [...new Set(rows.map((row) => splitName(row)[0]))];
  return names.map((name) => ({
    title: name.charAt(0).toUpperCase() + name.slice(1),
    rows: rows.filter((row) => splitName(row)[0] === name),
  }));
}

/** A line for each group that has ratios or targets, a column of both for each number of threads; none without lines. */
function summaryColumns(groups: readonly RowsOfGroup[]): readonly (readonly string[])[] {
  const threads = threadsOf(groups.flatMap(({ rows }) => rows));
  const columnsOf = (title: string, cell: (rows: readonly Row[]) => string) =>
    threads.map((count, i) => [
      i === 0 ? `${title}, ${formatThreads(count)}` : formatThreads(count),
      ...groups.map(({ rows }) => cell(rows.filter((row) => row.threads === count))),
    ]);
  const columns = [
    ...columnsOf("ratio", (rows) => formatMean(rows.map(({ ratio }) => ratio ?? undefined))),
    ...columnsOf("targets", formatReached),
  ];
  const kept = groups.map((_, i) => columns.some((cells) => cells[i + 1] !== ""));
  if (!kept.includes(true)) return [];
  return [["group", ...groups.map(({ title }) => title)], ...columns].map(([head, ...cells]) => [
    head ?? "",
    ...cells.filter((_, i) => kept[i]),
  ]);
}

/** `3 of 4`; empty where there is nothing to reach. */
function formatReached(rows: readonly Row[]): string {
  const known = rows.map(isRowReached).filter((reached) => reached !== undefined);
  return known.length === 0 ? "" : `${known.filter((reached) => reached).length} of ${known.length}`;
}

/** A line for each case, figures side by side for each number of threads; columns without a cell are left out. */
function groupColumns(rows: readonly Row[]): readonly (readonly string[])[] {
  const cases = [...new Set(rows.map((row) => splitName(row)[1]))];
  const column = (title: string, cell: (name: string) => string) => [title, ...cases.map(cell)];
  const figures = threadsOf(rows).flatMap((threads) => {
    const ofCase = (format: (row: Row) => string) => (name: string) => {
      const row = rows.find((row) => splitName(row)[1] === name && row.threads === threads);
      return row === undefined ? "" : format(row);
    };
    return [
      column(formatThreads(threads), ofCase(formatTime)),
      column(
        "of limit",
        ofCase(({ share }) => (share === null ? "" : percent(share))),
      ),
      column("ratio", ofCase(formatRowRatio)),
    ];
  });
  const targets = (name: string) => {
    const texts = rows.filter((row) => splitName(row)[1] === name).map(formatRowTarget);
    return [...new Set(texts)].join(" · ");
  };
  return [["case", ...cases], column("target", targets), ...figures].filter(hasCells);
}

function threadsOf(rows: readonly Row[]): number[] {
  return [...new Set(rows.map(({ threads }) => threads))];
}

function formatTime(row: Row): string {
  if (row.nodegrad === null) return "failed";
  return `${formatFigure(row, row.nodegrad.median)}${isRowReached(row) ? " ✓" : ""}`;
}

function formatRowRatio(row: Row): string {
  return row.ratio === null ? "" : `${formatRatio(row.ratio)} ${bestPeer(row)}`;
}

function formatRowTarget({ target, unit }: Row): string {
  return formatTarget({ target: target ?? undefined, unit });
}

function isRowReached({ target, nodegrad, share, ratio }: Row): boolean | undefined {
  return isReached(target ?? undefined, {
    seconds: nodegrad?.median,
    share: share ?? undefined,
    ratio: ratio ?? undefined,
  });
}

/** A table from its columns: the first to the left, numbers to the right. Nothing of no columns. */
function formatColumns(columns: readonly (readonly string[])[]): string {
  const [head = [], ...rows] = (columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row] ?? ""));
  if (head.length === 0) return "";
  const rule = columns.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`).join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
