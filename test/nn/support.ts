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

/** Runs `body` while each variable of a module is another tensor, given by path. */
export function withVariables<R>(module: AnyModule, tensors: Readonly<Record<string, Tensor>>, body: () => R): R {
  const replacements = new Map<unknown, Tensor>();
  for (const [path, variable] of Object.entries(module.variables())) {
    const replacement = tensors[path];
    if (replacement === undefined) throw new Error(`no tensor for variable ${path}`);
    replacements.set(variable, replacement);
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
export function checkLayer(
  layer: AnyModule,
  inputs: readonly Tensor[],
  forward: (...inputs: Tensor[]) => Tensor | readonly Tensor[] = (...xs) => layer.forward(...xs) as Tensor,
): GradientReport {
  const paths = Object.keys(layer.parameters());
  const parameters = Object.values(layer.parameters()).map(({ shape }, i) => sample(shape, { seed: 100 + i }));
  const statistics = Object.entries(layer.variables())
    .filter(([path]) => !paths.includes(path))
    .map(([path, value]) => [path, variable(cast(value, "float64"), { trainable: false })] as const);
  return checkGradients(
    (...points) => {
      const given = points.slice(inputs.length).map((point, i) => [paths[i] as string, point] as const);
      const variables = Object.fromEntries([...given, ...statistics]);
      return withVariables(layer, variables, () => forward(...points.slice(0, inputs.length)));
    },
    [...inputs, ...parameters],
  );
}

/** Mean and population variance of numbers. */
export function momentsOf(values: ArrayLike<number>): { mean: number; variance: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return { mean, variance: list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length };
}
