/** What the machine can do, and how near to it nodegrad's plainest kernels come. */

import { add, compile, matmul, randomNormal, sum, type Variable, variable } from "nodegrad";
import { type Case, type Group, type Limit, nodegrad, type Runner, repeat } from "../harness/case.js";

/** Of a square matrix product that fits the caches, and whose arithmetic is much more than its traffic. */
const SIDE = 512;
/** Bytes swept over: within a first-level cache, a second, a third, and beyond them. */
const SWEEPS = [32 * 2 ** 10, 2 ** 20, 16 * 2 ** 20, 256 * 2 ** 20];

export const limits: Group = {
  level: "limits",
  name: "limits",
  cases: (threads) =>
    threads.flatMap((count) => [arithmetic(count), ...SWEEPS.flatMap((bytes) => memory(count, bytes))]),
};

function arithmetic(threads: number): Case {
  return {
    name: `arithmetic: matmul ${SIDE}³`,
    threads,
    unit: "product",
    flops: 2 * SIDE ** 3,
    bytes: 3 * 4 * SIDE ** 2,
    limit: "fma",
    quick: true,
    contestants: nodegrad(multiply),
  };
}

function memory(threads: number, bytes: number): Case[] {
  const sweep = (limit: Limit, op: string, start: () => Runner): Case => ({
    name: `${limit} ${formatBytes(bytes)}: ${op}`,
    threads,
    unit: "sweep",
    bytes,
    limit,
    quick: limit === "read",
    contestants: nodegrad(start),
  });
  const floats = bytes / 4;
  return [
    sweep("read", "sum", () => reduce(floats)),
    sweep("copy", "add 1", () => increment(floats / 2)),
    sweep("stream", "add 1", () => increment(floats / 2)),
  ];
}

function multiply(): Runner {
  const [a, b, c] = [1, 2, 3].map((seed) => normal([SIDE, SIDE], seed)) as [Variable, Variable, Variable];
  return repeat(compile(() => c.assign(matmul(a, b))));
}

function reduce(size: number): Runner {
  const [x, total] = [normal([size], 1), variable(0)];
  return repeat(compile(() => total.assign(sum(x))));
}

function increment(size: number): Runner {
  const [x, y] = [normal([size], 1), normal([size], 2)];
  return repeat(compile(() => y.assign(add(x, 1))));
}

function normal(shape: readonly number[], seed: number): Variable {
  return variable(randomNormal(shape, { seed }));
}

function formatBytes(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;
}
