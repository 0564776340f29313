/** The errors that docs/numerics.md states, on every instruction set: nothing there is a promise that is not tried here. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { normalCdf as cdf, erf as erfOf, sigmoid as sigmoidOf } from "../../lib/backends/reference/numeric.js";
import type { TypedArray } from "../../lib/dtype.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import * as ng from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { realize } from "../../lib/runtime/realize.js";
import { jobOf, runOnReference } from "../../lib/testing/job.js";
import { runOnNative } from "./machines.js";
import { requireAddon } from "./native-addon.js";

setBackend("reference");

const page = readFileSync(new URL("../../docs/numerics.md", import.meta.url), "utf8");

/** The rows of a table of the page, by their first cell; the first number of each other cell. */
function table(heading: string): Map<string, number[]> {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`)).split("\n## ")[1] as string;
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return new Map(
    rows.map((row) => {
      const [name, ...cells] = row.split("|").slice(1, -1);
      return [(name as string).replace(/[` ]/g, ""), cells.map((cell) => Number.parseFloat(cell))];
    }),
  );
}

const functions: Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]> = {
  sqrt: [ng.sqrt, Math.sqrt],
  exp: [ng.exp, Math.exp],
  expm1: [ng.expm1, Math.expm1],
  log: [ng.log, Math.log],
  log1p: [ng.log1p, Math.log1p],
  sin: [ng.sin, Math.sin],
  cos: [ng.cos, Math.cos],
  tanh: [ng.tanh, Math.tanh],
  sigmoid: [ng.sigmoid, sigmoidOf],
  erf: [ng.erf, erfOf],
  normalCdf: [ng.normalCdf, cdf],
  gelu: [ng.gelu, (x) => x * cdf(x)],
  rsqrt: [ng.rsqrt, (x) => 1 / Math.sqrt(x)],
  pow: [(x) => ng.pow(x, 1.7), (x) => x ** Math.fround(1.7)],
};

/** Every `step`th float32 in the order of its bits, and those between which functions change their ways. */
function* samples(step: number): Generator<Float32Array<ArrayBuffer>> {
  const chunk = 2 ** 22;
  for (let first = 0; first < 2 ** 32; first += step * chunk) {
    const count = Math.min(chunk, Math.ceil((2 ** 32 - first) / step));
    yield new Float32Array(Uint32Array.from({ length: count }, (_, i) => first + i * step).buffer);
  }
  const special = [0, -0, 1, -1, Infinity, -Infinity, Number.NaN, 2 ** -149, 2 ** -126, 3.4e38, 88.72284, -103.97];
  yield Float32Array.from(special.flatMap((x) => [x, x * (1 + 2 ** -23), x * (1 - 2 ** -24)]));
}

/** The distance of a float32 from a value, in units in the last place of the value. */
function ulps(value: number, computed: number): number {
  if (Object.is(Math.fround(value), computed) && !Number.isFinite(computed)) return 0;
  // Beyond the largest number lies 2¹²⁸, which stands for all that is rounded to infinity.
  const clamp = (x: number) => Math.max(-(2 ** 128), Math.min(2 ** 128, x));
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(clamp(value)))));
  const error = Math.abs(clamp(value) - clamp(computed)) / 2 ** (exponent - 23);
  return Number.isNaN(error) ? Infinity : error;
}

/** Where a function is worst, for arguments from −3 on and below. */
function worst(inputs: Float32Array, exact: (x: number) => number, outputs: TypedArray) {
  const found = [
    { error: 0, at: 0 },
    { error: 0, at: 0 },
  ] as const;
  inputs.forEach((x, i) => {
    const value = exact(x);
    const computed = outputs[i] as number;
    const signed = x === 0 && value === 0 && !Object.is(value, computed);
    const error = signed ? Infinity : ulps(value, computed);
    const side = found[x < -3 ? 1 : 0];
    if (error > side.error) Object.assign(side, { error, at: x });
  });
  return found;
}

describe.each(requireAddon().addon.targets)("functions on %s", (target) => {
  const bounds = table("Functions");
  const step = Number(process.env.NODEGRAD_ULP_STEP ?? 16381);

  it("are all there", () => {
    expect([...bounds.keys()].sort()).toEqual(Object.keys(functions).sort());
  });

  for (const inputs of samples(step)) {
    const x = ng.tensor(inputs);
    const entries = Object.entries(functions);
    const outcomes = runOnNative(
      target,
      entries.map(([name, [op]]) => jobOf(name, [op(x)])),
    );
    it.each(entries.map(([name, [, exact]], i) => [name, exact, i] as const))(
      `%s is as exact as stated, for ${inputs.length} arguments from ${inputs[0]}`,
      (name, exact, i) => {
        const found = worst(inputs, exact, outcomes[i]?.outputs[0] as TypedArray);
        const [above, below] = bounds.get(name) as [number, number];
        expect(found[0].error, `at ${found[0].at}`).toBeLessThanOrEqual(above);
        if (name !== "gelu") expect(found[1].error, `at ${found[1].at}`).toBeLessThanOrEqual(below);
        expect(outcomes[i]?.steady).toBe(true);
      },
    );

    it(`gelu below −3 is within the absolute error stated, for ${inputs.length} arguments`, () => {
      const [exact, computed] = [
        functions.gelu?.[1],
        outcomes[entries.findIndex(([name]) => name === "gelu")]?.outputs[0],
      ];
      const errors = inputs.map((x, i) =>
        x < -3 && x !== -Infinity ? Math.abs((exact?.(x) as number) - (computed?.[i] as number)) : 0,
      );
      expect(errors.reduce((a, b) => Math.max(a, b), 0)).toBeLessThanOrEqual(bounds.get("gelu")?.[1] as number);
    });
  }
});

let draws = 0;
function normal(...shape: number[]): Tensor {
  const x = ng.add(ng.randomNormal(shape, { seed: ++draws }), 0.5);
  realize(x);
  return x;
}
const double = (x: Tensor) => ng.cast(x, "float64");

/** A kernel, with the terms its bound counts. `k` is that of the page where it is a number there. */
interface SumCase {
  readonly operands: readonly Tensor[];
  readonly build: (...operands: Tensor[]) => Tensor;
  readonly magnitude: (...operands: Tensor[]) => Tensor;
  readonly k?: number;
}

const sumOfSizes =
  (fn: (...operands: Tensor[]) => Tensor) =>
  (...operands: Tensor[]) =>
    fn(...operands.map((x) => ng.abs(x)));
const sums: Record<string, readonly SumCase[]> = {
  sum: [
    [[1, 300_000], 1],
    [[300_000, 3], 0],
    [[3, 100_000], 1],
    [[2, 5000, 30], 1],
  ].map(([shape, axes]) => ({
    operands: [normal(...(shape as number[]))],
    build: (x) => ng.sum(x, { axes: axes as number }),
    magnitude: sumOfSizes((x) => ng.sum(x, { axes: axes as number })),
  })),
  mean: [{ operands: [normal(100_000)], build: (x) => ng.mean(x), magnitude: sumOfSizes((x) => ng.mean(x)) }],
  matmul: [1, 37, 1000, 4100].map((n) => ({
    operands: [normal(5, n), normal(n, 33)],
    build: ng.matmul,
    magnitude: sumOfSizes(ng.matmul),
    k: n + 1,
  })),
  conv2d: [
    {
      operands: [normal(2, 5, 9, 11), normal(7, 5, 5, 5)],
      build: (x, w) => ng.conv2d(x, w, { padding: 2, accuracy: "strict" }),
      magnitude: sumOfSizes((x, w) => ng.conv2d(x, w, { padding: 2 })),
      k: 5 * 25 + 1,
    },
  ],
  softmax: [3, 1000, 50_000].map((n) => ({
    operands: [normal(3, n)],
    build: (x) => ng.softmax(ng.mul(x, 8)),
    magnitude(x) {
      const z = ng.mul(x, 8);
      return ng.mul(ng.softmax(z), ng.add(1, ng.sub(ng.max(z, { axes: 1, keepDims: true }), z)));
    },
    k: n + 6,
  })),
  variance: [
    [[100_000], 0],
    [[7, 3000], 1],
    [[3000, 70], 0],
    [
      [40, 3, 900],
      [0, 2],
    ],
  ].flatMap(([shape, axes]) =>
    [0, 1000].map((mean) => {
      const variance = (x: Tensor) => ng.moments(x, { axes: axes as number }).variance;
      const x = ng.add(normal(...(shape as number[])), mean);
      realize(x);
      return { operands: [x], build: variance, magnitude: variance };
    }),
  ),
};

describe.each(requireAddon().addon.targets)("sums on %s", (target) => {
  const stated = table("Sums");
  const cases = Object.entries(sums).flatMap(([name, list]) =>
    list.map((one, i) => ({ ...one, name, label: `${name} ${i}` })),
  );
  const jobs = cases.map(({ label, operands, build }) => jobOf(label, [build(...operands)]));
  const outcomes = runOnNative(target, jobs);

  it("are all there", () => {
    expect([...stated.keys()].sort()).toEqual(Object.keys(sums).sort());
  });

  it.each(cases.map((one, i) => [one.label, one, i] as const))("%s is as exact as stated", (label, one, i) => {
    const operands = one.operands.map(double);
    const [exact, magnitude] = runOnReference(jobOf(label, [one.build(...operands), one.magnitude(...operands)]));
    const k = one.k ?? (stated.get(one.name)?.[0] as number);
    const computed = outcomes[i]?.outputs[0] as TypedArray;
    let most = 0;
    for (let j = 0; j < computed.length; j++) {
      const error = Math.abs((computed[j] as number) - (exact?.[j] as number));
      if (error > 0) most = Math.max(most, error / (2 ** -24 * (magnitude?.[j] as number)));
    }
    expect(most).toBeLessThanOrEqual(k);
  });
});
