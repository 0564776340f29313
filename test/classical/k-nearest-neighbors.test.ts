import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { distances, type Metric, smallest } from "../../lib/classical/distances.js";
import { KNearestNeighbors, type KNearestNeighborsOptions } from "../../lib/classical/index.js";
import { generateDigits, loadMnist, Random } from "../../lib/data/index.js";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { compile, type Tensor, tensor, zeros } from "../../lib/index.js";

/** `[count, features]` uniform numbers. */
function points(count: number, features: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count * features }, () => random.uniform(-1, 1));
}

describe("distances", () => {
  it.each<[Metric, (difference: number) => number]>([
    ["l1", Math.abs],
    ["l2", (difference) => difference ** 2],
  ])("of %s are those of the definition", (metric, term) => {
    const [m, n, d] = [5, 7, 3];
    const [q, x] = [points(m, d, 1), points(n, d, 2)];
    const found = distances(metric, tensor(q, { shape: [m, d] }), tensor(x, { shape: [n, d] })).dataSync();
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let expected = 0;
        for (let k = 0; k < d; k++) expected += term((q[i * d + k] as number) - (x[j * d + k] as number));
        // Some ten roundings of numbers below 3 + 3 + 6, each by 2⁻²⁴ of it.
        expect(Math.abs((found[i * n + j] as number) - expected)).toBeLessThan(10 * 12 * 2 ** -24);
      }
    }
  });

  it.each<Metric>(["l1", "l2"])("of %s take no memory for differences of features", (metric) => {
    const [m, n, d] = [64, 500, 300];
    const between = compile((q: Tensor, x: Tensor) => distances(metric, q, x));
    const { temporaries } = between.memory(
      tensor(points(m, d, 1), { shape: [m, d] }),
      tensor(points(n, d, 2), { shape: [n, d] }),
    );
    expect(temporaries).toBeLessThan((m * n * d * 4) / 10);
  });
});

describe("smallest", () => {
  it("gives positions by value, the first of equal ones first", () => {
    expect([...smallest([3, 1, 2, 1, 5, 0], 4)]).toEqual([5, 1, 3, 2]);
    expect([...smallest([2, 2, 2], 3)]).toEqual([0, 1, 2]);
    expect([...smallest([NaN, 4, Infinity, -1], 2)]).toEqual([3, 1]);
  });
});

describe("KNearestNeighbors", () => {
  const x = Float32Array.of(0, 1, 2, 10, 11);
  const y = [1, 1, 0, 2, 2];

  it("finds the neighbours, nearest first", () => {
    const model = new KNearestNeighbors({ k: 3 }).fit(x, y);
    expect(model.neighbors(Float32Array.of(1.9, 100)).toArray()).toEqual([
      [2, 1, 0],
      [4, 3, 2],
    ]);
    expect([model.features, model.classes]).toEqual([1, 3]);
  });

  it.each([
    [1, [1, 0, 2]],
    [2, [1, 0, 2]], // 1 and 0 have a vote each for 1.6: the smallest class
    [3, [1, 1, 2]],
    [5, [1, 1, 1]], // two votes each for classes 1 and 2
  ])("lets %i of them vote", (k, expected) => {
    const predicted = new KNearestNeighbors({ k }).fit(x, y).predict(Float32Array.of(0.4, 1.6, 10.4));
    expect(predicted.dtype).toBe("int32");
    expect(predicted.toArray()).toEqual(expected);
  });

  it("tells by the metric which is nearer", () => {
    // From the origin: 3 + 0 against 2 + 2; 9 against 8.
    const examples = tensor([
      [3, 0],
      [2, 2],
    ]);
    const nearest = (metric: Metric) =>
      new KNearestNeighbors({ metric })
        .fit(examples, [0, 1])
        .predict(tensor([[0, 0]]))
        .item();
    expect([nearest("l1"), nearest("l2")]).toEqual([0, 1]);
  });

  it.each<Metric>(["l1", "l2"])("knows by %s the examples it has seen, however far from 0 they lie", (metric) => {
    const examples = tensor(points(3000, 4, 3), { shape: [3000, 4] }).add(1000);
    const labels = Int32Array.from({ length: 3000 }, (_, i) => i % 7);
    const model = new KNearestNeighbors({ metric }).fit(examples, labels);
    // More distances than one chunk holds: 3000 · 3000 > 2²³.
    expect(model.score(examples, labels)).toBe(1);
  });

  it("takes more differences than a tensor may have elements", () => {
    const [count, features] = [3000, 300]; // 2²³ distances a chunk: 2.5 · 10⁹ differences
    const model = new KNearestNeighbors({ metric: "l1" }).fit(
      zeros([count, features]),
      Int32Array.from({ length: count }, (_, i) => Number(i > 0)),
    );
    expect(
      model
        .predict(zeros([2800, features]))
        .sum()
        .item(),
    ).toBe(0);
  });

  it("recognises generated digits, given as bytes or as images", () => {
    const [train, test] = [
      generateDigits({ count: 1000, size: 14 }),
      generateDigits({ count: 200, size: 14, seed: 1 }),
    ];
    const model = new KNearestNeighbors({ k: 3 }).fit(train.images, train.labels);
    const score = model.score(test.images, test.labels);
    expect(score).toBeGreaterThan(0.85);
    const images = tensor(test.images, { shape: [200, 1, 14, 14] });
    expect(model.score(images, tensor(test.labels))).toBe(score);
  });

  it("says what is wrong", () => {
    const bad = (options: unknown) => () => new KNearestNeighbors(options as KNearestNeighborsOptions);
    expect(bad({ k: 0 })).toThrow('KNearestNeighbors: option "k" must be an integer in');
    expect(bad({ metric: "l3" })).toThrow('option "metric" must be "l1" or "l2", got "l3"');
    expect(bad({ K: 1 })).toThrow('did you mean "k"?');
    const model = new KNearestNeighbors({ k: 3 });
    expect(() => model.predict(x)).toThrow("KNearestNeighbors: knows nothing yet; call fit() first");
    expect(() => model.fit(x, [1, 2])).toThrow(ShapeError);
    expect(() => model.fit(tensor([1, 2]), [1])).toThrow("KNearestNeighbors.fit: 2 examples but 1 labels: x [2, 1]");
    expect(() => model.fit(Float32Array.of(1, 2), [0, 1])).toThrow("k = 3 of 2 examples");
    expect(() => model.predict(x)).toThrow(OptionError); // what failed has taught nothing
    expect(() => model.fit(x, [0, 1, 2, 3, -1])).toThrow("label -1 at 4; expected an integer ≥ 0");
    expect(() => model.fit([[1]] as never, [0])).toThrow("x must be a tensor [n, …] or a typed array, got Array(1)");
    expect(() => model.fit(new Float32Array(0), [])).toThrow(ShapeError);
    model.fit(new Float32Array(10), [0, 1, 2, 3, 4]);
    expect(() => model.predict(new Float32Array(3))).toThrow("3 elements; expected examples of 2 features");
    expect(() => model.predict(tensor([[1, 2, 3]]))).toThrow("examples have 3 features; expected 2, as in fit");
    expect(() => model.score(new Float32Array(4), [1])).toThrow("KNearestNeighbors.score: 2 examples but 1 labels");
    expect(model.score(new Float32Array(0), [])).toBeNaN();
  });
});

const dir = process.env.NODEGRAD_DATA_DIR;

describe.skipIf(dir === undefined || !existsSync(dir))("k-NN on MNIST (needs NODEGRAD_DATA_DIR)", () => {
  // The course's numbers are of all 10,000 test digits, by all 60,000 examples. This is a tenth of the queries: their
  // standard deviation is √(0.97 · 0.03 / 1000) = 0.0054; three of them. All give 96.91, 96.27, 97.05, 96.82 and 96.88 %.
  it.each([
    [1, 0.969],
    [3, 0.971],
  ])("recognises about 97 of 100 digits, k = %i", async (k, expected) => {
    const [train, test] = [await loadMnist(dir as string), await loadMnist(dir as string, { split: "test" })];
    const count = 1000;
    const model = new KNearestNeighbors({ k }).fit(train.images, train.labels);
    const score = model.score(test.images.subarray(0, count * 784), test.labels.subarray(0, count));
    expect(Math.abs(score - expected)).toBeLessThan(0.0162);
  });
});
