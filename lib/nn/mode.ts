/** The mode in which a model is used, for a while. */

import type { AnyModule } from "./module.js";

/**
 * @internal Calls a function while a model is in evaluation mode. Afterwards, and when its promise has settled if it returns
 * one, each module has the mode that it had: parts that had been frozen by `eval()` stay so.
 */
export function inEvaluation<R>(model: AnyModule, body: () => R): R {
  const modes = Object.values(model.modules()).map((module) => [module, module.training] as const);
  const restore = () => {
    for (const [module, training] of modes) module.training = training;
  };
  model.eval();
  let isPending = false;
  try {
    const result = body();
    if (!(result instanceof Promise)) return result;
    isPending = true;
    return afterwards(result, restore) as R;
  } finally {
    if (!isPending) restore();
  }
}

/** Awaits, as `finally` of a promise would not let the stack of an error lead to the caller. */
async function afterwards<T>(promise: Promise<T>, restore: () => void): Promise<T> {
  try {
    return await promise;
  } finally {
    restore();
  }
}
