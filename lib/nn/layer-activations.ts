/** What the layers of a model make of an input: feature maps, and all other results on the way. */

import { OptionError, show } from "../errors.js";
import { realize } from "../runtime/realize.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";
import { watchCalls } from "./module-calls.js";

/**
 * The result of every module of a model for an input, in evaluation mode, computed in one run:
 *
 * ```ts
 * const maps = activations(lenet5(), images).conv1; // [n, 20, 28, 28]
 * await savePng("maps.png", imageSheet(maps.slice([0]).reshape([20, 1, 28, 28]), { scale: 3 }));
 * ```
 *
 * @param input What `forward` takes: `[n, c, h, w]` for images.
 * @returns By the path of the module, as `model.modules()` has it; the model's own result under `""`. A module that is
 *   called again has its later results under `"path#2"`, `"path#3"`, …; of several tensors the first is given, and
 *   modules whose `forward` is not called, or gives no tensor, are absent.
 * @throws {OptionError} for what is no module.
 */
export function activations<Arguments extends readonly unknown[]>(
  model: Module<Arguments, unknown>,
  ...input: Arguments
): Record<string, Tensor> {
  if (!(model instanceof Module)) throw new OptionError(`activations: needs a module, got ${show(model)}`);
  const results: Record<string, Tensor> = {};
  watchCalls(model, input, ({ path, output }) => {
    if (output === undefined) return;
    let name = path;
    for (let call = 2; Object.hasOwn(results, name); call++) name = `${path}#${call}`;
    results[name] = output;
  });
  realize(...Object.values(results));
  return results;
}
