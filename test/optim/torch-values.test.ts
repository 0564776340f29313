/** Where optimisers lead, against PyTorch in float64 (test/values/generate_training.py). */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadAddon } from "../../lib/backends/native/index.js";
import { compile, type DType, setBackend, type Tensor, tensor, type Variable, variable } from "../../lib/index.js";
import { AdaGrad, Adam, AdamW, type Optimizer, RMSProp, SGD } from "../../lib/optim/index.js";

interface Path {
  readonly optimizer: string;
  readonly options: object;
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly positions: readonly (readonly number[])[];
}

type Make = new (parameters: Variable[], options: never) => Optimizer;

const optimizers: Readonly<Record<string, Make>> = { SGD, AdaGrad, RMSProp, Adam, AdamW };
const url = new URL("../values/training.json", import.meta.url);
const table: readonly Path[] = JSON.parse(readFileSync(url, "utf8")).paths;
const named = table.map((one) => [`${one.optimizer} ${JSON.stringify(one.options)}`, one] as const);

/** A loss with the gradient g is Σ w·g. */
function follow({ optimizer: name, options, start, gradients }: Path, dtype: DType, compiled: boolean): number[][] {
  const w = variable([...start], { dtype });
  const optimizer = new (optimizers[name] as Make)([w], options as never);
  const step = (gradient: Tensor) => {
    w.mul(gradient).sum().backward();
    optimizer.step();
    return [];
  };
  const run = compiled ? compile(step) : step;
  return gradients.map((gradient) => {
    run(tensor([...gradient], { dtype }));
    return [...w.dataSync()];
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
