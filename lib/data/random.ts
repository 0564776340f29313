/** Random numbers for preparing data on the host: shuffling, augmentation, generated examples. */

import { OptionError, show } from "../errors.js";
import { checkInteger, checkSeed } from "./check.js";

const TWO_32 = 2 ** 32;

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, period at least 2³².
 *
 * Only integer operations and correctly rounded float64 arithmetic are used, so that a seed gives the same
 * numbers on every platform. Each `(seed, stream)` starts from a different state: give every epoch or
 * example a stream of its own and it no longer matters in which order, or how many of them, are made.
 * Not for cryptography.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /**
   * @param seed A non-negative safe integer.
   * @param stream An integer in [0, 2³²) (default 0).
   * @throws {OptionError} for anything else.
   */
  constructor(seed: number, stream = 0) {
    checkSeed("Random", seed);
    checkInteger("Random", "stream", stream, 0, TWO_32 - 1);
    this.a = stream | 0;
    this.b = seed | 0;
    this.c = Math.floor(seed / TWO_32) | 0;
    // The author's warm-up: after 15 rounds every bit of the state depends on every bit of the seed.
    for (let round = 0; round < 15; round++) this.uint32();
  }

  /** An integer in [0, 2³²). */
  uint32(): number {
    const out = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  /**
   * An integer in [0, bound), each equally likely.
   *
   * @param bound An integer in [1, 2³²].
   * @throws {OptionError} for anything else.
   */
  below(bound: number): number {
    checkInteger("Random.below", "bound", bound, 1, TWO_32);
    // Numbers past the last whole multiple of the bound are drawn again: they would favour small results.
    const limit = TWO_32 - (TWO_32 % bound);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % bound;
  }

  /** A number in [low, high), uniform in steps of (high − low) · 2⁻³². @throws {OptionError} unless both are numbers. */
  uniform(low = 0, high = 1): number {
    if (typeof low !== "number" || typeof high !== "number") {
      throw new OptionError(`Random.uniform: bounds must be numbers, got ${show(low)} and ${show(high)}`);
    }
    return low + (high - low) * (this.uint32() / TWO_32);
  }

  /**
   * A bell-shaped number in (−3, 3) with mean 0 and standard deviation 1.
   *
   * The sum of three uniforms in (−1, 1), close to a normal distribution without its logarithm and cosine,
   * whose last bits differ between platforms.
   */
  bell(): number {
    return this.uniform(-1, 1) + this.uniform(-1, 1) + this.uniform(-1, 1);
  }

  /** Shuffles in place: every order is equally likely (Fisher–Yates). @throws {OptionError} for anything else. */
  shuffle(values: Int32Array): void {
    if (!(values instanceof Int32Array)) {
      throw new OptionError(`Random.shuffle: values must be an Int32Array, got ${show(values)}`);
    }
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const moved = values[i] as number;
      values[i] = values[j] as number;
      values[j] = moved;
    }
  }
}

/**
 * A seed of its own for each stream of a seed, so that streams can have streams: `new Random(deriveSeed(seed, epoch),
 * example)`.
 *
 * @param seed A non-negative safe integer.
 * @param stream An integer in [0, 2³²).
 * @returns A non-negative safe integer.
 */
export function deriveSeed(seed: number, stream: number): number {
  const random = new Random(seed, stream);
  return random.uint32() * 2 ** 21 + (random.uint32() >>> 11);
}
