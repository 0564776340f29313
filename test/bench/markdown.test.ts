import { describe, expect, it } from "vitest";
import { formatMachine } from "../../bench/harness/machine.js";
import type { Result } from "../../bench/harness/result.js";
import { toRow } from "../../bench/report/json.js";
import { formatMarkdown, formatTables, replaceTables } from "../../bench/report/markdown.js";
import { broken, limits, machine, product, summary, sweep, times } from "./results.js";

/** The lines of a table. */
function tableOf(title: string, results: readonly Result[]): string[] | undefined {
  return formatTables(results.map(toRow)).get(title)?.split("\n");
}

describe("a page", () => {
  const run = { date: "2026-01-02T03:04:05Z", machine, quick: true, results: [product, sweep, broken] };

  it("says what was measured on, has the tables, and names who was absent", () => {
    const lines = formatMarkdown(run).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "# Benchmarks",
      "",
      `2026-01-02 03:04 UTC. ${formatMachine(machine)}. A quick run.`,
    ]);
    expect(lines.filter((line) => line.startsWith("##"))).toEqual([
      "## Summary",
      "## Products",
      "## Sweeps",
      "## Overhead",
    ]);
    expect(lines).toContain("- absent: nodegrad: Error: broken");
  });
});

describe("the table of a group", () => {
  it("has numbers of threads side by side, and a mark where the target is reached", () => {
    const better = { ...product, threads: 2, nodegrad: times(10e-6, 0.95), ratio: summary(0.25) };
    expect(tableOf("Products", [product, better])).toEqual([
      "| case | target | 1 thread | of limit | ratio | 2 threads | of limit | ratio |",
      "| --- | --: | --: | --: | --: | --: | --: | --: |",
      "| 64³ & <more> | ≥ 90 % | 20.0 µs | 50 % | 0.50 BLAS | 10.0 µs ✓ | 95 % | 0.25 BLAS |",
    ]);
  });

  it("has a target for each number of threads where they differ, and gaps where nothing was measured", () => {
    const two = { ...product, threads: 2, target: { share: 0.45 } };
    expect(tableOf("Products", [product, two, { ...product, case: "a|b" }])?.slice(2)).toEqual([
      "| 64³ & <more> | ≥ 90 % · ≥ 45 % | 20.0 µs | 50 % | 0.50 BLAS | 20.0 µs ✓ | 50 % | 0.50 BLAS |",
      "| a\\|b | ≥ 90 % | 20.0 µs | 50 % | 0.50 BLAS |  |  |  |",
    ]);
  });

  it("leaves out columns that would be empty", () => {
    expect(tableOf("Overhead", [broken])).toEqual([
      "| case | target | 1 thread |",
      "| --- | --: | --: |",
      "| call | ≤ 1.00 µs | failed |",
    ]);
  });

  it("names the fastest peer, which the reference backend is not", () => {
    const peers = { reference: times(1e-6), slow: times(3e-6), fast: times(2e-6) };
    expect(tableOf("Products", [{ ...product, peers }])?.[2]).toContain("| 0.50 fast |");
  });
});

describe("the summary", () => {
  it("has the geometric means of ratios and the targets reached, for each number of threads", () => {
    const twice = { ...product, case: "128³", nodegrad: times(80e-6, 0.95), ratio: summary(2) };
    expect(tableOf("Summary", [...limits, product, twice, { ...sweep, threads: 2 }])).toEqual([
      "| group | ratio, 1 thread | 2 threads | targets, 1 thread | 2 threads |",
      "| --- | --: | --: | --: | --: |",
      "| Limits | 0.50 |  | 0 of 2 |  |",
      "| Products | 1.00 |  | 1 of 2 |  |",
      "| Sweeps |  | 0.50 |  | 0 of 1 |",
    ]);
  });

  it("leaves out groups without ratios and targets, and is left out without others", () => {
    const alone = { ...broken, target: undefined };
    expect(tableOf("Summary", [product, alone])).toHaveLength(3);
    expect([...formatTables([toRow(alone)]).keys()]).toEqual(["Overhead"]);
  });
});

describe("tables on a page", () => {
  const page = "# Title\n\nText.\n\n## One\n\nBefore.\n\n| a |\n| --- |\n| 1 |\n\nAfter.\n\n## Two\n\n| b |\n";

  it("are replaced under their headings, while the text around them stays", () => {
    const tables = new Map([["One", "| $& |\n| --- |"]]);
    expect(replaceTables(page, tables)).toBe(page.replace("| a |\n| --- |\n| 1 |", () => "| $& |\n| --- |"));
  });

  it("are appended where there is no heading yet", () => {
    expect(replaceTables(page, new Map([["Three", "| c |"]]))).toBe(`${page}\n## Three\n\n| c |\n`);
  });
});
