import { describe, expect, it } from "vitest";
import { SoftmaxClassifier, VisualWords, type VisualWordsOptions } from "../../lib/classical/index.js";
import { generateDigits } from "../../lib/data/index.js";
import { concat, type Tensor, tensor, zeros } from "../../lib/index.js";

/** An image of 4 × 4 made of four patches of 2 × 2, each of one brightness. */
function quilt(topLeft: number, topRight: number, bottomLeft: number, bottomRight: number): Tensor {
  const rows = [
    [topLeft, topRight],
    [bottomLeft, bottomRight],
  ].flatMap((row) => [row, row].map((pair) => pair.flatMap((value) => [value, value])));
  return tensor([[rows]]);
}

const options = { shape: [1, 4, 4], patch: 2, stride: 2, words: 2 } as const;
const quilts = concat([quilt(0, 0, 0, 1), quilt(0, 1, 0, 0), quilt(1, 1, 1, 0)]);

describe("VisualWords", () => {
  it("counts words wherever they are", () => {
    const model = new VisualWords(options).fit(quilts);
    const words = model.words;
    expect(words.shape).toEqual([2, 1, 2, 2]);
    const [dark, bright] = (words.slice([null, 0, 0, 0]).toArray() as number[]).map((value) => value === 0) as [
      boolean,
      boolean,
    ];
    expect([dark, bright].sort()).toEqual([false, true]);
    const expected = [[0.75, 0.25], [0.75, 0.25], [0.25, 0.75]]; // biome-ignore format: as rows
    expect(model.transform(quilts).toArray()).toEqual(dark ? expected : expected.map(([a, b]) => [b, a]));
  });

  it("counts them in parts of the image, too, as a spatial pyramid", () => {
    const model = new VisualWords({ ...options, levels: 2 }).fit(quilts);
    const isDarkFirst = model.words.slice([0, 0, 0, 0]).item() === 0;
    const features = model.transform(quilt(0, 0, 0, 1));
    expect(features.shape).toEqual([1, 10]);
    // Both levels weigh ½; each part of the second has one patch, a quarter of all.
    const bags = [[0.375, 0.125], [0.125, 0], [0.125, 0], [0.125, 0], [0, 0.125]]; // biome-ignore format: as rows
    expect(features.toArray()).toEqual([bags.flatMap(([a, b]) => (isDarkFirst ? [a, b] : [b, a]))]);
    expect(model.transform(zeros([0, 16])).shape).toEqual([0, 10]);
  });

  it("has features that add up to 1, at any number of levels", () => {
    const { images, count } = generateDigits({ count: 60, size: 14 });
    const x = tensor(images, { shape: [count, 1, 14, 14] });
    for (const levels of [1, 2, 3]) {
      const features = new VisualWords({ shape: [1, 14, 14], words: 20, patch: 5, levels }).fit(x).transform(x);
      expect(features.shape).toEqual([60, (20 * (4 ** levels - 1)) / 3]);
      for (const sum of features.sum({ axes: 1 }).dataSync()) expect(sum).toBeCloseTo(1, 5);
    }
  });

  it("makes digits linearly separable, better so with a pyramid", () => {
    const load = (count: number, seed: number) => {
      const { images, labels } = generateDigits({ count, size: 14, seed });
      return {
        x: tensor(images, { shape: [count, 1, 14, 14] })
          .cast("float32")
          .div(255),
        labels,
      };
    };
    const [train, test] = [load(1500, 1), load(500, 2)];
    const [bag, pyramid] = [1, 3].map((levels) => {
      const words = new VisualWords({ shape: [1, 14, 14], words: 40, patch: 4, stride: 1, levels }).fit(train.x);
      // Shares are small: steps may be large.
      const model = new SoftmaxClassifier({ learningRate: 10, epochs: 30 }).fit(words.transform(train.x), train.labels);
      return model.score(words.transform(test.x), test.labels);
    }) as [number, number];
    expect(bag).toBeGreaterThan(0.5);
    expect(pyramid).toBeGreaterThan(bag + 0.05);
  });

  it("says what is wrong", () => {
    const bad = (options: unknown) => () => new VisualWords(options as VisualWordsOptions);
    expect(bad({ shape: [28, 28] })).toThrow('option "shape" must be [channels, rows, columns], got [28, 28]');
    expect(bad({ ...options, patch: 5 })).toThrow('"patch" must be an integer in [1, 4], got 5');
    expect(bad({ ...options, level: 2 })).toThrow('did you mean "levels"?');
    expect(bad({ ...options, samples: 1 })).toThrow('"samples"');
    const model = new VisualWords(options);
    expect(() => model.words).toThrow("VisualWords: knows nothing yet; call fit() first");
    expect(() => model.fit(zeros([3, 1, 5, 5]))).toThrow(
      "VisualWords.fit: images have 25 features; expected [1, 4, 4]",
    );
  });
});
