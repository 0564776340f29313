/** Models and data sets that commands put together. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { convertImages } from "../../lib/cli/convert.js";
import { chooseDataset, loadImages, setApart } from "../../lib/cli/datasets.js";
import { openFolder } from "../../lib/cli/folder.js";
import { inputOf, models } from "../../lib/cli/models.js";
import {
  defaultRecipe,
  optimizerOf,
  type Recipe,
  type RecipeOptions,
  recipeOf,
  scheduleOf,
} from "../../lib/cli/recipe.js";
import { normalisationOf } from "../../lib/cli/training.js";
import { decodeImage, encodePng, generateShapes, type ImageFolder, savePng } from "../../lib/data/index.js";
import { variable } from "../../lib/index.js";
import { summary } from "../../lib/nn/index.js";
import { few, Terminal } from "./support.js";

const terminal = new Terminal();
const shapes = generateShapes({ count: 60, size: 16 });

/** Writes the shapes as pictures, each class to a folder of its own; those that `isIn` names. */
async function writeFolder(path: string, isIn: (index: number) => boolean = () => true): Promise<void> {
  const size = 3 * 16 * 16;
  for (let i = 0; i < shapes.count; i++) {
    const label = shapes.labels[i] as number;
    if (label > 2 || !isIn(i)) continue;
    const folder = join(path, shapes.classNames[label] as string);
    mkdirSync(folder, { recursive: true });
    const pixels = shapes.images.subarray(i * size, (i + 1) * size);
    await savePng(join(folder, `${i}.png`), { pixels, channels: 3, rows: 16, columns: 16 });
  }
}

beforeAll(async () => {
  await writeFolder(terminal.path("mixed"));
  await writeFolder(terminal.path("parts/train"), (i) => i < 40);
  await writeFolder(terminal.path("parts/val"), (i) => i >= 40);
  await writeFolder(terminal.path("unlike/train"));
  await writeFolder(terminal.path("unlike/test"), (i) => i % 10 === 0);
});

describe("models", () => {
  it.each(Object.keys(models).filter((name) => !/vgg|alexnet|resnet[35]/.test(name)))(
    "%s takes the images that the table says",
    (name) => {
      const { make, channels, smallest } = models[name] as (typeof models)[string];
      const { rows, columns } = inputOf(name, smallest);
      const layers = summary(make({ classes: 3, seed: 0 }), [channels, rows, columns]).layers;
      expect(layers.at(-1)?.outputShape).toEqual([3]);
    },
  );
});

describe("data sets", () => {
  it("suit the model where nothing is said", () => {
    expect(chooseDataset({}, 1)).toBe("digits");
    expect(chooseDataset({}, 3)).toBe("shapes");
    expect(chooseDataset({ dataDir: "d" }, 1)).toBe("mnist");
    expect(chooseDataset({ dataDir: "d" }, 3)).toBe("cifar10");
    expect(chooseDataset({ dataset: "folder", dataDir: "d" }, 3, "mnist")).toBe("folder");
    expect(chooseDataset({}, 1, "mnist")).toBe("mnist");
    expect(chooseDataset({ dataDir: "d" }, 1, "fashion-mnist")).toBe("fashion-mnist");
    expect(chooseDataset({ dataDir: "d" }, 1, "digits")).toBe("mnist");
  });

  it("become as large and colourful as the model takes them", async () => {
    const grey = convertImages(shapes, { channels: 1, rows: 16, columns: 16 });
    const first = shapes.images.subarray(0, 3 * 256);
    const png = encodePng({ pixels: first, channels: 3, rows: 16, columns: 16 });
    expect(grey.images.subarray(0, 256)).toEqual(decodeImage(png, { channels: 1 }).pixels);
    const again = convertImages(grey, { channels: 3, rows: 32, columns: 32 });
    expect(again.images).toHaveLength(60 * 3 * 32 * 32);
    expect(again.images.subarray(0, 1024)).toEqual(again.images.subarray(2048, 3072));
    expect(convertImages(shapes, shapes)).toBe(shapes);
    expect(await loadImages("digits", "test", { limit: 3 }, inputOf("resnet20"))).toMatchObject({
      count: 3,
      channels: 3,
    });
  });

  it("are normalised by what is learnt from", async () => {
    const { mean, std } = await normalisationOf({ ...shapes, images: shapes.images.map((_, i) => (i % 2) * 255) });
    expect(mean).toEqual([0.5, 0.5, 0.5]);
    expect(std).toEqual([0.5, 0.5, 0.5]);
    expect(await normalisationOf({ ...shapes, images: shapes.images.map(() => 51) })).toEqual({
      mean: [0.2, 0.2, 0.2],
      std: [1, 1, 1],
    });
  });
});

describe("folders", () => {
  const input = { channels: 3, rows: 8, columns: 8 } as const;
  const labelsOf = ({ labels }: ImageFolder) => [0, 1, 2].map((c) => labels.filter((label) => label === c).length);

  it("give a fifth of each class to test on, and no picture to both parts", async () => {
    const [train, test] = await Promise.all([
      openFolder(terminal.path("mixed"), "train", input),
      openFolder(terminal.path("mixed"), "test", input),
    ]);
    expect([labelsOf(train), labelsOf(test)]).toEqual([
      [5, 5, 5],
      [1, 1, 1],
    ]);
    expect(new Set([...train.paths, ...test.paths]).size).toBe(18);
    expect((await openFolder(terminal.path("mixed"), "test", input)).paths).toEqual(test.paths);
    const [kept, apart] = setApart(train, 0.4);
    expect([labelsOf(kept as ImageFolder), labelsOf(apart as ImageFolder)]).toEqual([
      [3, 3, 3],
      [2, 2, 2],
    ]);
  });

  it("may have their own parts", async () => {
    const train = await openFolder(terminal.path("parts"), "train", input);
    expect([train.count, (await openFolder(terminal.path("parts"), "test", input)).count]).toEqual([12, 6]);
    const few = await loadImages("folder", "train", { dataDir: terminal.path("parts"), limit: 3 }, input);
    expect([...few.labels]).toEqual([0, 1, 2]);
    await expect(openFolder(terminal.path("unlike"), "test", input)).rejects.toThrow(
      'data set "folder": train and test have different classes: circle, half-disc, ring and circle',
    );
  });

  it("can be learnt, tested and told", { timeout: 120_000 }, async () => {
    const folder = ["--dataset", "folder", "--data-dir", "parts"];
    const trained = await terminal.json(
      "train",
      "resnet20",
      ...folder,
      "--image-size",
      "8",
      "--workers",
      "1",
      "--flip",
    );
    expect(trained).toMatchObject({
      imageSize: 8,
      classNames: ["circle", "half-disc", "ring"],
      augment: { flip: true },
    });
    const tested = await terminal.json("eval", "resnet20.safetensors", "--data-dir", "parts");
    expect(tested).toMatchObject({ dataset: "folder", testLoss: trained.testLoss });
    expect(await terminal.mistake("eval", "resnet20.safetensors", "--dataset", "shapes")).toMatch(
      /eval: the model knows other classes: circle, half-disc, ring; those of shapes are circle, ring/,
    );
    const pictures = ["parts/val/ring/41.png", "parts/val/circle/40.png"];
    const { predictions } = (await terminal.json("predict", "resnet20.safetensors", ...pictures)) as {
      predictions: { image: string; guesses: { className: string; confidence: number }[] }[];
    };
    expect(predictions.map(({ image }) => image)).toEqual(pictures);
    for (const { guesses } of predictions) {
      expect(guesses.map(({ className }) => className).sort()).toEqual(["circle", "half-disc", "ring"]);
      expect(guesses.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(1, 5);
      expect(guesses[0]?.confidence).toBeGreaterThanOrEqual(guesses[2]?.confidence as number);
    }
    const { code, stdout } = await terminal.run("predict", "resnet20.safetensors", pictures[0] as string, "--top", "1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^image +class +confidence\n[─ ]+\nparts\/val\/ring\/41.png +\S+ +\d+\.\d\d %\n$/);
    expect(await terminal.mistake("predict", "resnet20.safetensors", "no.png")).toMatch(/cannot read file: "no.png"/);
    expect(await terminal.mistake("predict", "resnet20.safetensors", "resnet20.safetensors")).toMatch(
      /decodeImage: neither PNG nor JPEG: "resnet20/,
    );
  });
});

describe("recipes", () => {
  it("have the rate of the model, or of the optimiser", () => {
    const { epochs, batch, optimizer, schedule, warmup, seed } = defaultRecipe;
    const read = (changes: Partial<RecipeOptions>) =>
      recipeOf({ ...{ epochs, batch, optimizer, schedule, warmup, seed }, ...changes }, 0.01);
    expect(read({}).lr).toBe(0.01);
    expect(read({ optimizer: "adamw" }).lr).toBe(0.001);
    expect(read({ lr: 0.3 }).lr).toBe(0.3);
    expect(read({ patience: 2 }).validation).toBe(0.1);
    expect(read({ patience: 2, validation: 0.3 }).validation).toBe(0.3);
    const augment = { cropPadding: 4, flip: true, cutoutSize: 8 };
    expect(read({ crop: 4, flip: true, cutout: 8 }).augment).toEqual(augment);
  });

  it("say the rate of each step", () => {
    const recipe: Recipe = { ...defaultRecipe, lr: 1 };
    const rates = (changes: Partial<Recipe>, steps: number[]) => {
      const schedule = scheduleOf({ ...recipe, ...changes }, 8);
      return steps.map((step) => Number(schedule(step).toFixed(6)));
    };
    expect(rates({}, [0, 4, 8])).toEqual([1, 0.5, 0]);
    expect(rates({ schedule: "cosine" }, [0, 4, 8])).toEqual([1, 0.5, 0]);
    expect(rates({ schedule: "constant" }, [0, 7])).toEqual([1, 1]);
    expect(rates({ schedule: "step" }, [0, 3, 4, 5, 6, 7])).toEqual([1, 1, 0.1, 0.1, 0.01, 0.01]);
    expect(rates({ schedule: "step", warmup: 1 }, [0, 1])).toEqual([0.5, 1]);
    for (const steps of [1, 2]) expect(scheduleOf({ ...recipe, schedule: "step" }, steps)(0)).toBe(1);
  });

  it("make each optimiser", () => {
    for (const optimizer of ["sgd", "adam", "adamw"] as const) {
      const made = optimizerOf({ ...defaultRecipe, lr: 0.5, optimizer, weightDecay: 0.1 }, { w: variable([1]) });
      expect(made.learningRate).toBe(0.5);
      expect(made.constructor.name.toLowerCase()).toBe(optimizer);
    }
  });
});

const dir = process.env.NODEGRAD_DATA_DIR;

describe.skipIf(dir === undefined || !existsSync(dir))("real data (needs NODEGRAD_DATA_DIR)", () => {
  it.each([
    ["lenet5", "mnist"],
    ["resnet20", "cifar10"],
    ["lenet5", "cifar10"],
  ])("is learnt by %s from %s, and tested", { timeout: 120_000 }, async (model, dataset) => {
    const data = ["--dataset", dataset, "--data-dir", dir as string];
    const trained = await terminal.json("train", model, ...data, ...few, "--crop", "2");
    expect(trained).toMatchObject({ dataset, imageSize: model === "lenet5" ? 28 : 32 });
    const tested = await terminal.json("eval", `${model}.safetensors`, "--data-dir", dir as string, "--limit", "100");
    expect(tested).toMatchObject({ dataset, testLoss: trained.testLoss });
  });
});
