import { describe, expect, it } from "vitest";
import { PCA, type PCAOptions } from "../../lib/classical/index.js";
import { generateDigits, Random } from "../../lib/data/index.js";
import { tensor } from "../../lib/index.js";

const digits = generateDigits({ count: 600, size: 14 });
const images = tensor(digits.images, { shape: [600, 1, 14, 14] })
  .cast("float32")
  .div(255);

describe("PCA", () => {
  it("finds the directions and variances of an ellipse", () => {
    // Of standard deviations 3 and 1, turned so that the longer axis is (3, 4) / 5, around (10, −5).
    const random = new Random(1);
    const points = Array.from({ length: 4000 }, () => {
      const [a, b] = [3 * random.bell(), random.bell()];
      return [10 + 0.6 * a - 0.8 * b, -5 + 0.8 * a + 0.6 * b];
    });
    const pca = new PCA({ components: 2 }).fit(tensor(points));
    const [longer] = pca.directions.toArray() as [[number, number]];
    const sign = Math.sign(longer[0]);
    // Standard errors: of the angle 3·1/(9 − 1)/√4000 = 0.006; of a variance below √2/√4000 = 2.2 % of it.
    expect(Math.abs(sign * longer[0] - 0.6)).toBeLessThan(0.03);
    expect(Math.abs(sign * longer[1] - 0.8)).toBeLessThan(0.03);
    expect(Math.abs((pca.variances[0] as number) / 9 - 1)).toBeLessThan(0.1);
    expect(Math.abs((pca.variances[1] as number) - 1)).toBeLessThan(0.1);
    const mean = pca.mean.toArray() as [number, number];
    expect(Math.abs(mean[0] - 10)).toBeLessThan(0.2);
    expect(Math.abs(mean[1] + 5)).toBeLessThan(0.2);
  });

  it("loses less with every component, and nothing with all", () => {
    const errors = [1, 2, 5, 20, 80, 196].map((components) =>
      new PCA({ components }).fit(images).reconstructionError(images),
    );
    for (const [i, error] of errors.slice(1).entries()) expect(error).toBeLessThan(errors[i] as number);
    expect(errors.at(-1)).toBeLessThan(1e-6 * (errors[0] as number));
  });

  it("loses the variances it leaves out", () => {
    const all = new PCA({ components: 196 }).fit(images).variances;
    const pca = new PCA({ components: 30 }).fit(images);
    const left = all.slice(30).reduce((sum, variance) => sum + variance, 0);
    expect(pca.reconstructionError(images) / left).toBeCloseTo(1, 3);
    expect(pca.variances).toEqual(all.slice(0, 30));
    expect([...all].sort((a, b) => b - a)).toEqual(all);
  });

  it("gives coordinates that do not correlate, of the variances it tells", () => {
    const pca = new PCA({ components: 10 }).fit(images);
    const z = pca.transform(digits.images.map((byte) => byte)).shape; // bytes are taken as they are
    expect(z).toEqual([600, 10]);
    const coordinates = pca.transform(images);
    const covariance = coordinates.transpose().matmul(coordinates).div(600).toArray() as number[][];
    const largest = pca.variances[0] as number;
    for (const [i, row] of covariance.entries()) {
      for (const [j, value] of row.entries()) {
        expect(Math.abs(value - (i === j ? (pca.variances[i] as number) : 0))).toBeLessThan(1e-4 * largest);
      }
    }
    const identity = pca.directions.matmul(pca.directions.transpose()).toArray() as number[][];
    for (const [i, row] of identity.entries()) expect(row[i]).toBeCloseTo(1, 5);
  });

  it("says what is wrong", () => {
    expect(() => new PCA({ components: 0 })).toThrow('PCA: option "components" must be an integer');
    expect(() => new PCA({} as PCAOptions)).toThrow("got undefined");
    const pca = new PCA({ components: 3 });
    expect(() => pca.transform(images)).toThrow("PCA: knows nothing yet; call fit() first");
    expect(() => pca.directions).toThrow("call fit() first");
    expect(() => pca.fit(tensor([[1, 2]]))).toThrow("PCA.fit: 3 components of 2 features; expected at most as many");
    expect(() => pca.fit(new Float32Array(6) as never)).toThrow(
      "nothing tells how many examples Float32Array(6) holds",
    );
    pca.fit(images);
    expect(() => pca.reconstruct(tensor([[1, 2]]))).toThrow("PCA.reconstruct: z must be [n, 3], got [1, 2]");
  });
});
