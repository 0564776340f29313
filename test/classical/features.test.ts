import { describe, expect, it } from "vitest";
import { appendCoordinates, polar } from "../../lib/classical/index.js";
import { tensor, zeros } from "../../lib/index.js";

describe("polar", () => {
  it("gives radius and angle", () => {
    const points = tensor([[1, 0], [0, 2], [-3, 0], [3, -4], [0, 0]]); // biome-ignore format: as rows
    const expected = [[1, 0], [2, Math.PI / 2], [3, Math.PI], [5, Math.atan2(-4, 3)], [0, 0]]; // biome-ignore format: as rows
    for (const [i, [r, angle]] of (polar(points).toArray() as [number, number][]).entries()) {
      expect(r).toBeCloseTo(expected[i]?.[0] as number, 6);
      expect(angle).toBeCloseTo(expected[i]?.[1] as number, 6);
    }
    expect(polar(zeros([0, 2])).shape).toEqual([0, 2]);
  });

  it("says what is wrong", () => {
    expect(() => polar(tensor([[1, 2, 3]]))).toThrow("polar: points must be [n, 2], got [1, 3]");
    expect(() => polar([1, 2] as never)).toThrow("polar: points must be a tensor");
  });
});

describe("appendCoordinates", () => {
  it("tells every pixel where it is", () => {
    const images = tensor([[[[5, 6, 7], [8, 9, 10]]]]); // biome-ignore format: as an image
    expect(appendCoordinates(images).toArray()).toEqual([
      [
        [[5, 6, 7], [8, 9, 10]], // biome-ignore format: as an image
        [[0, 0.5, 1], [0, 0.5, 1]], // biome-ignore format: as an image
        [[0, 0, 0], [1, 1, 1]], // biome-ignore format: as an image
      ],
    ]);
    expect(appendCoordinates(zeros([2, 3, 1, 1])).toArray()).toEqual(zeros([2, 5, 1, 1]).toArray());
  });

  it("says what is wrong", () => {
    expect(() => appendCoordinates(tensor([[1]]))).toThrow("images must be [n, c, h, w], got [1, 1]");
    expect(() => appendCoordinates(zeros([1, 1, 2, 2], { dtype: "uint8" }))).toThrow("needs a float tensor, got uint8");
  });
});
