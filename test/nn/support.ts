/** What tests of layers share: layers in float64, and the mean and variance of samples. */

import { cast, checkGradients, type GradientReport, type Tensor, Variable, variable } from "../../lib/index.js";
import type { AnyModule } from "../../lib/nn/index.js";
import { sample } from "../ops/support.js";

/** Calls `visit` with every object that belongs to a module, itself and the modules in it included. */
function visitHolders(value: unknown, visit: (holder: Record<string, unknown>) => void): void {
  if (typeof value !== "object" || value === null || value instanceof Variable) return;
  visit(value as Record<string, unknown>);
  for (const member of Object.values(value)) visitHolders(member, visit);
}

/**
 * Runs `body` while the parameters of a module are other tensors, in the order of `parameters()`, and its other
 * variables have their dtype.
 */
export function withParameters<R>(module: AnyModule, tensors: readonly Tensor[], body: () => R): R {
  const replacements = new Map<unknown, Tensor>();
  Object.values(module.parameters()).forEach((parameter, i) => {
    replacements.set(parameter, tensors[i] as Tensor);
  });
  const dtype = tensors[0]?.dtype ?? "float64";
  for (const other of Object.values(module.variables())) {
    if (!replacements.has(other)) replacements.set(other, variable(cast(other, dtype), { trainable: false }));
  }
  const undo: (() => void)[] = [];
  visitHolders(module, (holder) => {
    for (const [name, value] of Object.entries(holder)) {
      const replacement = replacements.get(value);
      if (replacement === undefined) continue;
      holder[name] = replacement;
      undo.push(() => {
        holder[name] = value;
      });
    }
  });
  if (undo.length < replacements.size) throw new Error("a variable of the module was not found among its properties");
  try {
    return body();
  } finally {
    for (const restore of undo) restore();
  }
}

/** Checks the derivatives of a layer with respect to inputs and parameters, which are drawn anew, in float64. */
export function checkLayer<A extends readonly Tensor[]>(
  layer: AnyModule,
  inputs: A,
  forward: (...inputs: Tensor[]) => Tensor | readonly Tensor[] = (...xs) => layer.forward(...xs) as Tensor,
): GradientReport {
  const parameters = Object.values(layer.parameters()).map(({ shape }, i) => sample(shape, { seed: 100 + i }));
  return checkGradients(
    (...points) => withParameters(layer, points.slice(inputs.length), () => forward(...points.slice(0, inputs.length))),
    [...inputs, ...parameters],
  );
}

/** Mean and population variance of numbers. */
export function momentsOf(values: ArrayLike<number>): { mean: number; variance: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return { mean, variance: list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length };
}
