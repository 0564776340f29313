import { describe, expect, it } from "vitest";
import { LinearRegression, type LinearRegressionOptions } from "../../lib/classical/index.js";
import { Random } from "../../lib/data/index.js";
import { tensor } from "../../lib/index.js";

/** The points of the course, and the same with outliers. */
const plain = { x: Float64Array.of(10, 2, 3.5, 1), y: [10.1, 1.9, 3.4, 1.1] };
const outliers = { x: Float64Array.of(...plain.x, 2, 4, 5, 0.6), y: [...plain.y, 20.1, 13.1, 2.4, 0.1] };

describe("LinearRegression of y = wx", () => {
  const slope = (options: LinearRegressionOptions, { x, y }: typeof plain) =>
    new LinearRegression({ bias: false, ...options }).fit(x, y).weight[0] as number;

  it("by least squares gives the course's numbers: outliers move it", () => {
    expect(slope({ loss: "l2" }, plain)).toBeCloseTo(1.0047, 4);
    expect(slope({ loss: "l2" }, outliers)).toBeCloseTo(1.3681, 4);
  });

  it("by least absolute deviations gives the course's numbers: outliers do not", () => {
    expect(slope({ loss: "l1" }, plain)).toBeCloseTo(1.01, 12);
    expect(slope({ loss: "l1" }, outliers)).toBeCloseTo(1.01, 12);
  });

  it.each(["l1", "l2"] as const)("by %s is what gradient descent finds, to 1e-4", (loss) => {
    for (const points of [plain, outliers]) {
      // Full batches. L1's slope does not fall towards the minimum: the last steps are 0.02 / 1500 · mean|x| = 6e-5 and less.
      const found = slope({ loss, solver: "descent", epochs: 1500, learningRate: 0.02 }, points);
      expect(Math.abs(found - slope({ loss }, points))).toBeLessThan(1e-4);
    }
  });
});

describe("LinearRegression", () => {
  /** y = 2a − 3b + 0.5, and noise. */
  const random = new Random(1);
  const rows = Array.from({ length: 50 }, () => [random.uniform(-1, 1), random.uniform(-1, 1)] as const);
  const exact = rows.map(([a, b]) => 2 * a - 3 * b + 0.5);
  const noisy = exact.map((y) => y + random.uniform(-0.1, 0.1));
  const x = tensor(rows.map(([a, b]) => [a, b]));

  it("finds several weights and a bias", () => {
    const model = new LinearRegression().fit(x, exact);
    expect(model.weight[0]).toBeCloseTo(2, 6);
    expect(model.weight[1]).toBeCloseTo(-3, 6);
    expect(model.bias).toBeCloseTo(0.5, 6);
    expect(model.score(x, exact)).toBeCloseTo(1, 6);
    const ten = model.predict(tensor([[1, 1], [0, 0]])).toArray() as number[]; // biome-ignore format: as rows
    expect(ten[0]).toBeCloseTo(-0.5, 5);
    expect(ten[1]).toBeCloseTo(0.5, 5);
  });

  it("leaves residuals that no weight explains", () => {
    const model = new LinearRegression().fit(x, noisy);
    const predicted = model.predict(x).dataSync();
    const residuals = noisy.map((y, i) => y - (predicted[i] as number));
    for (const column of [0, 1] as const) {
      const product = residuals.reduce((sum, residual, i) => sum + residual * (rows[i]?.[column] as number), 0);
      expect(Math.abs(product)).toBeLessThan(1e-5);
    }
    expect(model.score(x, noisy)).toBeGreaterThan(0.99);
    expect(model.score(x, noisy)).toBeLessThan(1);
    // As good as always the mean, and worse.
    const flat = new LinearRegression().fit(x, new Array(50).fill(1));
    expect(flat.score(x, noisy)).toBeLessThan(0);
  });

  it.each(["l1", "l2"] as const)("descends to about the same by %s", (loss) => {
    const options = { loss, solver: "descent", epochs: 400, batchSize: 10, learningRate: 0.1 } as const;
    const model = new LinearRegression(options).fit(x, exact);
    for (const [i, weight] of [2, -3].entries())
      expect(Math.abs((model.weight[i] as number) - weight)).toBeLessThan(1e-3);
    expect(Math.abs(model.bias - 0.5)).toBeLessThan(1e-3);
  });

  it("takes the shortest of many solutions", () => {
    const twice = tensor([[1, 1], [2, 2], [3, 3]]); // biome-ignore format: as rows
    const model = new LinearRegression({ bias: false }).fit(twice, [2, 4, 6]);
    expect(model.weight[0]).toBeCloseTo(1, 10);
    expect(model.weight[1]).toBeCloseTo(1, 10);
    const few = new LinearRegression({ bias: false }).fit(tensor([[3, 4]]), [25]);
    expect(few.weight[0]).toBeCloseTo(3, 10);
    expect(few.weight[1]).toBeCloseTo(4, 10);
  });

  it("says what is wrong", () => {
    const bad = (options: unknown) => () => new LinearRegression(options as LinearRegressionOptions);
    expect(bad({ loss: "l3" })).toThrow('option "loss" must be "l1" or "l2", got "l3"');
    expect(bad({ solver: "newton" })).toThrow('"solver" must be "exact" or "descent"');
    expect(bad({ bias: 0 })).toThrow('"bias" must be true or false');
    expect(bad({ epochs: 0 })).toThrow('"epochs" must be an integer');
    expect(bad({ learningRate: -1 })).toThrow('LinearRegression: option "learningRate" must be a number ≥ 0, got -1');
    expect(() => new LinearRegression({ loss: "l1" }).fit(x, exact)).toThrow(
      "no closed form of L1 with 2 features and a bias",
    );
    expect(() => new LinearRegression().fit(x, [1])).toThrow("50 examples but 1 labels");
    expect(() => new LinearRegression().fit(Float32Array.of(1, 2), [1, NaN])).toThrow(
      "y[1] must be a finite number, got NaN",
    );
    expect(() => new LinearRegression().predict(x)).toThrow("call fit() first");
  });
});
