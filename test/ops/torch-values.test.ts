/**
 * Operations against values and derivatives that PyTorch computed in float64 (test/values/generate.py): in float64 on
 * the reference backend, in float32 on the native one.
 *
 * A result made of terms by at most k roundings of unit u differs from the exact one by at most about k·u·Σ|terms|
 * (N. J. Higham, Accuracy and Stability of Numerical Algorithms, §3). The table gives k, and Σ|terms| as `scale`.
 */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { vjp } from "../../lib/autodiff/index.js";
import { loadAddon } from "../../lib/backends/native/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import * as ng from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { realize } from "../../lib/runtime/realize.js";
import { values } from "./support.js";

interface Result {
  readonly shape?: readonly number[];
  readonly data: readonly number[];
  readonly scale: number;
}

interface Case {
  readonly op: string;
  readonly options: Record<string, unknown>;
  readonly inputs: readonly { readonly shape: number[]; readonly data: number[]; readonly dtype?: "int32" }[];
  readonly cotangent: readonly number[];
  readonly terms: number;
  readonly output: Result;
  readonly gradients: readonly Result[];
}

// biome-ignore lint/suspicious/noExplicitAny: options come from the table
type Fn = (inputs: Tensor[], options: any) => Tensor;

/** Operations by their names in the table, where they take more than tensors. */
const functions: Readonly<Record<string, Fn>> = {
  conv2d: ([x, w], options) => ng.conv2d(x as Tensor, w as Tensor, options),
  maxPool2d: ([x], options) => ng.maxPool2d(x as Tensor, options),
  avgPool2d: ([x], options) => ng.avgPool2d(x as Tensor, options),
  softmax: ([x], options) => ng.softmax(x as Tensor, options),
  logSoftmax: ([x], options) => ng.logSoftmax(x as Tensor, options),
  sum: ([x], options) => ng.sum(x as Tensor, options),
  mean: ([x], options) => ng.mean(x as Tensor, options),
  prod: ([x], options) => ng.prod(x as Tensor, options),
  max: ([x], options) => ng.max(x as Tensor, options),
  min: ([x], options) => ng.min(x as Tensor, options),
  logSumExp: ([x], options) => ng.logSumExp(x as Tensor, options),
  variance: ([x], options) => ng.moments(x as Tensor, options).variance,
  gather: ([x, i], options) => ng.gather(x as Tensor, i as Tensor, options),
  takeAlongAxis: ([x, i], options) => ng.takeAlongAxis(x as Tensor, i as Tensor, options),
  scatterAdd: ([b, i, u], options) => ng.scatterAdd(b as Tensor, i as Tensor, u as Tensor, options),
  batchNorm: ([x, mean, variance, gamma, beta]) =>
    ng.batchNorm(x as Tensor, { mean, variance, gamma, beta } as Parameters<typeof ng.batchNorm>[1]),
  batchNormTraining: ([x, gamma, beta]) =>
    ng.batchNorm(x as Tensor, { ...ng.moments(x as Tensor, { axes: [0, 2, 3] }), gamma, beta }),
  layerNorm: ([x, gamma, beta]) => ng.layerNorm(x as Tensor, { gamma, beta }),
};

/** The others are functions of tensors alone. */
function functionOf(op: string): Fn {
  const known = functions[op];
  if (known !== undefined) return known;
  const plain = (ng as unknown as Record<string, (...inputs: Tensor[]) => Tensor>)[op];
  if (plain === undefined) throw new Error(`the table has an operation that is not known here: ${op}`);
  return (inputs) => plain(...inputs);
}

const table: readonly Case[] = JSON.parse(readFileSync(new URL("../values/torch.json", import.meta.url), "utf8"));

/** Value and gradients, in the order of the table. */
function evaluate({ op, options, inputs, cotangent }: Case, dtype: "float32" | "float64"): Tensor[] {
  const tensors = inputs.map((input) => ng.tensor(input.data, { shape: input.shape, dtype: input.dtype ?? dtype }));
  const floats = tensors.filter((tensor) => tensor.dtype === dtype);
  const fn = functionOf(op);
  const { outputs, vjp: pull } = vjp((...points) => {
    const rest = [...points];
    return fn(
      tensors.map((tensor) => (tensor.dtype === dtype ? (rest.shift() as Tensor) : tensor)),
      options,
    );
  }, floats);
  const output = outputs[0] as Tensor;
  const results = [output, ...pull(ng.tensor([...cotangent], { shape: output.shape, dtype }))];
  realize(...results);
  return results;
}

function check(name: string, actual: Tensor, expected: Result, tolerance: number): void {
  if (expected.shape !== undefined) expect(actual.shape).toEqual(expected.shape);
  const found = values(actual);
  expect(found).toHaveLength(expected.data.length);
  found.forEach((value, i) => {
    const error = Math.abs(value - (expected.data[i] as number));
    if (!(error <= tolerance)) {
      expect.fail(`${name}[${i}] is ${value}, PyTorch ${expected.data[i]}: off by ${error}, allowed ${tolerance}`);
    }
  });
}

function checkCase(one: Case, dtype: "float32" | "float64", unit: number): void {
  const [output, ...gradients] = evaluate(one, dtype) as [Tensor, ...Tensor[]];
  // The table has 10 digits: half a unit of the last one, of values up to the scale.
  const tolerance = ({ scale }: Result) => (one.terms * unit + 0.5e-9) * scale;
  check("output", output, one.output, tolerance(one.output));
  expect(gradients).toHaveLength(one.gradients.length);
  gradients.forEach((gradient, i) => {
    const expected = one.gradients[i] as Result;
    check(`gradient ${i}`, gradient, expected, tolerance(expected));
  });
}

const named = table.map((one) => [`${one.op} ${JSON.stringify(one.options)}`, one] as const);

describe("PyTorch's values", () => {
  it.each(named)("%s: reference, float64", (_, one) => {
    setBackend("reference");
    checkCase(one, "float64", 2 ** -53);
  });

  it.runIf("addon" in loadAddon()).each(named)("%s: native, float32", (_, one) => {
    setBackend("native");
    checkCase(one, "float32", 2 ** -24);
  });
});
