/** The tables of a run in Markdown, to be kept or quoted. */

import { formatMachine } from "../harness/machine.js";
import type { Run } from "./page.js";
import { formatAbsent, groupColumns, summaryColumns } from "./table.js";

/** A document: the machine, the summary, a table for each group, and who was absent. */
export function formatMarkdown({ date, machine, quick, results }: Run): string {
  const groups = [...new Set(results.map(({ group }) => group))];
  const parts = [
    "# Benchmarks",
    `${date.slice(0, 16).replace("T", " ")} UTC. ${formatMachine(machine)}.${quick ? " A quick run." : ""}`,
    formatColumns(summaryColumns(results)),
    ...groups.flatMap((name) => [
      `## ${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      formatColumns(groupColumns(results.filter(({ group }) => group === name))),
    ]),
    formatAbsent(results)
      .map((line) => `- ${line}`)
      .join("\n"),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A table from its columns: the first to the left, numbers to the right. */
function formatColumns(columns: readonly (readonly string[])[]): string {
  const [head = [], ...rows] = (columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row] ?? ""));
  const rule = columns.map((_, column) => (column === 0 ? "---" : "--:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`).join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
