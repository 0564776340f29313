/** Results as the benchmarks give them, without running any. */

import type { Machine } from "../../bench/harness/machine.js";
import type { Result, Times } from "../../bench/harness/result.js";
import type { Summary } from "../../bench/harness/statistics.js";

export function summary(median: number): Summary {
  return { median, min: 0.9 * median, max: 2 * median, spread: 0.05 };
}

/** Of a contestant that reaches a share of the limit. */
export function times(median: number, share?: number, version = "0.1.0"): Times {
  return { version, ...summary(median), share: share === undefined ? undefined : summary(share) };
}

/** A product at half of 100 GFLOP/s, beside a peer that takes twice as long. */
export const product: Result = {
  level: "kernels",
  group: "products",
  case: "64³ & <more>",
  threads: 1,
  unit: "product",
  flops: 1e6,
  bytes: 1e5,
  target: { share: 0.9 },
  nodegrad: times(20e-6, 0.5),
  peers: {
    reference: times(5e-3, 0.002),
    BLAS: times(40e-6, 0.25, "1.2.3"),
    slow: times(80e-6, 0.125, "4"),
  },
  bestPeer: "BLAS",
  limit: "fma",
  limitSeconds: 10e-6,
  ratio: { median: 0.5, min: 0.4, max: 0.6, spread: 0.02 },
  absent: { Torch: "ModuleNotFoundError: No module named 'torch'" },
};

/** A sweep at a quarter of 40 GB/s. */
export const sweep: Result = {
  ...product,
  group: "sweeps",
  case: "copy",
  flops: undefined,
  bytes: 1e6,
  target: { ratio: 0.4 },
  nodegrad: times(100e-6, 0.25),
  limit: "copy",
  limitSeconds: 25e-6,
};

/** Overhead: nothing but nodegrad, which fails here. */
export const broken: Result = {
  ...product,
  level: "overhead",
  group: "overhead",
  case: "call",
  unit: "call",
  flops: undefined,
  bytes: undefined,
  target: { seconds: 1e-6 },
  nodegrad: undefined,
  peers: {},
  bestPeer: undefined,
  limit: undefined,
  limitSeconds: undefined,
  ratio: undefined,
  absent: { nodegrad: "Error: broken" },
};

/** How fast the machine is, for the roofs. */
export const limits: readonly Result[] = [
  { ...product, level: "limits", group: "limits", case: "arithmetic: matmul", peers: {}, absent: {} },
  { ...sweep, level: "limits", group: "limits", case: "read 1 MiB: sum", limit: "read", peers: {}, absent: {} },
];

export const machine: Machine = {
  processor: "Processor",
  processors: 2,
  memoryGiB: 8,
  platform: "linux-x64",
  node: "20.0.0",
  version: "0.1.0",
  commit: "1a2b3c4d5e",
  target: "avx2",
};
