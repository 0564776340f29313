/**
 * nodegrad in the place of @stdlib/blas: the same arguments in the same order, so a program changes where it imports from. The
 * program here is a layer of a network on a batch, relu(x · w + b), that is given the library it computes with.
 *
 *     node build-examples/examples/blas-stdlib.js
 */

import stdlib from "@stdlib/blas-base-sgemm";
import { sgemm } from "nodegrad/blas";
import { quick } from "./inputs.js";

type Sgemm = typeof sgemm;

/** The layer: `batch` examples of `inputs` numbers each, to `outputs` numbers. */
function layer(gemm: Sgemm, [batch, inputs, outputs]: readonly [number, number, number]) {
  const random = (length: number) => Float32Array.from({ length }, () => Math.random() - 0.5);
  const [x, w, bias] = [random(batch * inputs), random(inputs * outputs), random(outputs)];
  const y = new Float32Array(batch * outputs);
  return () => {
    for (let i = 0; i < batch; i++) y.set(bias, i * outputs);
    gemm("row-major", "no-transpose", "no-transpose", batch, outputs, inputs, 1, x, inputs, w, outputs, 1, y, outputs);
    for (let i = 0; i < y.length; i++) y[i] = Math.max(y[i] as number, 0);
    return { x, w, bias, y };
  };
}

/** Microseconds of a call: the least of five series. */
function time(run: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let series = 0, calls = 1; series < 5; series++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) run();
    const each = (performance.now() - start) / calls;
    least = Math.min(least, each);
    calls = Math.max(1, Math.round((quick ? 10 : 100) / each));
  }
  return 1000 * least;
}

/** The largest difference of a layer's result to one in float64, relative to the sum of the magnitudes added up. */
function error(gemm: Sgemm, sizes: readonly [number, number, number]): number {
  const { x, w, bias, y } = layer(gemm, sizes)();
  const [, inputs, outputs] = sizes;
  const errors = Array.from(y, (value, at) => {
    const [i, j] = [Math.floor(at / outputs), at % outputs];
    let [sum, magnitude] = [bias[j] as number, Math.abs(bias[j] as number)];
    for (let p = 0; p < inputs; p++) {
      const term = (x[i * inputs + p] as number) * (w[p * outputs + j] as number);
      [sum, magnitude] = [sum + term, magnitude + Math.abs(term)];
    }
    return Math.abs(value - Math.max(sum, 0)) / magnitude;
  });
  return Math.max(...errors);
}

const other = stdlib as unknown as Sgemm;
for (const sizes of [
  [1, 4, 4],
  [8, 16, 16],
  [32, 64, 64],
  [64, 256, 256],
] as const) {
  const [before, after] = [time(layer(other, sizes)), time(layer(sgemm, sizes))];
  const errors = [error(other, sizes), error(sgemm, sizes)].map((value) => value.toExponential(1));
  console.log(
    `${sizes.join(" × ")}: @stdlib/blas ${before.toFixed(2)} µs, nodegrad/blas ${after.toFixed(2)} µs: ` +
      `${(before / after).toFixed(1)} times as fast; errors ${errors.join(" and ")}`,
  );
}
