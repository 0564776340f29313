import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  DataLoader,
  generateDigits,
  imageDataset,
  type LabelledImages,
  loadMnist,
  takeImages,
} from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";
import { compile, getBackend, setBackend, tensor, zeros } from "../../lib/index.js";
import { lenet5 } from "../../lib/models/index.js";
import { accuracy, crossEntropy, type Sequential } from "../../lib/nn/index.js";
import { linearSchedule, SGD } from "../../lib/optim/index.js";
import { evaluate, fit, type History } from "../../lib/train/index.js";

const parameters = (model: Sequential) =>
  Object.values(model.parameters()).reduce((sum, variable) => sum + variable.size, 0);

/** Shape after each layer, without the axis of the batch. */
function shapes(model: Sequential): Record<string, readonly number[]> {
  let x = zeros([2, 1, 28, 28]);
  return Object.fromEntries(
    Object.entries(model.layers).map(([name, layer]) => {
      x = layer.forward(x);
      return [name, x.shape.slice(1)];
    }),
  );
}

/** Batches with about mean 0 and standard deviation 1. */
function loaderOf(images: LabelledImages, batchSize: number, seed?: number): DataLoader<"images" | "labels"> {
  const dataset = imageDataset(images, { normalise: { mean: 0.1307, std: 0.3081 } });
  return new DataLoader(dataset, { batchSize, ...(seed !== undefined && { shuffle: true, seed }) });
}

/** Trains by SGD with momentum and a rate that falls linearly. */
function train(
  model: Sequential,
  images: LabelledImages,
  { epochs, batch, rate }: { readonly epochs: number; readonly batch: number; readonly rate: number },
): Promise<History> {
  const loader = loaderOf(images, batch, 1);
  const schedule = linearSchedule(rate, { steps: epochs * loader.length });
  const optimizer = new SGD(model.parameters(), { learningRate: rate, momentum: 0.9 });
  return fit(model, loader, { loss: crossEntropy, optimizer, schedule, epochs, seed: 1 });
}

describe("lenet5", () => {
  it("has the shapes of the course and 1,256,080 parameters", () => {
    const model = lenet5({ seed: 1 });
    expect(shapes(model)).toMatchObject({
      conv1: [20, 28, 28],
      pool1: [20, 14, 14],
      conv2: [50, 14, 14],
      pool2: [50, 7, 7],
      flatten: [2450],
      fc1: [500],
      fc2: [10],
    });
    expect(parameters(model)).toBe(1_256_080);
    expect(Object.keys(model.parameters())).toEqual(
      ["conv1", "conv2", "fc1", "fc2"].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
    );
  });

  it("has a variant with the proportions of 1998", () => {
    const model = lenet5({ seed: 1, variant: "1998" });
    expect(shapes(model)).toMatchObject({
      conv1: [6, 28, 28],
      pool1: [6, 14, 14],
      conv2: [16, 10, 10],
      pool2: [16, 5, 5],
      flatten: [400],
      fc1: [120],
      fc2: [84],
      fc3: [10],
    });
    // 156 + 2,416 of the convolutions, 30 + 80 of the subsampling, 48,120 + 10,164 + 850 of the linear layers.
    expect(parameters(model)).toBe(61_816);
  });

  it("tells any number of classes apart, in both variants", () => {
    for (const variant of ["modern", "1998"] as const) {
      expect(lenet5({ seed: 1, classes: 3, variant }).forward(zeros([2, 1, 28, 28])).shape).toEqual([2, 3]);
    }
    expect(() => lenet5({ classes: 0 })).toThrow(OptionError);
  });

  it("starts from its seed, every layer with numbers of its own", () => {
    const weights = (seed: number) => lenet5({ seed, variant: "1998" }).parameters()["fc3.weight"]?.toArray();
    expect(weights(5)).toEqual(weights(5));
    expect(weights(5)).not.toEqual(weights(6));
    const { "pool1.bias": a, "conv1.bias": b } = lenet5({ seed: 5, variant: "1998" }).parameters();
    expect(a?.toArray()).not.toEqual(b?.toArray());
  });

  it("learns in the variant of 1998 too, through its six sigmoids", { timeout: 240_000 }, async () => {
    setBackend("auto");
    const model = lenet5({ seed: 1, variant: "1998" });
    const history = await train(model, generateDigits({ count: 6400 }), { epochs: 4, batch: 32, rate: 0.2 });
    const losses = history.column("loss");
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses.at(-1)).toBeLessThan(0.5);
  });

  it("refuses other options", () => {
    expect(() => lenet5({ variant: "1999" as "1998" })).toThrow(OptionError);
    expect(() => lenet5({ sed: 1 } as object)).toThrow('did you mean "seed"?');
    expect(() => lenet5({ seed: 0.5 })).toThrow(OptionError);
  });

  it.each(["reference", "auto"])("learns two images by heart on the %s backend", (backend) => {
    setBackend(backend);
    const digits = generateDigits({ count: 2 });
    const images = tensor(digits.images, { shape: [2, 1, 28, 28] })
      .cast("float32")
      .div(255)
      .sub(0.1307)
      .div(0.3081);
    const labels = tensor(digits.labels);
    const model = lenet5({ seed: 1 });
    const optimizer = new SGD(model.parameters(), { learningRate: 0.02 });
    const step = compile(() => {
      const loss = crossEntropy(model.forward(images), labels);
      loss.backward();
      optimizer.step();
      return loss;
    });
    const losses = Array.from({ length: 15 }, () => step().item());
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses.at(-1)).toBeLessThan(0.2);
  });
});

const dir = process.env.NODEGRAD_DATA_DIR;

describe.skipIf(dir === undefined || !existsSync(dir))("LeNet-5 on MNIST (needs NODEGRAD_DATA_DIR)", () => {
  it("recognises 90 % of 1,000 digits after three passes over 2,000", { timeout: 300_000 }, async () => {
    setBackend("auto");
    // The reference is fifty times slower: it shows that it learns, on less.
    const [count, least] = getBackend().name === "native" ? [2000, 0.9] : [500, 0.65];
    const first = (images: LabelledImages, n: number) =>
      takeImages(
        images,
        Int32Array.from({ length: n }, (_, i) => i),
      );
    const model = lenet5({ seed: 1 });
    await train(model, first(await loadMnist(dir as string), count), { epochs: 3, batch: 64, rate: 0.05 });
    const test = loaderOf(first(await loadMnist(dir as string, { split: "test" }), count / 2), 250);
    const { metrics } = await evaluate(model, test, { loss: crossEntropy, metrics: { accuracy } });
    expect(metrics.accuracy).toBeGreaterThan(least);
  });
});
