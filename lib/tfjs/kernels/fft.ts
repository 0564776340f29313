/**
 * Discrete Fourier transforms, as matrix products: a length is cut into factors of at most 64 (Cooley and Tukey 1965), whose
 * transforms are products with small matrices; a large prime becomes a convolution (Bluestein 1970).
 */

import type { FFTInputs } from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, rawKernel } from "../kernel.js";
import { adopt, multiply, type Parts, partsOf } from "./complex.js";

/** Lengths up to which a transform is one product, where the length has factors and where it has none. */
const [MAX_FACTOR, MAX_PRIME] = [64, 512];

/** cos(2πt) and sin(2πt) of quarters of a turn, which rounding would make nearly 0. */
const QUARTERS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** e^(2πi · t / n) for whole t, 0 ≤ t < n. */
function root(t: number, n: number): readonly [real: number, imag: number] {
  if ((4 * t) % n === 0) return QUARTERS[(4 * t) / n] as readonly [number, number];
  const angle = (2 * Math.PI * t) / n;
  return [Math.cos(angle), Math.sin(angle)];
}

/** e^(sign · 2πi · exponent(i) / n), i counting the elements of a shape. */
function roots(shape: readonly number[], n: number, sign: number, exponent: (i: number) => number): Parts {
  const size = shape.reduce((product, length) => product * length, 1);
  const [real, imag] = [new Float32Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i++) {
    const [x, y] = root(exponent(i) % n, n);
    real[i] = x;
    imag[i] = sign * y;
  }
  return { real: ng.tensor(real, { shape }), imag: ng.tensor(imag, { shape }) };
}

/** Roots that transforms of a length need: signals are transformed again and again. */
const tables = new Map<string, Parts>();
const MAX_TABLES = 32;

/** The roots of a name, made once while there are few. */
function table(name: string, make: () => Parts): Parts {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const made = make();
  if (made.real.size > MAX_PRIME ** 2) return made;
  if (tables.size >= MAX_TABLES) tables.clear();
  tables.set(name, made);
  return made;
}

/** The matrix whose product with a row is its transform. */
const matrixOf = (n: number, sign: number): Parts =>
  table(`matrix ${sign * n}`, () => roots([n, n], n, sign, (i) => Math.floor(i / n) * (i % n)));

const mapParts = ({ real, imag }: Parts, map: (part: Tensor) => Tensor): Parts => ({
  real: map(real),
  imag: map(imag),
});

/** Σⱼ x[j] · e^(sign · 2πi · jk / n) for rows `[rows, n]`. */
function transform(x: Parts, sign: number): Parts {
  const [rows, n] = x.real.shape as [number, number];
  const factor = largestFactor(n);
  if (n <= MAX_FACTOR || (factor === 1 && n <= MAX_PRIME)) return product(x, matrixOf(n, sign));
  if (factor === 1) return chirp(x, sign);
  const rest = n / factor;
  // x[rest·i + j] → X[k + factor·l], over i, then over j.
  const columns = mapParts(x, (part) =>
    part
      .reshape([rows, factor, rest])
      .transpose([0, 2, 1])
      .reshape([rows * rest, factor]),
  );
  const inner = mapParts(transform(columns, sign), (part) => part.reshape([rows, rest, factor]));
  const twiddles = table(`twiddles ${sign * n}`, () =>
    roots([rest, factor], n, sign, (i) => Math.floor(i / factor) * (i % factor)),
  );
  const turned = mapParts(multiply(inner, twiddles), (part) =>
    part.transpose([0, 2, 1]).reshape([rows * factor, rest]),
  );
  return mapParts(transform(turned, sign), (part) =>
    part.reshape([rows, factor, rest]).transpose([0, 2, 1]).reshape([rows, n]),
  );
}

/** The largest factor of n up to `MAX_FACTOR`, below n. */
function largestFactor(n: number): number {
  for (let factor = Math.min(MAX_FACTOR, n - 1); factor > 1; factor--) if (n % factor === 0) return factor;
  return 1;
}

function product(x: Parts, matrix: Parts): Parts {
  const { real, imag } = matrix;
  return {
    real: x.real.matmul(real).sub(x.imag.matmul(imag)),
    imag: x.real.matmul(imag).add(x.imag.matmul(real)),
  };
}

/** With jk = (j² + k² − (k − j)²) / 2 the sum is a convolution, and that a product of transforms of a power of two. */
function chirp(x: Parts, sign: number): Parts {
  const [rows, n] = x.real.shape as [number, number];
  const length = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const weights = table(`weights ${sign * n}`, () => roots([n], 2 * n, sign, (i) => (i * i) % (2 * n)));
  const filter = table(`filter ${sign * n}`, () =>
    roots([length], 2 * n, -sign, (i) => Math.min(i, length - i) ** 2 % (2 * n)),
  );
  const padded = mapParts(multiply(x, weights), (part) =>
    part.pad([
      [0, 0],
      [0, length - n],
    ]),
  );
  const spectrum = multiply(
    transform(padded, -1),
    transform(
      mapParts(filter, (part) => part.reshape([1, length])),
      -1,
    ),
  );
  const convolved = mapParts(transform(spectrum, 1), (part) => part.div(length).slice([null, [0, n]]));
  return multiply(
    mapParts(convolved, (part) => part.reshape([rows, n])),
    weights,
  );
}

/** A transform along the last axis; the inverse is divided by its length. */
function fourier(name: string, sign: 1 | -1): Kernel {
  return rawKernel<FFTInputs>(name, ({ input }, _, backend) => {
    const n = input.shape.at(-1) as number;
    const x = partsOf(backend, input);
    if (x.real.size === 0) return adopt(backend, x);
    const rows = mapParts(x, (part) => part.reshape([part.size / n, n]));
    const y = transform(rows, sign);
    return adopt(
      backend,
      mapParts(y, (part) => (sign > 0 ? part.div(n) : part).reshape(input.shape)),
    );
  });
}

export const fftKernels: readonly Kernel[] = [fourier("FFT", -1), fourier("IFFT", 1)];
