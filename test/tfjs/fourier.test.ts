/** Transforms of every kind of length: products, factors, primes. */

import { describe, expect, it } from "vitest";
import { floats, list, onNodegrad, sample, tf } from "./support.js";

onNodegrad();

const signal = (n: number) => [sample(n, n), sample(n, -n)] as const;

/** Σⱼ x[j] · e^(−2πi·jk/n) by its definition, in double precision, at some k. */
function expected([real, imag]: readonly [Float32Array, Float32Array], k: number): readonly [number, number] {
  const n = real.length;
  let [re, im] = [0, 0];
  for (let j = 0; j < n; j++) {
    const angle = (-2 * Math.PI * ((j * k) % n)) / n;
    const [a, b] = [real[j] as number, imag[j] as number];
    re += a * Math.cos(angle) - b * Math.sin(angle);
    im += a * Math.sin(angle) + b * Math.cos(angle);
  }
  return [re, im];
}

/**
 * How far a transform may be off. Its sums are of the size √n; a rounding error in each of some ten operations an element goes
 * through (products of up to 512 terms, twiddles, and three transforms of up to 4n where n is a large prime) adds up like the
 * sums do, and the worst of all elements is four times the typical one.
 */
const tolerance = (n: number) => 2 ** -24 * Math.sqrt(n) * 40;

const LENGTHS = [...Array.from({ length: 70 }, (_, i) => i + 1), 127, 128, 360, 509, 521, 1000, 1024, 4099, 65536];

describe("fft", () => {
  it.each(LENGTHS)("of %i elements is the discrete Fourier transform, and ifft takes it back", (n) => {
    const x = signal(n);
    const input = tf.complex(floats(x[0]), floats(x[1]));
    const y = tf.fft(input);
    const [re, im] = [list(tf.real(y)), list(tf.imag(y))];
    const far: number[] = [];
    for (let k = 0; k < n; k += Math.max(1, Math.floor(n / 50))) {
      const [a, b] = expected(x, k);
      if (Math.hypot((re[k] as number) - a, (im[k] as number) - b) > tolerance(n)) far.push(k);
    }
    expect(far).toEqual([]);
    const back = tf.ifft(y);
    const error = tf.max(tf.abs(tf.sub(tf.real(back), floats(x[0])))).dataSync()[0] as number;
    expect(error).toBeLessThan(2 ** -24 * 80);
  });

  it("transforms every row, and an empty one to nothing", () => {
    const rows = tf.complex(floats([1, 2, 3, 4], [2, 2]), floats([0, 0, 1, 1], [2, 2]));
    const y = tf.fft(rows);
    expect([y.shape, list(tf.real(y)), list(tf.imag(y))]).toEqual([
      [2, 2],
      [3, -1, 7, -1],
      [0, 0, 2, 0],
    ]);
    expect(tf.fft(tf.complex(floats([], [0, 4]), floats([], [0, 4]))).shape).toEqual([0, 4]);
  });
});
