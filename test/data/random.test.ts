import { describe, expect, it } from "vitest";
import { Random } from "../../lib/data/index.js";

/** `count` draws of one kind. */
function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("Random", () => {
  // From an independent transcription of sfc32 in integers of any size.
  it.each([
    [1, 0, [1779833415, 2026416846, 1661539736, 2729060721]],
    [2 ** 40 + 5, 3, [1543667071, 2606842679, 4260825604, 744921403]],
  ])("seeded with %i, stream %i, is sfc32 to the bit", (seed, stream, expected) => {
    const random = new Random(seed, stream);
    expect(draw(4, () => random.uint32())).toEqual(expected);
  });

  it("differs for neighbouring seeds and streams", () => {
    const firsts = [];
    for (let seed = 0; seed < 100; seed++) {
      for (let stream = 0; stream < 100; stream++) firsts.push(new Random(seed, stream).uint32());
    }
    // 10⁴ draws from 2³² values collide 0.01 times on average.
    expect(new Set(firsts).size).toBeGreaterThanOrEqual(firsts.length - 1);
  });

  it("draws below a bound, each number equally often", () => {
    const random = new Random(2);
    const counts = new Array(7).fill(0);
    for (const value of draw(70_000, () => random.below(7))) counts[value]++;
    expect(counts).toHaveLength(7);
    // Binomial: 10,000 expected, standard deviation 93; five of them.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(465);
  });

  it("draws below bounds at the ends of the range", () => {
    const random = new Random(3);
    expect(draw(5, () => random.below(1))).toEqual([0, 0, 0, 0, 0]);
    const same = new Random(4);
    const copy = new Random(4);
    expect(draw(5, () => same.below(2 ** 32))).toEqual(draw(5, () => copy.uint32()));
  });

  it("does not favour small numbers when the bound does not divide 2³²", () => {
    const random = new Random(5);
    const bound = 3 * 2 ** 30;
    const low = draw(30_000, () => random.below(bound)).filter((value) => value < 2 ** 30).length;
    // Without rejection half would be below a third of the bound. Standard deviation 82; five of them.
    expect(Math.abs(low - 10_000)).toBeLessThan(410);
  });

  it("draws uniform numbers within their range", () => {
    const random = new Random(6);
    const values = draw(10_000, () => random.uniform(-2, 4));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...values)).toBeLessThan(4);
    // Standard error of the mean: 6 / √12 / 100 = 0.017; five of them.
    expect(Math.abs(mean(values) - 1)).toBeLessThan(0.087);
  });

  it("draws bell-shaped numbers of mean 0 and variance 1", () => {
    const random = new Random(7);
    const values = draw(10_000, () => random.bell());
    // Standard errors: 0.01 of the mean, below √2 / 100 of the variance (kurtosis under 3); five of them.
    expect(Math.abs(mean(values))).toBeLessThan(0.05);
    expect(Math.abs(mean(values.map((value) => value * value)) - 1)).toBeLessThan(0.071);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(3);
  });

  it("shuffles to every order equally often", () => {
    const counts = new Map<string, number>();
    const random = new Random(8);
    for (let i = 0; i < 24_000; i++) {
      const values = Int32Array.of(0, 1, 2, 3);
      random.shuffle(values);
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 1,000 expected of each order, standard deviation 31; five of them.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(155);
  });
});
