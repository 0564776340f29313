import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LinearDiscriminant, type LinearDiscriminantOptions } from "../../lib/classical/index.js";
import { generateDigits, loadMnist, Random } from "../../lib/data/index.js";
import { softmax, tensor } from "../../lib/index.js";

describe("LinearDiscriminant", () => {
  it("finds the line between two normal classes", () => {
    // Means ±(1, 0), Σ = [[1, 0.8], [0.8, 1]]: Σ⁻¹(μ₁ − μ₀) = (2, −1.6) / 0.36.
    const random = new Random(1);
    const labels = Array.from({ length: 20_000 }, (_, i) => i % 2);
    const points = labels.map((label) => {
      const [a, b] = [random.bell(), random.bell()];
      return [2 * label - 1 + a, 0.8 * a + 0.6 * b];
    });
    const model = new LinearDiscriminant({ shrinkage: 0 }).fit(tensor(points), labels);
    const [origin, right, up] = model.scores(tensor([[0, 0], [1, 0], [0, 1]])).toArray() as [number, number][]; // biome-ignore format: as rows
    const difference = (scores: readonly [number, number] | undefined) => (scores ? scores[1] - scores[0] : NaN);
    // Each a few per cent: the covariance has a standard error of 1/√20000 = 0.7 %, and Σ⁻¹ amplifies it tenfold.
    expect(Math.abs(difference(origin))).toBeLessThan(0.3);
    expect((difference(right) - difference(origin)) / 5.56).toBeCloseTo(1, 1);
    expect((difference(up) - difference(origin)) / -4.44).toBeCloseTo(1, 1);
  });

  it("gives coordinates of variance 1 in which the means are furthest apart first", () => {
    const digits = generateDigits({ count: 1000, size: 14 });
    const model = new LinearDiscriminant({ shrinkage: 0.05 }).fit(digits.images, digits.labels);
    const z = model.transform(digits.images);
    expect(z.shape).toEqual([1000, 9]);
    const rows = z.toArray() as number[][];
    const spread = [...Array(9).keys()].map((j) => {
      const means = [...Array(10).keys()].map(
        (c) => rows.filter((_, i) => digits.labels[i] === c).reduce((sum, row) => sum + (row[j] as number), 0) / 100,
      );
      const within =
        rows.reduce(
          (sum, row, i) => sum + ((row[j] as number) - (means[digits.labels[i] as number] as number)) ** 2,
          0,
        ) / 1000;
      // Shrinking made Σ larger than it is where the data vary little.
      expect(within).toBeGreaterThan(0.3);
      expect(within).toBeLessThan(1.06);
      return means.reduce((sum, mean) => sum + mean ** 2, 0);
    });
    expect([...spread].sort((a, b) => b - a)).toEqual(spread);
  });

  it("is as exact far from 0", () => {
    // Steps of 1/256, and a distance of 2¹³ that float32 holds with them.
    const random = new Random(2);
    const labels = Array.from({ length: 300 }, (_, i) => i % 3);
    const near = labels.map((label) => [0, 1].map((j) => Math.round(256 * (random.bell() + Number(j < label))) / 256));
    const far = near.map((point) => point.map((value) => value + 8192));
    const options = { shrinkage: 0 };
    const [here, there] = [near, far].map((points) => {
      const model = new LinearDiscriminant(options).fit(tensor(points), labels);
      return softmax(model.scores(tensor(points)), { axis: 1 }).dataSync();
    });
    // The mean is off by 2⁻¹¹ at most, which is a part of what all examples and means have in common.
    there?.forEach((share, i) => {
      expect(Math.abs(share - (here?.[i] as number))).toBeLessThan(1e-3);
    });
  });

  it("weighs classes by how many examples they have", () => {
    // Equal means: nothing but the share counts. Class 1 has no example and is never predicted.
    const x = Float32Array.of(-1, 1, -1, 1, -1, 1);
    const model = new LinearDiscriminant().fit(x, [0, 0, 0, 0, 2, 2]);
    expect(model.predict(Float32Array.of(-5, 0, 5)).toArray()).toEqual([0, 0, 0]);
    const [scores] = model.scores(Float32Array.of(0)).toArray() as [number[]];
    expect((scores[0] as number) - (scores[2] as number)).toBeCloseTo(Math.log(2), 5);
    expect(scores[1]).toBe(-Infinity);
  });

  it("recognises generated digits", () => {
    const [train, test] = [
      generateDigits({ count: 2000, size: 14 }),
      generateDigits({ count: 500, size: 14, seed: 1 }),
    ];
    const model = new LinearDiscriminant().fit(train.images, train.labels);
    expect(model.score(test.images, test.labels)).toBeGreaterThan(0.8);
  });

  it("says what is wrong", () => {
    const bad = (options: unknown) => () => new LinearDiscriminant(options as LinearDiscriminantOptions);
    expect(bad({ shrinkage: 1.5 })).toThrow('"shrinkage" must be a number in [0, 1], got 1.5');
    expect(bad({ shrink: 0 })).toThrow('did you mean "shrinkage"?');
    const model = new LinearDiscriminant({ shrinkage: 0 });
    expect(() => model.scores(new Float32Array(2))).toThrow("call fit() first");
    const constant = tensor([[1, 0], [2, 0], [3, 0], [1, 0]]); // biome-ignore format: as rows
    expect(() => model.fit(constant, [0, 1, 1, 0])).toThrow(
      "LinearDiscriminant.fit: the covariance is singular; shrink it more",
    );
  });
});

const dir = process.env.NODEGRAD_DATA_DIR;

describe.skipIf(dir === undefined || !existsSync(dir))("LDA on MNIST (needs NODEGRAD_DATA_DIR)", () => {
  it("recognises at least 86 % with shrinkage", { timeout: 120_000 }, async () => {
    const [train, test] = [await loadMnist(dir as string), await loadMnist(dir as string, { split: "test" })];
    const model = new LinearDiscriminant({ shrinkage: 0.1 }).fit(train.images, train.labels);
    expect(model.score(test.images, test.labels)).toBeGreaterThanOrEqual(0.86);
  });
});
