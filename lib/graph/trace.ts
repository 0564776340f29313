/** The function being compiled, if any: what it assigns and draws is recorded instead of done. */

import type { Tensor } from "./tensor.js";
import type { Variable } from "./variable.js";

/** What a function does besides returning values, collected while it is traced. */
export interface Trace {
  /** Name of the traced function, for messages. */
  readonly name: string;
  /** The last value assigned to each variable. */
  readonly updates: Map<Variable, Tensor>;
  /** The key of random draws and how many there have been; made at the first one. */
  random: { readonly key: Variable; draws: number } | undefined;
  /** What `backward` has given gradients, and the ones they had outside: those it makes end with the trace. */
  readonly gradients: Map<Tensor, Pick<Tensor, "grad" | "gradOf">>;
}

let active: Trace | undefined;

/** The trace under way, or undefined outside `compile`. */
export function activeTrace(): Trace | undefined {
  return active;
}

/** Sets a leaf's gradients from outside the trace under way, if any, aside until it ends. */
export function setGradientAside(leaf: Tensor): void {
  if (active === undefined || active.gradients.has(leaf)) return;
  active.gradients.set(leaf, { grad: leaf.grad, gradOf: leaf.gradOf });
  leaf.grad = undefined;
  leaf.gradOf = undefined;
}

/** Runs `body` with `trace` recording. */
export function withTrace<T>(trace: Trace, body: () => T): T {
  const outer = active;
  active = trace;
  try {
    return body();
  } finally {
    active = outer;
    for (const [leaf, gradients] of trace.gradients) Object.assign(leaf, gradients);
  }
}
