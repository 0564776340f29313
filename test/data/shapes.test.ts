import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateShapes, type ShapesOptions } from "../../lib/data/index.js";
import { outlines, SHAPE_NAMES } from "../../lib/data/shape-outlines.js";
import { OptionError } from "../../lib/errors.js";

function checksum(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("generateShapes", () => {
  // The bytes are part of the contract: tests and examples elsewhere rely on the same images on every platform.
  it.each([
    [{ count: 100, seed: 7 }, "73aebe697cab2bd77cbf65db1ea2e970a3d39b561691934221d9555c0f12de36"],
    [{ count: 20, seed: 7, size: 48 }, "54b9af6e522882bf259e3051fc820034386acfe567d0e2e54e03f61e03066f6e"],
  ])("gives the same bytes everywhere for %j", (options, expected) => {
    expect(checksum(generateShapes(options).images)).toBe(expected);
  });

  it("says what it made", () => {
    const { images, labels, classNames, ...facts } = generateShapes({ count: 25, size: 20 });
    expect(facts).toEqual({ count: 25, channels: 3, rows: 20, columns: 20, classes: 10 });
    expect(images).toHaveLength(25 * 3 * 20 * 20);
    expect([...labels]).toEqual(Array.from({ length: 25 }, (_, i) => i % 10));
    expect(new Set(classNames).size).toBe(10);
  });

  it("extends a smaller set", () => {
    const small = generateShapes({ count: 15, seed: 3 });
    const large = generateShapes({ count: 40, seed: 3 });
    expect(large.images.subarray(0, small.images.length)).toEqual(small.images);
  });

  it("never makes the same image twice, for one seed or another", () => {
    const sums = [0, 1, 2 ** 32].flatMap((seed) => {
      const { images, count } = generateShapes({ count: 100, seed });
      return Array.from({ length: count }, (_, i) => checksum(images.subarray(i * 3072, (i + 1) * 3072)));
    });
    expect(new Set(sums).size).toBe(300);
  });

  it("hides the class from who looks at colours only", () => {
    // The mean of each channel in each class differs from that of all by chance: standard deviation of an image's
    // mean below 50, of the mean of 100 below 5; five of them.
    const { images, labels, count } = generateShapes({ count: 1000, seed: 1 });
    const sums = Array.from({ length: 10 }, () => [0, 0, 0]);
    for (let i = 0; i < count * 3; i++) {
      const plane = images.subarray(i * 1024, (i + 1) * 1024);
      const row = sums[labels[Math.floor(i / 3)] as number] as number[];
      row[i % 3] = (row[i % 3] as number) + plane.reduce((sum, value) => sum + value, 0) / 1024 / 100;
    }
    for (let c = 0; c < 3; c++) {
      const means = sums.map((row) => row[c] as number);
      const all = means.reduce((sum, mean) => sum + mean, 0) / 10;
      for (const mean of means) expect(Math.abs(mean - all)).toBeLessThan(25);
    }
  });

  it("makes none when asked for none", () => {
    expect(generateShapes({ count: 0 }).images).toHaveLength(0);
  });

  it.each<[object, RegExp]>([
    [{}, /"count" must be an integer in \[0, 699050\], got undefined/],
    [{ count: 1, size: 7 }, /"size" must be an integer in \[8, 256\], got 7/],
    [{ count: 1, seed: -1 }, /"seed"/],
    [{ count: 1, sed: 1 }, /did you mean "seed"/],
  ])("refuses %j", (options, message) => {
    expect(() => generateShapes(options as ShapesOptions)).toThrow(OptionError);
    expect(() => generateShapes(options as ShapesOptions)).toThrow(message);
  });
});

describe("outlines", () => {
  /** Points of a grid over the square that holds every shape, none of them on an edge. */
  const grid = Array.from(
    { length: 6400 },
    (_, i) => [((i % 80) + 0.5) / 40 - 1, (Math.floor(i / 80) + 0.5) / 40 - 1] as const,
  );

  it("have the area they should", () => {
    const areas = outlines.map((outline) => grid.filter(([x, y]) => outline(x, y) < 0).length / 40 ** 2);
    const named = Object.fromEntries(SHAPE_NAMES.map((name, i) => [name, areas[i] as number]));
    expect(named.circle).toBeCloseTo(Math.PI * 0.85 ** 2, 1);
    expect(named.ring).toBeCloseTo(Math.PI * (0.95 ** 2 - 0.5 ** 2), 1);
    expect(named["half-disc"]).toBeCloseTo((Math.PI * 0.95 ** 2) / 2, 1);
    expect(named.triangle).toBeCloseTo((3 * Math.sqrt(3)) / 4, 1);
    expect(named.square).toBeCloseTo(1.4 ** 2, 1);
    expect(named.cross).toBeCloseTo(2 * 1.9 * 0.6 - 0.6 ** 2, 1);
  });

  it("never change faster than the distance does", () => {
    for (const outline of outlines) {
      const changes = grid.map(([x, y]) => Math.abs(outline(x + 0.01, y) - outline(x, y)));
      expect(Math.max(...changes)).toBeLessThan(0.01 + 1e-9);
    }
  });
});
