import { describe, expect, it } from "vitest";
import { formatMachine } from "../../bench/harness/machine.js";
import { geometricMean, summarize } from "../../bench/harness/statistics.js";
import { formatFigure, formatRate, formatSeconds, formatTarget, percent, verdict } from "../../bench/report/format.js";
import { toRow } from "../../bench/report/json.js";
import { formatAbsent, formatGroup, formatSummary } from "../../bench/report/table.js";
import { broken, limits, machine, product, summary, sweep, times } from "./results.js";

describe("statistics", () => {
  it("summarize by order, in any order", () => {
    expect(summarize([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4, spread: (3.25 - 1.75) / 2 / 2.5 });
    expect(summarize([7])).toEqual({ median: 7, min: 7, max: 7, spread: 0 });
  });

  it("average ratios so that a ratio and its inverse cancel", () => {
    expect(geometricMean([0.5, 2])).toBeCloseTo(1, 15);
    expect(geometricMean([1, 4, 16])).toBeCloseTo(4, 14);
  });
});

describe("formats", () => {
  it("write times with three digits and the unit that fits", () => {
    const seconds = [12.345, 1, 0.0123456, 0.99999e-3, 1.5e-6, 8e-9, 12345];
    expect(seconds.map(formatSeconds)).toEqual([
      "12.3 s",
      "1.00 s",
      "12.3 ms",
      "1000 µs",
      "1.50 µs",
      "8.00 ns",
      "12345 s",
    ]);
  });

  it("write shares so that little is not nothing", () => {
    expect([2.391, 0.934, 0.012, 0.0042, 0].map(percent)).toEqual(["239 %", "93 %", "1 %", "0.4 %", "0 %"]);
  });

  it("write rates by what limits the case", () => {
    expect(formatRate(product, 20e-6)).toBe("50.0 GFLOP/s");
    expect(formatRate({ ...product, limit: "read" }, 20e-6)).toBe("5.00 GB/s");
    expect(formatRate({ ...product, limit: undefined }, 20e-6)).toBe("50.0 GFLOP/s");
    expect(formatRate(sweep, 100e-6)).toBe("10.0 GB/s");
    expect(formatRate(broken, 1)).toBe("");
  });

  it("write bytes where a case counts them", () => {
    expect(formatFigure({ ...product, unit: "bytes" }, 12_345_678)).toBe("12.3 MB");
    expect(formatFigure(product, 0.5)).toBe("500 ms");
  });

  it("judge targets, and nothing where there is nothing to judge", () => {
    expect([formatTarget(product), verdict(product)]).toEqual(["≥ 90 %", "missed"]);
    expect([formatTarget(sweep), verdict(sweep)]).toEqual(["≤ 0.40", "missed"]);
    expect(verdict({ ...sweep, ratio: summary(0.4) })).toBe("reached");
    expect([formatTarget(broken), verdict(broken)]).toEqual(["≤ 1.00 µs", ""]);
    expect(verdict({ ...broken, nodegrad: times(1e-6) })).toBe("reached");
    expect(verdict({ ...product, target: undefined })).toBe("");
  });
});

describe("table", () => {
  it("has a line for each case and leaves out columns that would be empty", () => {
    const [header, ...rows] = formatGroup([product, { ...product, threads: 2 }]).split("\n");
    expect(header?.trim().split(/ {2,}/)).toEqual([
      "case",
      "threads",
      "median",
      "spread",
      "rate",
      "of limit",
      "reference",
      "best peer",
      "its median",
      "ratio to it",
      "target",
    ]);
    expect(rows[0]).toMatch(
      /^64³ & <more> +1 +20\.0 µs +±5 % +50\.0 GFLOP\/s +50 % fma +5\.00 ms +BLAS +40\.0 µs +0\.50 ±2 % +≥ 90 % +missed$/,
    );
    expect(formatGroup([broken]).split("\n")).toEqual([
      "case  threads  median     target",
      "call        1  failed  ≤ 1.00 µs",
    ]);
  });

  it("sums up groups by geometric means", () => {
    const slower = { ...product, nodegrad: times(80e-6, 0.125), ratio: summary(2) };
    const better = { ...sweep, threads: 2, ratio: summary(0.3) };
    expect(formatSummary([...limits, product, slower, better, broken]).split("\n")).toEqual([
      "group     threads  cases  of limit  ratio to best peer  targets reached",
      "products        1      2      25 %                1.00           0 of 2",
      "sweeps          2      1      25 %                0.30           1 of 1",
      "overhead        1      1",
    ]);
    expect(formatSummary(limits)).toBe("");
  });

  it("names once who is absent", () => {
    expect(formatAbsent([product, sweep, broken])).toEqual([
      "absent: Torch: ModuleNotFoundError: No module named 'torch' (2 cases)",
      "absent: nodegrad: Error: broken",
    ]);
  });

  it("is headed by the machine", () => {
    expect(formatMachine(machine)).toBe(
      "nodegrad 0.1.0 (1a2b3c4d5e, avx2), Node.js 20.0.0, linux-x64, Processor, 2 processors, 8 GiB",
    );
  });
});

describe("JSON", () => {
  it("has exactly the fields that are documented", () => {
    expect(JSON.parse(JSON.stringify(toRow(product)))).toStrictEqual({
      case: "products: 64³ & <more>",
      threads: 1,
      unit: "product",
      nodegrad: { median: 20e-6, min: 18e-6, max: 40e-6 },
      limit: 10e-6,
      share: 0.5,
      ratio: 0.5,
      target: { share: 0.9 },
      peers: {
        reference: { version: "0.1.0", median: 5e-3, min: 4.5e-3, max: 10e-3 },
        BLAS: { version: "1.2.3", median: 40e-6, min: 36e-6, max: 80e-6 },
        slow: { version: "4", median: 80e-6, min: 72e-6, max: 160e-6 },
      },
    });
    expect(JSON.parse(JSON.stringify(toRow(broken)))).toStrictEqual({
      case: "overhead: call",
      threads: 1,
      unit: "call",
      nodegrad: null,
      limit: null,
      share: null,
      ratio: null,
      target: { seconds: 1e-6 },
      peers: {},
    });
  });

  it("has the digits that a measurement has", () => {
    expect(toRow({ ...product, nodegrad: times(1 / 3), limitSeconds: 2 / 3 })).toMatchObject({
      nodegrad: { median: 0.33333, min: 0.3, max: 0.66667 },
      limit: 0.66667,
    });
  });
});
