/**
 * What libraries of JavaScript compute with, on typed arrays: @stdlib/blas, or loops as somebody would write them by hand.
 *
 *     javascript.js THREADS stdlib|loop sgemm N     [N × N] · [N × N]
 *     javascript.js THREADS loop saxpy|sdot|sgemv N
 */

import stdlib from "@stdlib/blas-base-sgemm";
import { repeat } from "../harness/case.js";
import { numbers } from "../harness/numbers.js";
import { type AnyRunner, serve } from "../harness/serve.js";

const [, library, kind = "", words] = process.argv.slice(2);
const n = Number(words);

function multiply(n: number, a: Float32Array, b: Float32Array, c: Float32Array): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < n; p++) sum += (a[i * n + p] as number) * (b[p * n + j] as number);
      c[i * n + j] = sum;
    }
  }
}

const WORKS: Readonly<Record<string, () => AnyRunner>> = {
  sgemm() {
    const [a, b, c] = [numbers(n * n, 1), numbers(n * n, 2), new Float32Array(n * n)];
    const order = ["row-major", "no-transpose", "no-transpose"] as const;
    const work =
      library === "stdlib" ? () => stdlib(...order, n, n, n, 1, a, n, b, n, 0, c, n) : () => multiply(n, a, b, c);
    return repeat(work, 1, () => c);
  },
  sgemv() {
    const [a, x, y] = [numbers(n * n, 1), numbers(n, 2), new Float32Array(n)];
    const work = () => {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += (a[i * n + j] as number) * (x[j] as number);
        y[i] = sum;
      }
    };
    return repeat(work, 1, () => y);
  },
  saxpy() {
    const [x, y] = [numbers(n, 1), numbers(n, 2)];
    return repeat(() => {
      for (let i = 0; i < n; i++) y[i] = (y[i] as number) + 1e-6 * (x[i] as number);
    });
  },
  sdot() {
    const [x, y, sum] = [numbers(n, 1), numbers(n, 2), new Float32Array(1)];
    const work = () => {
      let total = 0;
      for (let i = 0; i < n; i++) total += (x[i] as number) * (y[i] as number);
      sum[0] = total;
    };
    return repeat(work, 1, () => sum);
  },
};

const prepare = WORKS[kind];
if (prepare === undefined) throw new Error(`javascript: unknown work ${kind}`);
await serve(library ?? "", prepare());
