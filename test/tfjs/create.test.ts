/** Random draws and ranges. */

import { describe, expect, it } from "vitest";
import { floats, list, onNodegrad, run, tf } from "./support.js";

onNodegrad();

describe("multinomial", () => {
  const draw = (seed?: number) => list(tf.multinomial(floats([0, 0, 0, 0]) as tf.Tensor1D, 64, seed));

  it("draws the same with the same seed, and something else with another or with none", () => {
    expect(draw(5)).toEqual(draw(5));
    for (const seeds of [
      [1, 2],
      [2, 4],
      [0.25, 0.5],
      [undefined, undefined],
    ]) {
      expect(draw(seeds[0])).not.toEqual(draw(seeds[1]));
    }
  });

  it("draws classes as often as is probable", () => {
    const [share, count] = [[0.1, 0, 0.6, 0.3], 40_000];
    const draws = list(
      run("Multinomial", { logits: floats(share, [1, 4]) }, { numSamples: count, seed: 3, normalized: true }),
    );
    for (const [i, probability] of share.entries()) {
      const found = draws.filter((value) => value === i).length;
      // Five standard deviations.
      expect(Math.abs(found - count * probability)).toBeLessThanOrEqual(
        5 * Math.sqrt(count * probability * (1 - probability)),
      );
    }
  });
});

describe("oneHot", () => {
  it("leaves rows of indices that are out of range cold, in any dtype", () => {
    for (const dtype of ["float32", "int32", "bool"] as const) {
      const hot = tf.oneHot([0, 3, -1, 4], 4, 1, 0, dtype);
      expect([hot.dtype, list(hot)]).toEqual([dtype, [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]]);
    }
  });
});
