import { describe, expect, it } from "vitest";
import { KernelSVM, type KernelSVMOptions, OneVsRest, polynomial, rbf } from "../../lib/classical/index.js";
import { Matrix, solvePositive, toMatrix } from "../../lib/classical/linear-algebra.js";
import { generateDigits, Random } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";
import { tensor } from "../../lib/index.js";

const xor = { x: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y: [0, 1, 1, 0] }; // biome-ignore format: a table

describe("kernels", () => {
  const [a, b] = [tensor([[1, 2], [-3, 1]]), tensor([[0, 1]])]; // biome-ignore format: as rows

  it("are those of the definition", () => {
    const close = (found: unknown, expected: number[]) => {
      for (const [i, [value]] of (found as [number][]).entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
    };
    close(rbf(0.5)(a, b).toArray(), [Math.exp(-1), Math.exp(-4.5)]);
    close(polynomial(3, 1)(a, b).toArray(), [27, 8]);
    close(polynomial(3, 0)(a, tensor([[1, 0]])).toArray(), [1, -27]);
  });

  it("say what is wrong", () => {
    expect(() => rbf(0)).toThrow("rbf: gamma must be a number > 0, got 0");
    expect(() => polynomial(1.5)).toThrow("polynomial: degree must be an integer, got 1.5");
    expect(() => polynomial(2, -1)).toThrow("polynomial: offset must be ≥ 0, got -1");
  });
});

describe("KernelSVM", () => {
  it.each([
    ["radial basis functions", rbf(1)],
    ["polynomials", polynomial(2)],
  ])("solves XOR by %s", (_, kernel) => {
    const model = new KernelSVM({ kernel, cost: 100 }).fit(xor.x, xor.y);
    expect(model.converged).toBe(true);
    expect(model.score(xor.x, xor.y)).toBe(1);
    // All four lie on the margin, at ±1.
    const margins = model.margins(xor.x).dataSync();
    for (const [i, label] of xor.y.entries())
      expect(Math.abs((margins[i] as number) - (2 * label - 1))).toBeLessThan(2e-3);
    expect(model.supportVectors).toBe(4);
  });

  it("finds no line for XOR", () => {
    const model = new KernelSVM({ kernel: polynomial(1) }).fit(xor.x, xor.y);
    expect(model.score(xor.x, xor.y)).toBeLessThanOrEqual(0.75);
  });

  it("meets the conditions of a solution", () => {
    // Noisy halves: examples outside the margin, on it, and beyond it.
    const random = new Random(1);
    const points = Array.from({ length: 120 }, () => [random.uniform(-1, 1), random.uniform(-1, 1)]);
    const labels = points.map(([x, y]) => Number((x as number) + (y as number) + 0.2 * random.bell() > 0));
    const [x, tolerance] = [tensor(points), 1e-3];
    const model = new KernelSVM({ kernel: rbf(0.5), cost: 5, tolerance }).fit(x, labels);
    expect(model.converged).toBe(true);
    const margins = model.margins(x).dataSync();
    const outside = labels.filter((label, i) => (2 * label - 1) * (margins[i] as number) > 1 + tolerance).length;
    // Whatever lies outside the margin is no support vector, and there are some of both.
    expect(model.supportVectors).toBeLessThanOrEqual(120 - outside);
    expect(outside).toBeGreaterThan(10);
    expect(model.score(x, labels)).toBeGreaterThan(0.85);
    const again = new KernelSVM({ kernel: rbf(0.5), cost: 5, tolerance, seed: 7 }).fit(x, labels);
    // The solution is one, whatever the order of the examples.
    for (const [i, margin] of again.margins(x).dataSync().entries())
      expect(Math.abs(margin - (margins[i] as number))).toBeLessThan(0.02);
  });

  it("has the α of a solution", () => {
    const random = new Random(3);
    const points = Array.from({ length: 40 }, () => [random.uniform(-1, 1), random.uniform(-1, 1)]);
    const labels = points.map(([a, b]) => Number((a as number) * (b as number) + 0.1 * random.bell() > 0));
    const [x, kernel, cost] = [tensor(points), rbf(20), 2];
    const model = new KernelSVM({ kernel, cost, tolerance: 1e-5 }).fit(x, labels);
    // Margins are (K + 1)·(α·s), and narrow kernels let that be solved for α.
    const margins = Float64Array.from(model.margins(x).dataSync());
    const solved = solvePositive("test", toMatrix(kernel(x, x).add(1)), Matrix.columnVector(margins)).to1DArray();
    const counts = [0, 0, 0] as [number, number, number];
    for (const [i, label] of labels.entries()) {
      const sign = 2 * label - 1;
      const [alpha, reach] = [sign * (solved[i] as number), sign * (margins[i] as number)];
      // float32 kernels and margins leave α uncertain by less than that.
      const close = 1e-3;
      expect(alpha).toBeGreaterThan(-close);
      expect(alpha).toBeLessThan(cost + close);
      if (alpha < close) expect(reach).toBeGreaterThan(1 - close);
      else if (alpha > cost - close) expect(reach).toBeLessThan(1 + close);
      else expect(Math.abs(reach - 1)).toBeLessThan(close);
      counts[alpha < close ? 0 : alpha > cost - close ? 2 : 1]++;
    }
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(model.supportVectors).toBe(counts[1] + counts[2]);
  });

  it("gives up after as many epochs as it is told", () => {
    const model = new KernelSVM({ kernel: polynomial(1), cost: 1e6, maxEpochs: 3 }).fit(xor.x, xor.y);
    expect(model.converged).toBe(false);
  });

  it("tells digits apart, one against the rest", () => {
    const [train, test] = [generateDigits({ count: 400, size: 14 }), generateDigits({ count: 200, size: 14, seed: 1 })];
    const images = ({ images, count }: typeof train) =>
      tensor(images, { shape: [count, 196] })
        .cast("float32")
        .div(255);
    const model = new OneVsRest(() => new KernelSVM({ kernel: rbf(0.03), cost: 10 })).fit(images(train), train.labels);
    expect(model.score(images(test), test.labels)).toBeGreaterThan(0.85);
  });

  it("says what is wrong", () => {
    const bad = (options: unknown) => () => new KernelSVM(options as KernelSVMOptions);
    expect(bad({ cost: 0 })).toThrow('KernelSVM: option "cost" must be a number > 0, got 0');
    expect(bad({ kernel: "rbf" })).toThrow('option "kernel" must be a function, got "rbf"');
    expect(bad({ maxEpochs: 0 })).toThrow(OptionError);
    expect(bad({ C: 1 })).toThrow(OptionError);
    expect(() => new KernelSVM().predict(xor.x)).toThrow("call fit() first");
  });
});
