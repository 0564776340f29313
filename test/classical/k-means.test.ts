import { describe, expect, it } from "vitest";
import { KMeans, type KMeansOptions } from "../../lib/classical/index.js";
import { Random } from "../../lib/data/index.js";
import { tensor } from "../../lib/index.js";

const middles = [
  [0, 0],
  [10, 0],
  [0, 10],
  [10, 10],
] as const;

/** Points around the four corners of a square, by turns. */
function corners(count: number, seed: number) {
  const random = new Random(seed);
  return tensor(
    Array.from({ length: count }, (_, i) => (middles[i % 4] as readonly number[]).map((x) => x + 0.5 * random.bell())),
  );
}

describe("KMeans", () => {
  it.each([0, 1, 2])("finds clusters that lie apart, seed %i", (seed) => {
    const x = corners(400, 1);
    const model = new KMeans({ clusters: 4, seed }).fit(x);
    const centers = model.centers.toArray() as [number, number][];
    for (const [a, b] of middles) {
      // The mean of 100: standard error 0.05 in each direction.
      expect(centers.filter(([x, y]) => Math.hypot(x - a, y - b) < 0.25)).toHaveLength(1);
    }
    const clusters = model.predict(x).dataSync();
    expect(clusters.every((cluster, i) => cluster === clusters[i % 4])).toBe(true);
    expect(new Set(clusters).size).toBe(4);
  });

  it("lowers the inertia with every pass, to that of the means", () => {
    const random = new Random(5);
    const x = tensor(Array.from({ length: 500 }, () => [random.uniform(), random.uniform()]));
    const model = new KMeans({ clusters: 7, tolerance: 0 }).fit(x);
    const inertias = model.inertias;
    expect(inertias.length).toBeGreaterThan(3);
    // Sums of 500 rounded squares.
    for (const [i, inertia] of inertias.slice(1).entries())
      expect(inertia).toBeLessThanOrEqual((inertias[i] as number) * (1 + 1e-5));
    const distances = model.transform(x).toArray() as number[][];
    const total = distances.reduce((sum, row) => sum + Math.min(...row) ** 2, 0);
    expect(total / (inertias.at(-1) as number)).toBeCloseTo(1, 3);
  });

  it("gives distances to all centres, and the nearest", () => {
    const model = new KMeans({ clusters: 4 }).fit(corners(40, 1));
    const distances = model.transform(corners(12, 2));
    expect(distances.shape).toEqual([12, 4]);
    expect(distances.argMin({ axis: 1 }).toArray()).toEqual(model.predict(corners(12, 2)).toArray());
    const [center] = model.centers.toArray() as number[][];
    expect((model.transform(tensor([center as number[]])).toArray() as number[][])[0]?.[0]).toBeLessThan(0.01);
  });

  it("bears examples that are all the same", () => {
    const model = new KMeans({ clusters: 3 }).fit(tensor([[1, 2], [1, 2], [1, 2]])); // biome-ignore format: as rows
    expect(model.centers.toArray()).toEqual([[1, 2], [1, 2], [1, 2]]); // biome-ignore format: as rows
    expect(model.predict(new Float32Array(0)).shape).toEqual([0]);
  });

  it("says what is wrong", () => {
    const bad = (options: unknown) => () => new KMeans(options as KMeansOptions);
    expect(bad({})).toThrow('KMeans: option "clusters" must be an integer');
    expect(bad({ clusters: 2, tolerance: -1 })).toThrow('"tolerance" must be a number ≥ 0, got -1');
    expect(bad({ k: 2 })).toThrow('unknown option "k"');
    expect(() => new KMeans({ clusters: 3 }).fit(tensor([[1], [2]]))).toThrow("KMeans.fit: 3 clusters of 2 examples");
    expect(() => new KMeans({ clusters: 3 }).centers).toThrow("KMeans: knows nothing yet; call fit() first");
  });
});
