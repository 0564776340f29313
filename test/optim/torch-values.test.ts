/** Where optimisers lead, against PyTorch in float64 (test/values/generate_training.py). */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadAddon } from "../../lib/backends/native/index.js";
import { add, compile, type DType, setBackend, type Tensor, tensor, type Variable, variable } from "../../lib/index.js";
import {
  AdaGrad,
  Adam,
  AdamW,
  type Optimizer,
  type OptimizerOptions,
  RMSProp,
  SGD,
  type Trained,
} from "../../lib/optim/index.js";

interface Path {
  readonly optimizer: string;
  readonly options: object;
  /** Options of groups, each of five elements (default: no groups). */
  readonly groups?: readonly object[];
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly positions: readonly (readonly number[])[];
}

type Make = new (parameters: Trained<OptimizerOptions>, options: never) => Optimizer;

const optimizers: Readonly<Record<string, Make>> = { SGD, AdaGrad, RMSProp, Adam, AdamW };
const url = new URL("../values/training.json", import.meta.url);
const table: readonly Path[] = JSON.parse(readFileSync(url, "utf8")).paths;
const named = table.map((one) => {
  const { optimizer, options, groups = [] } = one;
  return [[optimizer, options, ...groups].map((part) => JSON.stringify(part)).join(" "), one] as const;
});

/** A loss with the gradient g is Σ w·g. */
function follow(path: Path, dtype: DType, compiled: boolean): number[][] {
  const { optimizer: name, options, groups, start, gradients } = path;
  const size = groups === undefined ? start.length : 5;
  const parts = (groups ?? [{}]).map((_, i) => variable(start.slice(size * i, size * (i + 1)), { dtype }));
  const trained = groups?.map((own, i) => ({ ...own, parameters: parts[i] as Variable })) ?? parts;
  const optimizer = new (optimizers[name] as Make)(trained, options as never);
  const step = (gradient: Tensor) => {
    const losses = parts.map((w, i) => w.mul(gradient.slice([[size * i, size * (i + 1)]])).sum());
    losses.reduce(add).backward();
    optimizer.step();
    return [];
  };
  const run = compiled ? compile(step) : step;
  return gradients.map((gradient) => {
    run(tensor([...gradient], { dtype }));
    return parts.flatMap((w) => [...w.dataSync()]);
  });
}

/**
 * A step is computed by some 24 roundings of its terms, which are at most as large as the longest step, and the position,
 * at most 3, by one; errors add up. What is computed once for all parameters (the rate, the corrections of Adam) is
 * float32 also where they are float64: 8 of these roundings.
 */
function check(path: Path, found: readonly number[][], roundings: number, unit: number): void {
  let before = path.start;
  let [longest, allowed] = [0, 1e-10];
  path.positions.forEach((expected, i) => {
    longest = Math.max(longest, ...expected.map((to, k) => Math.abs(to - (before[k] as number))));
    allowed += roundings * 2 ** -24 * longest + 3 * unit;
    before = expected;
    expected.forEach((to, k) => {
      const at = found[i]?.[k] as number;
      const error = Math.abs(at - to);
      expect(error, `step ${i + 1}, element ${k}: ${at}, PyTorch ${to}`).toBeLessThanOrEqual(allowed);
    });
  });
}

describe("PyTorch's optimisers", () => {
  it.each(named)("%s: reference, float64", (_, path) => {
    setBackend("reference");
    check(path, follow(path, "float64", false), 8, 2 ** -53);
  });

  it.runIf("addon" in loadAddon()).each(named)("%s: native, compiled, float32", (_, path) => {
    setBackend("native");
    check(path, follow(path, "float32", true), 24, 2 ** -24);
  });
});
