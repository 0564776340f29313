import { describe, expect, it } from "vitest";
import {
  type AugmentOptions,
  channelStatistics,
  type Dataset,
  generateShapes,
  type ImageDatasetOptions,
  imageDataset,
  type LabelledImages,
  normaliseImages,
} from "../../lib/data/index.js";
import { IndexError, OptionError } from "../../lib/errors.js";
import { tensor, zeros } from "../../lib/index.js";

const names = ["a", "b", "c"];

/** `count` images `[channels, rows, columns]`, of values 1, 2, 3, …, and labels 0, 1, 2, 0, … */
function counting(count: number, channels: number, rows: number, columns: number): LabelledImages {
  const images = Uint8Array.from({ length: count * channels * rows * columns }, (_, i) => 1 + (i % 250));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  return { images, labels, count, channels, rows, columns, classes: 3, classNames: names };
}

/** The arrays of one batch: all examples in order, unless others are named. */
function read(dataset: Dataset<"images" | "labels">, epoch = 0, indices?: number[], seed = 1) {
  const all = Array.from({ length: dataset.length }, (_, i) => i);
  const arrays = dataset.read({ indices: Int32Array.from(indices ?? all), seed, epoch, batch: 0 });
  if (arrays instanceof Promise) throw new Error("expected arrays");
  return arrays;
}

/** Images changed and scaled back to brightness. */
function changed(source: LabelledImages, augment: AugmentOptions, epoch = 0): number[][] {
  const { data } = read(imageDataset(source, { augment }), epoch).images;
  const size = source.channels * source.rows * source.columns;
  const values = Array.from(data, (value) => Math.round(value * 255));
  return Array.from({ length: source.count }, (_, i) => values.slice(i * size, (i + 1) * size));
}

describe("imageDataset", () => {
  it("gives images in [0, 1] and their labels", () => {
    const source = counting(3, 2, 2, 3);
    const { images, labels } = read(imageDataset(source), 0, [2, 0]);
    expect([images.dtype, images.shape]).toEqual(["float32", [2, 2, 2, 3]]);
    expect(images.data).toEqual(
      Float32Array.from([...source.images.slice(24), ...source.images.slice(0, 12)], (v) => v / 255),
    );
    expect(labels).toEqual({ dtype: "int32", shape: [2], data: Int32Array.of(2, 0) });
  });

  it("normalises each channel with its own numbers, to mean 0 and standard deviation 1", () => {
    const source = generateShapes({ count: 20 });
    const statistics = channelStatistics(source);
    const { data } = read(imageDataset(source, { normalise: statistics })).images;
    for (let channel = 0; channel < 3; channel++) {
      const values = Array.from(data).filter((_, i) => Math.floor(i / 1024) % 3 === channel);
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
      // Values below 4, each rounded to float32.
      expect(Math.abs(mean)).toBeLessThan(4 * 2 ** -24 * 2);
      expect(Math.abs(variance - 1)).toBeLessThan(16 * 2 ** -24 * 2);
    }
    const one = { mean: 0.5, std: 0.25 };
    const each = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
    expect(read(imageDataset(source, { normalise: one }))).toEqual(read(imageDataset(source, { normalise: each })));
  });

  it("crops: moves the image by every amount up to the padding, black where it was not", () => {
    const source = counting(400, 1, 3, 4);
    const seen = new Set<string>();
    changed(source, { cropPadding: 2 }).forEach((image, i) => {
      const original = source.images.subarray(i * 12, (i + 1) * 12);
      const moves: string[] = [];
      for (let down = -2; down <= 2; down++) {
        for (let right = -2; right <= 2; right++) {
          const expected = image.map((_, at) => {
            const [row, column] = [Math.floor(at / 4) + down, (at % 4) + right];
            return row >= 0 && row < 3 && column >= 0 && column < 4 ? (original[row * 4 + column] as number) : 0;
          });
          if (expected.every((value, at) => value === image[at])) moves.push(`${down},${right}`);
        }
      }
      expect(moves).toHaveLength(1);
      seen.add(moves[0] as string);
    });
    expect(seen.size).toBe(25);
  });

  it("crops when the padding is larger than the image", () => {
    for (const image of changed(counting(50, 1, 2, 2), { cropPadding: 9, flip: true })) expect(image).toHaveLength(4);
  });

  it("flips half of the images, all channels alike", () => {
    const source = counting(1000, 2, 1, 3);
    let flipped = 0;
    changed(source, { flip: true }).forEach((image, i) => {
      const [a, b, c, d, e, f] = source.images.subarray(i * 6, (i + 1) * 6);
      if (image[0] !== a) flipped++;
      expect([
        [a, b, c, d, e, f],
        [c, b, a, f, e, d],
      ]).toContainEqual(image);
    });
    // Binomial: standard deviation 16; five of them.
    expect(Math.abs(flipped - 500)).toBeLessThan(80);
  });

  it("cuts out a square around any pixel, what of it lies in the image", () => {
    const source = counting(500, 2, 5, 5);
    const boxes = new Set<string>();
    for (const image of changed(source, { cutoutSize: 3 })) {
      const holes = image.flatMap((value, at) => (value === 0 && at < 25 ? [at] : []));
      expect(image.flatMap((value, at) => (value === 0 && at >= 25 ? [at - 25] : []))).toEqual(holes);
      const rows = holes.map((at) => Math.floor(at / 5));
      const columns = holes.map((at) => at % 5);
      const box = [Math.min(...rows), Math.max(...rows), Math.min(...columns), Math.max(...columns)] as const;
      expect(holes).toHaveLength((box[1] - box[0] + 1) * (box[3] - box[2] + 1));
      boxes.add(box.join());
    }
    expect(boxes.size).toBe(25);
    expect(boxes).toContain("0,1,0,1");
    expect(boxes).toContain("1,3,1,3");
    expect(boxes).toContain("3,4,2,4");
  });

  it("cuts out the mean of normalised images", () => {
    const { data } = read(
      imageDataset(counting(1, 1, 4, 4), { normalise: { mean: 0.5, std: 1 }, augment: { cutoutSize: 2 } }),
    ).images;
    expect(Array.from(data).filter((value) => value === 0).length).toBeGreaterThan(0);
  });

  it("hands out brightness as it is stored, changed alike, a hole in the mean", () => {
    const source = generateShapes({ count: 12 });
    const normalise = channelStatistics(source);
    const pair = (augment: AugmentOptions) =>
      (["uint8", "float32"] as const).map((dtype) => read(imageDataset(source, { dtype, normalise, augment }), 3));
    for (const augment of [{}, { cropPadding: 4, flip: true }, { cutoutSize: 9 }]) {
      const [bytes, floats] = pair(augment) as [ReturnType<typeof read>, ReturnType<typeof read>];
      expect(bytes.images.data).toBeInstanceOf(Uint8Array);
      expect(bytes.labels).toEqual(floats.labels);
      const { shape, data } = bytes.images;
      const normalised = normaliseImages(tensor(data, { shape }), normalise).dataSync();
      // The mean itself is half a level off at most, what is rounded to float32 far less.
      const bound = "cutoutSize" in augment ? 0.51 / 255 / Math.min(...normalise.std) : 1e-6;
      normalised.forEach((value, i) => {
        if (!(Math.abs(value - (floats.images.data[i] as number)) <= bound)) expect.fail(`${value} at ${i}`);
      });
    }
    expect(() => imageDataset(source, { dtype: "uint8", augment: { mixupAlpha: 1 } })).toThrow(
      'imageDataset: option "mixupAlpha" needs float32 images, got 1 with uint8',
    );
    expect(() => imageDataset(source, { dtype: "int32" as "uint8" })).toThrow('option "dtype" must be "float32" or');
    expect(() => normaliseImages(tensor([1]), normalise)).toThrow("images must have axes [n, c, h, w], got [1]");
    expect(() => normaliseImages(zeros([1, 2, 3, 3]), normalise)).toThrow("one for each of 2 channels");
  });

  it("mixes images and labels by the same share, with another of the batch", () => {
    const source = counting(6, 1, 1, 2);
    const { images, labels } = read(imageDataset(source, { augment: { mixupAlpha: 1 } }));
    expect(labels).toMatchObject({ dtype: "float32", shape: [6, 3] });
    const shares = Array.from({ length: 6 }, (_, i) => Array.from(labels.data.subarray(i * 3, (i + 1) * 3)));
    const weight = Math.max(...(shares.find((row) => row.every((share) => share < 1)) as number[]));
    let mixed = 0;
    for (let i = 0; i < 6; i++) {
      expect((shares[i] as number[]).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
      const own = source.images[2 * i] as number;
      // The partner's first pixel, from λ or from 1 − λ: one of them is a whole number of an image.
      const partners = [weight, 1 - weight].map((w) => ((images.data[2 * i] as number) * 255 - w * own) / (1 - w));
      expect(partners.some((value) => [1, 3, 5, 7, 9, 11].some((first) => Math.abs(value - first) < 1e-3))).toBe(true);
      if (Math.max(...(shares[i] as number[])) < 1) mixed++;
    }
    expect(mixed).toBeGreaterThan(0);
  });

  it("draws λ from Beta(α, α)", () => {
    const source: LabelledImages = { ...counting(2, 1, 1, 1), images: Uint8Array.of(0, 255) };
    const weights = (alpha: number) => {
      const dataset = imageDataset(source, { augment: { mixupAlpha: alpha } });
      return Array.from({ length: 4000 }, (_, epoch) => read(dataset, epoch).images.data[1] as number).filter(
        (w) => w < 1,
      );
    };
    for (const alpha of [0.3, 1, 3]) {
      const all = weights(alpha);
      const mean = all.reduce((sum, w) => sum + w, 0) / all.length;
      const variance = all.reduce((sum, w) => sum + (w - 0.5) ** 2, 0) / all.length;
      const expected = 1 / (4 * (2 * alpha + 1));
      // About 2000 draws: standard errors below 0.01 of the mean and 0.003 of the variance; five of them.
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
      expect(Math.abs(variance - expected)).toBeLessThan(0.015);
    }
  });

  it("draws for an image what the seed, the epoch and the image decide, not the batch", () => {
    const source = counting(20, 1, 6, 6);
    const dataset = imageDataset(source, { augment: { cropPadding: 2, flip: true, cutoutSize: 2 } });
    const all = read(dataset, 3).images.data;
    const some = read(dataset, 3, [7, 4]).images.data;
    expect(some.slice(0, 36)).toEqual(all.slice(7 * 36, 8 * 36));
    expect(some.slice(36)).toEqual(all.slice(4 * 36, 5 * 36));
    expect(read(dataset, 4).images.data).not.toEqual(all);
    expect(read(dataset, 3, undefined, 2).images.data).not.toEqual(all);
  });

  it("refuses an index without an image", () => {
    expect(() => read(imageDataset(counting(3, 1, 1, 1)), 0, [1, 3])).toThrow(IndexError);
    expect(() => read(imageDataset(counting(3, 1, 1, 1)), 0, [-1])).toThrow("-1 at position 0; expected [0, 3)");
  });

  it.each<[object, RegExp]>([
    [{ normalise: { mean: [1, 2], std: 1 } }, /"mean" must be a finite number, or one for each of 3 channels/],
    [{ normalise: { mean: 0, std: [1, 0, 1] } }, /"std" must be positive, got \[1, 0, 1\]/],
    [{ normalise: { mean: 0, std: Number.NaN } }, /"std"/],
    [{ normalise: { mean: 0 } }, /"std" must be a finite number/],
    [{ normalise: { mean: 0, sd: 1 } }, /unknown option "sd"/],
    [{ augment: { cropPadding: -1 } }, /"cropPadding"/],
    [{ augment: { flip: 1 } }, /"flip" must be true or false/],
    [{ augment: { cutoutSize: 0.5 } }, /"cutoutSize"/],
    [{ augment: { mixupAlpha: 0 } }, /"mixupAlpha" must be a number in \[0.01, 4\], got 0/],
    [{ augment: { mixup: 1 } }, /unknown option "mixup"; known options: cropPadding, flip, cutoutSize, mixupAlpha/],
    [{ augmentation: {} }, /did you mean "augment"/],
  ])("refuses %j", (options, message) => {
    expect(() => imageDataset(counting(1, 3, 1, 1), options as ImageDatasetOptions)).toThrow(OptionError);
    expect(() => imageDataset(counting(1, 3, 1, 1), options as ImageDatasetOptions)).toThrow(message);
  });
});

describe("channelStatistics", () => {
  it("are those of each channel", () => {
    const source = { ...counting(2, 2, 1, 2), images: Uint8Array.of(0, 255, 51, 51, 255, 0, 51, 51) };
    expect(channelStatistics(source)).toEqual({ mean: [0.5, 0.2], std: [0.5, 0] });
  });

  it("need images", () => {
    expect(() => channelStatistics(counting(0, 1, 2, 2))).toThrow(OptionError);
  });
});
