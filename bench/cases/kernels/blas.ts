/** Calls of nodegrad/blas on arrays of the caller, from so few elements that the call is all, to many. */

import { saxpy, sdot, sgemm, sgemv } from "nodegrad/blas";
import { type Case, type Group, nodegrad, type Runner, repeat } from "../../harness/case.js";
import { numbers } from "../../harness/numbers.js";
import { type PeerName, peers } from "../peers.js";

export const blas: Group = {
  level: "kernels",
  name: "BLAS on typed arrays",
  cases: () => [
    ...[4, 16, 64, 256].map((n) => single("sgemm", n, 2 * n ** 3, multiply, ["JavaScript loop", "@stdlib/blas"])),
    ...[16, 256].map((n) => single("sgemv", n, 2 * n * n, multiplyVector, ["JavaScript loop"])),
    ...[10, 100, 1000, 100_000].map((n) => single("saxpy", n, 2 * n, addScaled, ["JavaScript loop"])),
    ...[100, 10_000].map((n) => single("sdot", n, 2 * n, dot, ["JavaScript loop"])),
  ],
};

function single(
  routine: string,
  n: number,
  flops: number,
  start: (n: number) => Runner,
  others: readonly PeerName[],
): Case {
  const contestants = [...nodegrad(() => start(n)), ...peers(others, routine, n)];
  return { name: `${routine} ${n}`, unit: "call", threads: 1, flops, contestants };
}

function multiply(n: number): Runner {
  const [a, b, c] = [numbers(n * n, 1), numbers(n * n, 2), new Float32Array(n * n)];
  const work = () => sgemm("row-major", "no-transpose", "no-transpose", n, n, n, 1, a, n, b, n, 0, c, n);
  return repeat(work, 1, () => c);
}

function multiplyVector(n: number): Runner {
  const [a, x, y] = [numbers(n * n, 1), numbers(n, 2), new Float32Array(n)];
  const work = () => sgemv("row-major", "no-transpose", n, n, 1, a, n, x, 1, 0, y, 1);
  return repeat(work, 1, () => y);
}

function addScaled(n: number): Runner {
  const [x, y] = [numbers(n, 1), numbers(n, 2)];
  return repeat(() => saxpy(n, 1e-6, x, 1, y, 1));
}

function dot(n: number): Runner {
  const [x, y, sum] = [numbers(n, 1), numbers(n, 2), new Float32Array(1)];
  const work = () => {
    sum[0] = sdot(n, x, 1, y, 1);
  };
  return repeat(work, 1, () => sum);
}
