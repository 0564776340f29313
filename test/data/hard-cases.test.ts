import { describe, expect, it } from "vitest";
import { generateHardCase, type HardCaseName, type LabelledPoints } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";

const names = ["xor", "ring", "modes", "discs", "parity"] as const;

function pointsOf({ points, features, count }: LabelledPoints): number[][] {
  return Array.from({ length: count }, (_, i) => [...points.subarray(i * features, (i + 1) * features)]);
}

/** Distances from 0 of the points of a class. */
function radii(name: HardCaseName, label: number): number[] {
  const set = generateHardCase(name, { count: 1000, seed: 2 });
  return pointsOf(set)
    .filter((_, i) => set.labels[i] === label)
    .map(([x, y]) => Math.hypot(x as number, y as number));
}

describe.each(names)("the hard case %s", (name) => {
  it("has as many points of one class as of the other", () => {
    const set = generateHardCase(name, { count: 1000 });
    expect(set).toMatchObject({ count: 1000, classes: 2, features: name === "parity" ? 9 : 2 });
    expect(set.points).toHaveLength(1000 * set.features);
    expect(set.labels.reduce((sum, label) => sum + label, 0)).toBe(500);
  });

  it("is decided by the seed, point by point", () => {
    const points = (count: number, seed: number) => [...generateHardCase(name, { count, seed }).points];
    expect(points(20, 3)).toEqual(points(40, 3).slice(0, points(20, 3).length));
    expect(points(20, 3)).not.toEqual(points(20, 4));
  });
});

describe("generateHardCase", () => {
  it("gives class 1 of xor the first and the third quadrant", () => {
    const set = generateHardCase("xor", { count: 1000 });
    const inThem = pointsOf(set).map(([x, y]) => Number((x as number) > 0 === (y as number) > 0));
    expect(inThem).toEqual([...set.labels]);
  });

  it("gives class 1 of the ring 1 ≤ r ≤ 2", () => {
    expect(radii("ring", 1).every((r) => r >= 1 && r <= 2)).toBe(true);
    const others = radii("ring", 0);
    expect(others.every((r) => r < 1 || (r >= 2 && r <= 3))).toBe(true);
    // As many inside as outside: 250 each, standard deviation 11; four of them.
    expect(Math.abs(others.filter((r) => r < 1).length - 250)).toBeLessThan(44);
  });

  it("gives class 1 of the discs r < 1, and class 0 2 ≤ r ≤ 3", () => {
    expect(radii("discs", 1).every((r) => r < 1)).toBe(true);
    expect(radii("discs", 0).every((r) => r >= 2 && r <= 3)).toBe(true);
  });

  it("gives class 1 three modes", () => {
    const set = generateHardCase("modes", { count: 1000 });
    const modes = [
      [0, 1.2],
      [-1.1, -0.7],
      [1.1, -0.7],
    ] as const;
    const counts = [0, 0, 0];
    for (const [i, [x, y]] of pointsOf(set).entries()) {
      const mode = modes.findIndex(([a, b]) => Math.hypot((x as number) - a, (y as number) - b) < 0.5);
      expect(mode >= 0).toBe(set.labels[i] === 1);
      if (mode >= 0) (counts[mode] as number)++;
    }
    // 500 in three: 167 each, standard deviation 10.5; four of them.
    for (const count of counts) expect(Math.abs(count - 500 / 3)).toBeLessThan(42);
  });

  it("gives class 1 images with an odd number of pixels", () => {
    const set = generateHardCase("parity", { count: 1000 });
    expect(pointsOf(set).map((pixels) => pixels.filter((pixel) => pixel > 0).length % 2)).toEqual([...set.labels]);
    expect(new Set(pointsOf(set).map(String)).size).toBeGreaterThan(400); // of 512
  });

  it("says what is wrong", () => {
    expect(() => generateHardCase("xr" as "xor", { count: 1 })).toThrow('unknown case "xr"; did you mean "xor"?');
    expect(() => generateHardCase("toString" as "xor", { count: 1 })).toThrow(OptionError);
    expect(() => generateHardCase("xor", { count: -1 })).toThrow('option "count" must be an integer');
    expect(() => generateHardCase("xor", { count: 1, seed: 0.5 })).toThrow('option "seed"');
    expect(() => generateHardCase("xor", { count: 1, size: 3 } as never)).toThrow('unknown option "size"');
  });
});
