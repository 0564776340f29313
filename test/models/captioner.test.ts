import { describe, expect, it } from "vitest";
import { arrayDataset, captionOf, DataLoader, generateScenes, Vocabulary } from "../../lib/data/index.js";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { compile, randomUniform, type Tensor, tensor } from "../../lib/index.js";
import { Captioner } from "../../lib/models/index.js";
import { Adam } from "../../lib/optim/index.js";
import { fit } from "../../lib/train/index.js";

const vocabulary = new Vocabulary(["a red star", "two blue stars"]);
const images = (count: number, seed = 0) => randomUniform([count, 3, 16, 16], { seed });
const captions = (...texts: string[]) => {
  const { data, shape } = vocabulary.encode(texts, { mark: true });
  return tensor(data, { shape });
};
const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));

describe.each([true, false])("Captioner with attention %s", (attention) => {
  const make = () => new Captioner(vocabulary, { features: 6, hidden: 10, attention, seed: 1 });

  it("learns scenes by heart, from pixels to words", { timeout: 120_000 }, async () => {
    const { images: pixels, scenes } = generateScenes({ count: 8, size: 16, seed: 5 });
    const texts = scenes.map(captionOf);
    const words = new Vocabulary(texts);
    const model = new Captioner(words, { features: 16, hidden: 48, attention, seed: 1 });
    const pictures = {
      dtype: "float32",
      shape: [8, 3, 16, 16],
      data: Float32Array.from(pixels, (v) => v / 255),
    } as const;
    const data = arrayDataset({ images: pictures, captions: words.encode(texts, { mark: true }) });
    const history = await fit<Record<"images" | "captions", Tensor>>(model, new DataLoader(data, { batchSize: 8 }), {
      forward: (batch) => model.forward(batch.images, batch.captions),
      targets: (batch) => batch.captions,
      loss: (scores, targets) => model.loss(scores, targets),
      optimizer: new Adam(model.parameters(), { learningRate: 0.01 }),
      epochs: 120,
    });
    expect(history.rows.at(-1)?.loss).toBeLessThan(0.1);
    expect(model.generate(tensor(pictures.data, { shape: pictures.shape }))).toEqual(texts);
    expect(model.training).toBe(true);
  });

  it("sends gradients to every parameter, down to the first convolution", () => {
    const model = make();
    const parameters = model.parameters();
    expect(Object.keys(parameters)).toContain("encoder.conv1.weight");
    expect(Object.keys(parameters).some((name) => name.startsWith("query"))).toBe(attention);
    const step = compile((x: Tensor, words: Tensor) => {
      model.loss(model.forward(x, words), words).backward();
      return Object.values(parameters).map(({ grad }) => grad as Tensor);
    });
    const gradients = step(images(3), captions("a red star", "two blue stars", "a star"));
    for (const [i, name] of Object.keys(parameters).entries()) {
      expect([name, largest((gradients[i] as Tensor).dataSync()) > 0]).toEqual([name, true]);
    }
  });

  it("scores each word from the words before and the image", () => {
    const model = make().eval();
    const texts = captions("a red star", "two blue stars");
    const scores = model.forward(images(2), texts);
    expect(scores.shape).toEqual([2, 4, vocabulary.size]);
    const other = model.forward(images(2), captions("a red stars", "two blue star"));
    const differences = scores
      .sub(other)
      .abs()
      .max({ axes: [0, 2] })
      .dataSync();
    expect(differences[2]).toBeLessThan(1e-6);
    expect(differences[3]).toBeGreaterThan(1e-4);
    expect(largest(model.forward(images(2, 1), texts).sub(scores).dataSync())).toBeGreaterThan(1e-4);
  });

  it("does not count what stands after the end", () => {
    const model = make().eval();
    const [short, padded] = [captions("a star"), vocabulary.encode(["a star"], { mark: true, length: 9 })];
    const loss = model.loss(model.forward(images(1), short), short).item();
    const same = tensor(padded.data, { shape: padded.shape });
    expect(model.loss(model.forward(images(1), same), same).item()).toBeCloseTo(loss, 5);
  });

  it("writes what forward finds likeliest of the words and the end", () => {
    const model = make();
    const length = 5;
    const written = model.generate(images(3), { maxLength: length });
    expect(model.training).toBe(true);
    model.eval();
    for (const [i, caption] of written.entries()) {
      const { data, shape } = vocabulary.encode([caption], { mark: true });
      const scores = model.forward(images(3).slice([[i, i + 1]]), tensor(data, { shape }));
      const best = scores
        .slice([null, null, [Vocabulary.END]])
        .argMax({ axis: -1 })
        .add(Vocabulary.END)
        .dataSync();
      const count = Math.min(length, data.length - 1);
      expect([...best].slice(0, count)).toEqual([...data].slice(1, 1 + count));
    }
  });

  it("draws by its seed", () => {
    const model = make();
    const bold = (seed: number) => model.generate(images(2), { temperature: 2, seed, maxLength: 12 });
    expect(bold(4)).toEqual(bold(4));
    expect(bold(4)).not.toEqual(bold(5));
    expect(model.generate(images(2), { maxLength: 0 })).toEqual(["", ""]);
  });
});

describe("Captioner", () => {
  it("says what is wrong", () => {
    const model = new Captioner(vocabulary, { hidden: 8 });
    expect(() => new Captioner(["a"] as never)).toThrow('Captioner: vocabulary must be a Vocabulary, got ["a"]');
    expect(() => new Captioner(vocabulary, { hiden: 1 } as object)).toThrow('did you mean "hidden"?');
    expect(() => new Captioner(vocabulary, { attention: 1 as never })).toThrow(OptionError);
    expect(() => model.forward(images(2), captions("a star"))).toThrow(ShapeError);
    expect(() => model.forward(images(2), captions("a star"))).toThrow("captions must be [2, steps ≥ 2], got [1, 4]");
    expect(() => model.generate(images(1), { temperature: -1 })).toThrow("Captioner.generate: option");
    expect(() => model.generate(images(1), { maxLength: -1 })).toThrow(OptionError);
  });
});
