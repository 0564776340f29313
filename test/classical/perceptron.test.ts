import { describe, expect, it } from "vitest";
import { OneVsRest, Perceptron, type PerceptronOptions } from "../../lib/classical/index.js";
import { generateDigits, Random } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";
import { tensor } from "../../lib/index.js";

/** Points of the square in ±1 that are at least `margin` from the line x + 2y = 0.3, and the side each is on. */
function separable(count: number, margin: number) {
  const random = new Random(1);
  const [points, labels]: [number[][], number[]] = [[], []];
  while (points.length < count) {
    const [x, y] = [random.uniform(-1, 1), random.uniform(-1, 1)];
    const distance = (x + 2 * y - 0.3) / Math.sqrt(5);
    if (Math.abs(distance) < margin) continue;
    points.push([x, y]);
    labels.push(distance > 0 ? 1 : 0);
  }
  return { points: tensor(points), labels };
}

describe("Perceptron", () => {
  it("follows Rosenblatt's rule", () => {
    // Each mistake adds the example, or takes it away; 0 is a mistake, too.
    const model = new Perceptron({ maxEpochs: 1 }).fit(tensor([[1, 2], [3, 1], [1, 0]]), [1, 1, 0]); // biome-ignore format: as rows
    // (1, 2) is added; (3, 1) has 5 + 1 > 0; (1, 0) has 1 + 1 > 0 and is taken away.
    expect(model.weight.toArray()).toEqual([0, 2]);
    expect([model.bias, model.updates, model.converged]).toEqual([0, 2, false]);
  });

  it("separates what can be separated, in as few updates as Novikoff's theorem says", () => {
    const margin = 0.05;
    const { points, labels } = separable(200, margin);
    const model = new Perceptron().fit(points, labels);
    expect(model.converged).toBe(true);
    expect(model.score(points, labels)).toBe(1);
    // With a 1 appended, w = (1, 2, −0.3) separates; ‖w‖² = 5.09; the longest example has 1 + 1 + 1.
    const gamma = (margin * Math.sqrt(5)) / Math.sqrt(5.09);
    expect(model.updates).toBeGreaterThan(1);
    expect(model.updates).toBeLessThanOrEqual(3 / gamma ** 2);
    const margins = model.margins(points).dataSync();
    expect(labels.every((label, i) => (margins[i] as number) > 0 === (label === 1))).toBe(true);
  });

  it("gives up what no line separates", () => {
    const xor = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]); // biome-ignore format: a table
    const model = new Perceptron({ maxEpochs: 50 }).fit(xor, [0, 1, 1, 0]);
    expect(model.converged).toBe(false);
    expect(model.updates).toBeGreaterThanOrEqual(50);
    expect(model.score(xor, [0, 1, 1, 0])).toBeLessThanOrEqual(0.75);
  });

  it("says what is wrong", () => {
    expect(() => new Perceptron({ maxEpochs: 0 })).toThrow(OptionError);
    expect(() => new Perceptron({ epochs: 5 } as PerceptronOptions)).toThrow('did you mean "maxEpochs"?');
    const model = new Perceptron();
    expect(() => model.margins(new Float32Array(2))).toThrow("call fit() first");
    expect(() => model.fit(new Float32Array(3), [0, 1, 2])).toThrow(
      "Perceptron.fit: tells 2 classes apart, got 3; use OneVsRest for more",
    );
  });
});

describe("OneVsRest", () => {
  it("has one perceptron per class: a linear classifier", () => {
    const [train, test] = [
      generateDigits({ count: 1000, size: 14 }),
      generateDigits({ count: 300, size: 14, seed: 1 }),
    ];
    const model = new OneVsRest(() => new Perceptron({ maxEpochs: 20 })).fit(train.images, train.labels);
    expect(model.members).toHaveLength(10);
    expect(model.score(test.images, test.labels)).toBeGreaterThan(0.7);
    const scores = model.scores(test.images);
    expect(scores.shape).toEqual([300, 10]);
    expect(scores.argMax({ axis: 1 }).toArray()).toEqual(model.predict(test.images).toArray());
    const third = model.members[3] as Perceptron;
    expect(scores.slice([null, 3]).toArray()).toEqual(third.margins(test.images).toArray());
  });

  it("says what is wrong", () => {
    expect(() => new OneVsRest(new Perceptron() as never)).toThrow("OneVsRest: needs a function, got Perceptron");
    expect(() => new OneVsRest((() => 1) as never).fit(new Float32Array(2), [0, 1])).toThrow(
      "binary classifiers, got 1",
    );
    expect(() => new OneVsRest(() => new Perceptron()).scores(new Float32Array(2))).toThrow("call fit() first");
  });
});
