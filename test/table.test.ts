import { describe, expect, it } from "vitest";
import { formatTable } from "../lib/table.js";

describe("formatTable", () => {
  it("aligns text to the left and numbers to the right", () => {
    const rows = [
      ["conv1", 520, 1.5],
      ["fc", 1_225_500, 22],
    ];
    expect(formatTable(rows, { header: ["layer", "parameters", "ms"] }).split("\n")).toEqual([
      "layer  parameters   ms",
      "─────  ──────────  ───",
      "conv1         520  1.5",
      "fc        1225500   22",
    ]);
  });

  it("aligns as told, and leaves no spaces at the end of a line", () => {
    const rows = [
      ["a", "long"],
      ["bcd", "x"],
    ];
    expect(formatTable(rows, { align: ["right", "left"] })).toBe("  a  long\nbcd  x");
  });

  it("counts letters, not bytes", () => {
    expect(
      formatTable([
        ["µ≈😀", 1],
        ["abcd", 2],
      ]),
    ).toBe("µ≈😀   1\nabcd  2");
  });

  it("accepts rows of different lengths, and none", () => {
    expect(formatTable([["a", 1, 22], ["b"], [], ["c", 333]])).toBe("a    1  22\nb\n\nc  333");
    expect(formatTable([])).toBe("");
    expect(formatTable([], { header: ["class", "n"] })).toBe("class  n\n─────  ─");
  });
});
