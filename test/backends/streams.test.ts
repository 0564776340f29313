/** Results of so many bytes that they are written past the caches: no element is lost, whoever writes its line. */

import { describe, expect, it } from "vitest";
import type { TypedArray } from "../../lib/dtype.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { add, concat, gather, mul, tensor, transpose } from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { jobOf, runOnReference } from "../../lib/testing/job.js";
import { runOnNative } from "./machines.js";
import { requireAddon } from "./native-addon.js";

setBackend("reference");

const counted = (shape: number[]): Tensor => {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 65_521) - 30_000);
  return tensor(data, { shape });
};

// Row by row, since neither operand goes on evenly from one row to the next; rows do not start at lines of the cache.
const rows = counted([4211, 1]);
const columns = counted([1, 1051]);
const cases: readonly (readonly [string, Tensor])[] = [
  ["of one long axis", add(mul(counted([4_400_003]), 2), 1)],
  ["of rows", add(mul(counted([4211, 1051]), rows), columns)],
  ["transposed to rows that start at lines of the cache", transpose(counted([1808, 2011]))],
  ["transposed to rows that do not", transpose(counted([1811, 2011]))],
  [
    "rows picked by index",
    gather(counted([97, 1051]), tensor(Int32Array.from({ length: 4211 }, (_, i) => (31 * i) % 97))),
  ],
  ["rows of parts", concat([counted([1777, 1999]), counted([1777, 2001])], { axis: 1 })],
];

describe.each(requireAddon().addon.targets)("large results on %s", (target) => {
  const jobs = cases.map(([name, result]) => jobOf(name, [result]));
  const outcomes = runOnNative(target, jobs);

  it.each(cases.map(([name], i) => [name, i] as const))("%s", (_, i) => {
    const [expected] = runOnReference(jobs[i] as (typeof jobs)[0]) as [TypedArray];
    const outcome = outcomes[i] as (typeof outcomes)[0];
    const [actual] = outcome.outputs as [TypedArray];
    const allowed = 2 ** -23 * 2 ** 31; // a product below 2³¹ and a sum, rounded once or twice
    expect(expected.findIndex((x, j) => !(Math.abs(Number(x) - Number(actual[j])) <= (i === 1 ? allowed : 0)))).toBe(
      -1,
    );
    expect(outcome.steady).toBe(true);
  });
});
