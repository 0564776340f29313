/** Losses and their gradients against those that PyTorch computed in float64 (test/values/generate_training.py). */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadAddon } from "../../../lib/backends/native/index.js";
import { checkGradients, type DType, setBackend, type Tensor, tensor, vjp } from "../../../lib/index.js";
import * as nn from "../../../lib/nn/index.js";
import { values } from "../../ops/support.js";

interface Values {
  readonly shape: number[];
  readonly data: number[];
  readonly dtype?: "int32";
}

interface Case {
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly prediction: Values;
  readonly target: Values;
  readonly value: readonly number[];
  readonly gradient: readonly number[];
}

type Loss = (prediction: Tensor, target: Tensor, options: object) => Tensor;

const url = new URL("../../values/training.json", import.meta.url);
const table: readonly Case[] = JSON.parse(readFileSync(url, "utf8")).losses;
const named = table.map((one) => [`${one.loss} ${JSON.stringify(one.options)}`, one] as const);

function prepared({ loss, options, prediction, target }: Case, dtype: DType) {
  const { classWeights, ...rest } = options;
  const weights = classWeights === undefined ? {} : { classWeights: tensor(classWeights as number[], { dtype }) };
  const fn = (nn as unknown as Record<string, Loss>)[loss] as Loss;
  const y = tensor(target.data, { shape: target.shape, dtype: target.dtype ?? dtype });
  return {
    x: tensor(prediction.data, { shape: prediction.shape, dtype }),
    lossOf: (x: Tensor) => fn(x, y, { ...rest, ...weights }),
  };
}

function check(one: Case, dtype: DType, tolerance: number): void {
  const { x, lossOf } = prepared(one, dtype);
  const { vjp: pull, outputs } = vjp(lossOf, [x]);
  const [value] = outputs as [Tensor];
  const [gradient] = pull(tensor(new Array(value.size).fill(1), { shape: value.shape, dtype })) as [Tensor];
  const compare = (found: readonly number[], expected: readonly number[]) => {
    expect(found).toHaveLength(expected.length);
    for (const [i, error] of found.map((v, i) => Math.abs(v - (expected[i] as number))).entries()) {
      expect(error, `${i}: ${found[i]}, PyTorch ${expected[i]}`).toBeLessThanOrEqual(tolerance);
    }
  };
  compare(values(value), one.value);
  compare(values(gradient), one.gradient);
}

// Losses are sums of at most 20 terms below 64, each made by a few roundings: 20 · 64 · 8 units. The table has 12 digits.
const roundings = 20 * 64 * 8;

describe("PyTorch's losses", () => {
  it.each(named)("%s: reference, float64", (_, one) => {
    setBackend("reference");
    check(one, "float64", roundings * 2 ** -53 + 1e-9);
  });

  it.runIf("addon" in loadAddon()).each(named)("%s: native, float32", (_, one) => {
    setBackend("native");
    check(one, "float32", roundings * 2 ** -24);
  });

  // At 0 the second derivative of the absolute value, of the hinge and of their kin is no limit of differences.
  const smooth = named.filter(([, { loss }]) => !["l1Loss", "multiclassHingeLoss"].includes(loss));
  it.each(smooth)("%s: differences, to second order", (_, one) => {
    const { x, lossOf } = prepared(one, "float64");
    checkGradients(lossOf, [x], { order: 2 });
  });
});
