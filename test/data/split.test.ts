import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateShapes, splitImages, splitIndices, takeImages } from "../../lib/data/index.js";
import { IndexError, OptionError, ShapeError } from "../../lib/errors.js";

describe("splitIndices", () => {
  it("puts every example in one part, each part of the size it should have", () => {
    fc.assert(
      fc.property(
        fc.nat(300),
        fc.nat(),
        fc.constantFrom([0.8, 0.1, 0.1], [1], [0.5, 0.5], [0, 1]),
        (count, seed, shares) => {
          const parts = splitIndices(count, shares, { seed });
          expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual(
            Array.from({ length: count }, (_, i) => i),
          );
          parts.forEach((part, i) => {
            expect(Math.abs(part.length - count * (shares[i] as number))).toBeLessThanOrEqual(1);
          });
        },
      ),
      { seed: 1 },
    );
  });

  it("leaves some out when the shares do not add up to 1", () => {
    expect(splitIndices(100, [0.2, 0.3]).map((part) => part.length)).toEqual([20, 30]);
  });

  it("gives each part its share of every class", () => {
    const labels = Uint8Array.from({ length: 120 }, (_, i) => (i < 100 ? 0 : 1));
    const [train, test] = splitIndices(120, [0.75, 0.25], { stratify: labels }) as [Int32Array, Int32Array];
    const ones = (part: Int32Array) => part.filter((i) => labels[i] === 1).length;
    expect([train.length, ones(train), test.length, ones(test)]).toEqual([90, 15, 30, 5]);
    expect(ones(train.subarray(0, 45))).toBeGreaterThan(0);
  });

  it("depends on the seed alone", () => {
    expect(splitIndices(50, [0.5], { seed: 1 })).toEqual(splitIndices(50, [0.5], { seed: 1 }));
    expect(splitIndices(50, [0.5], { seed: 1 })).not.toEqual(splitIndices(50, [0.5], { seed: 2 }));
  });

  it.each<[number, number[], object]>([
    [10, [0.8, 0.3], {}],
    [10, [], {}],
    [10, [-0.1], {}],
    [10, [Number.NaN], {}],
    [-1, [1], {}],
    [10, [1], { seed: -1 }],
    [10, [1], { sed: 1 }],
  ])("refuses %j, %j, %j", (count, shares, options) => {
    expect(() => splitIndices(count, shares, options)).toThrow(OptionError);
  });

  it("refuses classes of another number of examples", () => {
    expect(() => splitIndices(3, [1], { stratify: Uint8Array.of(0) })).toThrow(ShapeError);
  });
});

describe("splitImages", () => {
  it("takes images with their labels", () => {
    const set = generateShapes({ count: 50, size: 8 });
    const [train, rest] = splitImages(set, [0.8, 0.2], 3);
    expect([train?.count, rest?.count]).toEqual([40, 10]);
    expect([...(rest?.labels ?? [])].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const taken = takeImages(set, Int32Array.of(7, 0));
    expect([...taken.labels]).toEqual([7, 0]);
    expect(taken.images.subarray(0, 192)).toEqual(set.images.subarray(7 * 192, 8 * 192));
    expect(taken).toMatchObject({ count: 2, channels: 3, rows: 8, columns: 8, classes: 10 });
    expect(() => takeImages(set, Int32Array.of(50))).toThrow(IndexError);
  });
});
