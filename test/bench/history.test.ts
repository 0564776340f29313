import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { groups } from "../../bench/cases/index.js";
import type { Group } from "../../bench/harness/case.js";
import { type KeptRun, keepRun, newestRows, readRuns } from "../../bench/report/history.js";
import { type Row, toRow } from "../../bench/report/json.js";
import { formatTables, replaceTables } from "../../bench/report/markdown.js";
import { machine, product, sweep, times } from "./results.js";

/** A run of some rows. */
function runOf(rows: readonly Row[], changes: Partial<KeptRun> = {}): KeptRun {
  return { date: "2026-01-02T03:04:05.678Z", quick: false, machine, results: rows, ...changes };
}

describe("kept runs", () => {
  const folder = mkdtempSync(join(tmpdir(), "nodegrad-history-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are one line each, after those before", () => {
    const file = join(folder, "bench", "history.jsonl");
    const run = runOf([toRow(product)]);
    const noted = { ...run, note: "two\nlines" };
    keepRun(file, run);
    keepRun(file, noted);
    expect(readFileSync(file, "utf8").split("\n")).toHaveLength(3);
    expect(readRuns(file)).toEqual([run, noted]);
  });
});

describe("the newest rows", () => {
  const groups: readonly Group[] = [product, sweep].map((result) => ({
    level: result.level,
    name: result.group,
    cases: (threads) =>
      threads.map((count) => ({ name: result.case, threads: count, unit: result.unit, contestants: [] })),
  }));
  const [old, better, two, other] = [
    toRow(product),
    toRow({ ...product, nodegrad: times(15e-6) }),
    toRow({ ...product, threads: 2 }),
    toRow(sweep),
  ] as const;

  it("are the last of each case and number of threads, in the order of the cases", () => {
    expect(newestRows([runOf([other, old, two]), runOf([better])], groups)).toEqual([better, two, other]);
    expect(newestRows([], groups)).toEqual([]);
  });

  it("are of the machine of the last run, whatever its programs, and of no quick one", () => {
    const elsewhere = { ...machine, processor: "Another" };
    expect(newestRows([runOf([old], { machine: elsewhere }), runOf([two])], groups)).toEqual([two]);
    expect(newestRows([runOf([old], { machine: { ...machine, commit: "5" } }), runOf([two])], groups)).toHaveLength(2);
    expect(newestRows([runOf([old]), runOf([better], { quick: true })], groups)).toEqual([old]);
  });

  it("leave out cases that are no more", () => {
    expect(newestRows([runOf([old, { ...other, case: "sweeps: gone" }])], groups)).toEqual([old]);
  });
});

describe("docs/measured.md", () => {
  const read = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

  it("has the newest figures that are kept: npm run measured", () => {
    const page = readFileSync(read("docs/measured.md"), "utf8");
    expect(replaceTables(page, formatTables(newestRows(readRuns(read("bench/history.jsonl")), groups)))).toBe(page);
  });
});
