import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type DigitsOptions, generateDigits } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";

function checksum(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("generateDigits", () => {
  // The bytes are part of the contract: tests and examples elsewhere rely on the same images on every platform.
  it.each([
    [{ count: 200, seed: 7 }, "3fbcd74009ac5a9bdaf9d2345ee3c45147774f49c050b01f4423c6e4de1efb81"],
    [{ count: 50, seed: 7, size: 16 }, "c02bb44859a5d4ce3899e55ca8db0ce215c6660f309469cb4099bf2fb8a99dd1"],
  ])("gives the same bytes everywhere for %j", (options, expected) => {
    expect(checksum(generateDigits(options).images)).toBe(expected);
  });

  it("says what it made", () => {
    const { images, labels, ...facts } = generateDigits({ count: 25, size: 20 });
    const classNames = Array.from("0123456789");
    expect(facts).toEqual({ count: 25, channels: 1, rows: 20, columns: 20, classes: 10, classNames });
    expect(images).toHaveLength(25 * 20 * 20);
    expect(labels).toHaveLength(25);
  });

  it("makes every digit equally often", () => {
    const counts = new Array(10).fill(0);
    for (const label of generateDigits({ count: 1000 }).labels) counts[label]++;
    expect(counts).toEqual(new Array(10).fill(100));
  });

  it("extends a smaller set", () => {
    const small = generateDigits({ count: 15, seed: 3 });
    const large = generateDigits({ count: 40, seed: 3 });
    expect(large.images.subarray(0, small.images.length)).toEqual(small.images);
    expect(large.labels.subarray(0, 15)).toEqual(small.labels);
  });

  it("never makes the same image twice, for one seed or another", () => {
    const sums = [0, 1, 2 ** 32].flatMap((seed) => {
      const { images, count } = generateDigits({ count: 500, seed });
      return Array.from({ length: count }, (_, i) => checksum(images.subarray(i * 784, (i + 1) * 784)));
    });
    expect(new Set(sums).size).toBe(1500);
  });

  it("draws white ink on black, centred and inside the image, as MNIST does", () => {
    const { images, count } = generateDigits({ count: 500, seed: 1 });
    let ink = 0;
    for (let i = 0; i < count; i++) {
      const image = images.subarray(i * 784, (i + 1) * 784);
      let [mass, x, y] = [0, 0, 0];
      image.forEach((value, pixel) => {
        mass += value;
        x += value * ((pixel % 28) + 0.5);
        y += value * (Math.floor(pixel / 28) + 0.5);
      });
      ink += mass;
      expect(Math.max(...image)).toBe(255);
      // Shifted by at most 1 pixel; up to 1.5 more because ink overlaps where strokes meet.
      expect(Math.abs(x / mass - 14)).toBeLessThan(2.5);
      expect(Math.abs(y / mass - 14)).toBeLessThan(2.5);
      const corners = [0, 27, 27 * 28, 783].map((pixel) => image[pixel]);
      expect(corners).toEqual([0, 0, 0, 0]);
    }
    // The mean brightness of MNIST is 0.1307.
    expect(ink / images.length / 255).toBeGreaterThan(0.1);
    expect(ink / images.length / 255).toBeLessThan(0.17);
  });

  it("can be told apart, but not without looking closely", () => {
    // The nearest class mean, as simple as a classifier gets, must do far better than chance and err.
    const train = generateDigits({ count: 2000, seed: 1 });
    const test = generateDigits({ count: 500, seed: 2 });
    const means = Array.from({ length: 10 }, () => new Float64Array(784));
    train.images.forEach((value, i) => {
      const digit = means[train.labels[Math.floor(i / 784)] as number] as Float64Array;
      digit[i % 784] = (digit[i % 784] as number) + value / 200;
    });
    let right = 0;
    for (let i = 0; i < test.count; i++) {
      const image = test.images.subarray(i * 784, (i + 1) * 784);
      const distances = means.map((digit) => image.reduce((sum, v, j) => sum + (v - (digit[j] as number)) ** 2, 0));
      if (distances.indexOf(Math.min(...distances)) === test.labels[i]) right++;
    }
    expect(right / test.count).toBeGreaterThan(0.6);
    expect(right / test.count).toBeLessThan(0.95);
  });

  it("makes none when asked for none", () => {
    expect(generateDigits({ count: 0 }).images).toHaveLength(0);
  });

  it.each<[object, RegExp]>([
    [{}, /"count" must be an integer in \[0, 2739137\], got undefined/],
    [{ count: -1 }, /"count"/],
    [{ count: 2 ** 31 }, /"count"/],
    [{ count: 1, size: 7 }, /"size" must be an integer in \[8, 256\], got 7/],
    [{ count: 1, seed: -1 }, /"seed"/],
    [{ count: 1, sed: 1 }, /did you mean "seed"/],
  ])("refuses %j", (options, message) => {
    expect(() => generateDigits(options as DigitsOptions)).toThrow(OptionError);
    expect(() => generateDigits(options as DigitsOptions)).toThrow(message);
  });
});
