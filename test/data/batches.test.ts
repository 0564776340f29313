import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchesOptions, batches, gatherImages, gatherLabels, gatherPixels } from "../../lib/data/index.js";
import { IndexError, OptionError, ShapeError } from "../../lib/errors.js";

/** The batches as plain arrays. */
function list(options: BatchesOptions): number[][] {
  return [...batches(options)].map((batch) => [...batch]);
}

describe("batches", () => {
  it("take the examples in order, the last batch may be smaller", () => {
    expect(list({ count: 5, batchSize: 2 })).toEqual([[0, 1], [2, 3], [4]]);
    expect(list({ count: 5, batchSize: 2, dropLast: true })).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(list({ count: 2, batchSize: 5 })).toEqual([[0, 1]]);
    expect(list({ count: 2, batchSize: 5, dropLast: true })).toEqual([]);
    expect(list({ count: 0, batchSize: 5 })).toEqual([]);
  });

  it("hold every example once", () => {
    const options = fc.record({
      count: fc.nat(200),
      batchSize: fc.integer({ min: 1, max: 50 }),
      shuffle: fc.boolean(),
      seed: fc.nat(),
      epoch: fc.nat(),
    });
    fc.assert(
      fc.property(options, (given) => {
        const all = list(given);
        expect(batches(given)).toHaveLength(all.length);
        expect(all.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: given.count }, (_, i) => i));
        expect(all.slice(0, -1).every((batch) => batch.length === given.batchSize)).toBe(true);
        const whole = all.filter((batch) => batch.length === given.batchSize);
        expect(list({ ...given, dropLast: true })).toEqual(whole);
      }),
      { seed: 1 },
    );
  });

  it("come in an order that the seed and the epoch decide, on every platform", () => {
    const options = { count: 10, batchSize: 4, shuffle: true, seed: 3 };
    expect(list(options)).toEqual([
      [7, 4, 0, 5],
      [3, 9, 1, 6],
      [8, 2],
    ]);
    expect(list({ ...options, epoch: 1 })).not.toEqual(list(options));
    expect(list({ ...options, seed: 4 })).not.toEqual(list(options));
  });

  it("can be iterated again, and changed by the caller", () => {
    const epoch = batches({ count: 10, batchSize: 4, shuffle: true });
    const before = [...epoch].map((batch) => [...batch]);
    for (const batch of epoch) batch.fill(-1);
    expect([...epoch].map((batch) => [...batch])).toEqual(before);
  });

  it.each<[object, RegExp]>([
    [{ count: 5 }, /"batchSize" must be an integer in \[1, 2147483647\], got undefined/],
    [{ count: 5, batchSize: 0 }, /"batchSize"/],
    [{ count: -1, batchSize: 1 }, /"count"/],
    [{ count: 5, batchSize: 1, seed: 0.5 }, /"seed" must be a non-negative safe integer, got 0.5/],
    [{ count: 5, batchSize: 1, epoch: -1 }, /"epoch"/],
    [{ count: 5, batchSize: 1, shuffle: 1 }, /"shuffle" must be true or false, got 1/],
    [{ count: 5, batchSize: 1, dropLast: "no" }, /"dropLast"/],
    [{ count: 5, batchsize: 1 }, /unknown option "batchsize"; did you mean "batchSize"/],
  ])("refuse %j at once", (options, message) => {
    expect(() => batches(options as BatchesOptions)).toThrow(OptionError);
    expect(() => batches(options as BatchesOptions)).toThrow(message);
  });
});

describe("gatherImages", () => {
  const images = Uint8Array.of(0, 51, 102, 153, 204, 255);

  it("copies images by index, scaled to [0, 1]", () => {
    const out = new Float32Array(6);
    gatherImages(images, Int32Array.of(2, 0, 2), out);
    expect(out).toEqual(Float32Array.of(0.8, 1, 0, 0.2, 0.8, 1));
  });

  it("normalises: (v · scale − mean) / std, rounded once to float32", () => {
    const out = new Float32Array(2);
    gatherImages(images, Int32Array.of(1), out, { mean: 0.1307, std: 0.3081 });
    expect(out).toEqual(Float32Array.of((102 / 255 - 0.1307) / 0.3081, (153 / 255 - 0.1307) / 0.3081));
    gatherImages(images, Int32Array.of(1), out, { scale: 2, mean: 4, std: 100 });
    expect(out).toEqual(Float32Array.of(2, 3.02));
  });

  it("accepts an empty batch", () => {
    expect(() => gatherImages(images, new Int32Array(0), new Float32Array(0))).not.toThrow();
  });

  it.each([
    ["out that is no whole number of images", [0, 1], 5],
    ["images that are no whole number of images", [0], 4],
    ["an empty out", [0], 0],
    ["an out for no images", [], 2],
  ])("refuses %s", (_, indices, length) => {
    const gather = () => gatherImages(images, Int32Array.from(indices), new Float32Array(length));
    expect(gather).toThrow(ShapeError);
    expect(gather).toThrow(/^gatherImages: out does not hold the batch/);
  });

  it.each([-1, 3])("refuses index %i, and leaves out as it was", (index) => {
    const out = new Float32Array(4).fill(9);
    expect(() => gatherImages(images, Int32Array.of(0, index), out)).toThrow(IndexError);
    expect(() => gatherImages(images, Int32Array.of(0, index), out)).toThrow(`${index} at position 1; expected [0, 3)`);
    expect(out).toEqual(new Float32Array(4).fill(9));
  });

  it.each([{ std: 0 }, { std: -1 }, { std: Number.NaN }, { mean: Infinity }, { scale: "1" }, { variance: 1 }])(
    "refuses %j",
    (options) => {
      const gather = () => gatherImages(images, Int32Array.of(0), new Float32Array(2), options as { std: number });
      expect(gather).toThrow(OptionError);
    },
  );
});

describe("gatherLabels", () => {
  it("takes labels by index", () => {
    expect(gatherLabels(Uint8Array.of(5, 6, 7), Int32Array.of(2, 2, 0))).toEqual(Int32Array.of(7, 7, 5));
  });

  it.each([-1, 3])("refuses index %i", (index) => {
    expect(() => gatherLabels(Uint8Array.of(5, 6, 7), Int32Array.of(0, index))).toThrow(IndexError);
  });
});

describe("gatherPixels", () => {
  const images = Uint8Array.of(1, 2, 3, 4, 5, 6);

  it("copies images as they are", () => {
    const out = new Uint8Array(6);
    gatherPixels(images, Int32Array.of(2, 0, 2), out);
    expect([...out]).toEqual([5, 6, 1, 2, 5, 6]);
    gatherPixels(images, new Int32Array(0), new Uint8Array(0));
  });

  it("refuses images that do not exist and batches that do not fit", () => {
    expect(() => gatherPixels(images, Int32Array.of(0, 3), new Uint8Array(4))).toThrow(IndexError);
    expect(() => gatherPixels(images, Int32Array.of(0, -1), new Uint8Array(4))).toThrow(IndexError);
    expect(() => gatherPixels(images, Int32Array.of(0, 1), new Uint8Array(3))).toThrow(ShapeError);
    expect(() => gatherPixels(images, Int32Array.of(0), new Uint8Array(4))).toThrow(ShapeError);
  });
});
