/** Large and odd shapes against the `cpu` backend, with the same bits on one thread and on two; and chains of random kernels. */

import * as tf from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { getNumThreads, setNumThreads } from "../../lib/index.js";
import { type Case, checkSame, make, run, UNIT, use } from "./fuzz/differential.js";
import { Draw, type Given } from "./fuzz/draw.js";

const threads = getNumThreads();
afterAll(() => setNumThreads(threads));

const [{ draw }] = fc.sample(
  fc.gen().map((gen) => ({ draw: new Draw(gen) })),
  { numRuns: 1, seed: 3 },
) as [{ draw: Draw }];

const large = [1031, 977];
const image = draw.tensor([1, 65, 67, 17]);
const filter = draw.tensor([3, 3, 17, 13]);
const convolution = { strides: [1, 1], pad: "same", dataFormat: "NHWC", dilations: [1, 1] };
const cases: readonly (readonly [kernel: string, one: Case])[] = [
  ["Add", { inputs: { a: draw.tensor(large), b: draw.tensor([977]) }, tolerance: { ulps: 1 } }],
  ["Tanh", { inputs: { x: draw.tensor(large) }, tolerance: { ulps: 2 } }],
  ["Transpose", { inputs: { x: draw.tensor(large, "int32", "any") }, attributes: { perm: [1, 0] } }],
  ["Sum", { inputs: { x: draw.tensor(large) }, attributes: { axis: [1], keepDims: false }, tolerance: { sums: 140 } }],
  [
    "Softmax",
    // Of logits in [−2, 2): see docs/numerics.md.
    {
      inputs: { logits: draw.tensor(large) },
      attributes: { dim: 1 },
      tolerance: { ulps: 2 * (977 + 6) * 5 },
    },
  ],
  [
    "BatchMatMul",
    {
      inputs: { a: draw.tensor([1, 257, 511]), b: draw.tensor([1, 511, 129]) },
      attributes: { transposeA: false, transposeB: false },
      tolerance: { sums: 1 },
    },
  ],
  // A fast convolution: ten times the 3 · 3 · 17 + 45 roundings of terms of at most 4.
  [
    "Conv2D",
    {
      inputs: { x: image, filter },
      attributes: convolution,
      tolerance: { bound: () => [10 * (153 + 45) * UNIT * Math.sqrt(153) * 4] },
    },
  ],
  ["MaxPool", { inputs: { x: image }, attributes: { filterSize: [3, 3], strides: [2, 2], pad: "same" } }],
  [
    "AvgPool",
    { inputs: { x: image }, attributes: { filterSize: [3, 3], strides: [2, 2], pad: "same" }, tolerance: { sums: 24 } },
  ],
];

describe("large inputs", () => {
  it.each(cases)("of %s give what cpu gives, and the same bits on two threads", (kernel, one) => {
    const outcomes = [1, 2].map((count) => {
      setNumThreads(count);
      return run("nodegrad", kernel, one.inputs, one.attributes);
    });
    expect(outcomes[0]).toHaveProperty("results");
    expect(outcomes[1]).toEqual(outcomes[0]);
    checkSame(kernel, one, "cpu");
  });
});

/** Kernels of one or two float tensors that make no error larger than its sum: |f′| ≤ 1. */
const steps = ["Add", "Sub", "Maximum", "Minimum", "Tanh", "Relu", "Sigmoid", "Neg", "Abs", "Reverse"] as const;

/** A kernel, and which of the last three tensors it takes. */
type Step = readonly [kernel: string, i: number, j: number];

/** A chain of random kernels over 3 tensors; the last result. */
function chain(backend: string, inputs: readonly Given[], names: readonly Step[]): Float32Array {
  use(backend);
  return tf.tidy(() => {
    const pool = inputs.map(make);
    for (const [name, i, j] of names) {
      const [a, b] = [pool.at(-1 - i), pool.at(-1 - j)] as [tf.Tensor, tf.Tensor];
      const kernelInputs = /Add|Sub|Multiply|Max|Min/.test(name) ? { a, b } : { x: a };
      pool.push(tf.engine().runKernel(name, kernelInputs as never, { dims: [0] }) as tf.Tensor);
    }
    return pool.at(-1)?.dataSync() as Float32Array;
  });
}

/** Kernels of one or two tensors of int32; magnitudes and squares cpu keeps in float32. */
const integerSteps = ["Add", "Sub", "Multiply", "Maximum", "Minimum", "Relu", "Neg", "Reverse"] as const;

describe("chains of kernels", () => {
  it("of int32 give what cpu gives, and wrap where it does", () => {
    const check = (gen: fc.GeneratorValue) => {
      const random = new Draw(gen);
      const shape = [random.integer(1, 9), random.integer(1, 33)];
      const inputs = random.list(3, () => random.tensor(shape, "int32", random.pick(["any", "ties"])));
      const sizes = inputs.map(({ values }) => Math.max(...Array.from(values as Int32Array, Math.abs)));
      const names = random.list(random.integer(10, 30), (): Step => {
        const [i, j] = [random.integer(0, 2), random.integer(0, 2)];
        const [a, b] = [sizes.at(-1 - i) as number, sizes.at(-1 - j) as number];
        // cpu multiplies in float64, which has no room for more; then it wraps, as sums do.
        const name = random.pick(integerSteps.filter((step) => step !== "Multiply" || a * b <= 2 ** 53));
        const size = { Add: a + b, Sub: a + b, Multiply: a * b }[name as "Add"] ?? Math.max(a, b);
        sizes.push(size < 2 ** 31 ? size : 2 ** 31);
        return [name, i, j];
      });
      const [expected, found] = ["cpu", "nodegrad"].map((backend) => chain(backend, inputs, names));
      expect(found, JSON.stringify(names)).toEqual(expected);
    };
    fc.assert(fc.property(fc.gen(), check), { numRuns: 100, seed: Number(process.env.NODEGRAD_FUZZ_SEED ?? 5) });
  });

  it("that are compiled as one graph give what cpu gives", () => {
    const check = (gen: fc.GeneratorValue) => {
      const random = new Draw(gen);
      const shape = [random.integer(1, 9), random.integer(1, 33)];
      const inputs = random.list(3, () => random.tensor(shape));
      const count = random.integer(10, 30);
      const names = random.list(count, () => [random.pick(steps), random.integer(0, 2), random.integer(0, 2)] as const);
      // The error of each result is at most that of its operands and 2 units of it: of three in a row it grows like magnitude.
      const [sizes, errors] = [
        [2, 2, 2],
        [0, 0, 0],
      ];
      for (const [name, i, j] of names) {
        const isSum = /Add|Sub/.test(name);
        const [a, b] = [sizes.at(-1 - i) as number, sizes.at(-1 - j) as number];
        const [e, f] = [errors.at(-1 - i) as number, errors.at(-1 - j) as number];
        const size = isSum ? a + b : /Max|Min/.test(name) ? Math.max(a, b) : /Tanh|Sigmoid/.test(name) ? 1 : a;
        sizes.push(size);
        errors.push((isSum ? e + f : Math.max(e, /Max|Min/.test(name) ? f : e)) + 4 * UNIT * size);
      }
      const [expected, found] = ["cpu", "nodegrad"].map((backend) => chain(backend, inputs, names)) as [
        Float32Array,
        Float32Array,
      ];
      const worst = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - (found[i] as number))), 0);
      expect(worst, JSON.stringify(names)).toBeLessThanOrEqual(2 * (errors.at(-1) as number));
    };
    fc.assert(fc.property(fc.gen(), check), { numRuns: 100, seed: Number(process.env.NODEGRAD_FUZZ_SEED ?? 5) });
  });
});
