/** Derivatives as differences: slow, inexact, and independent of every derivative rule. */

import { isFloat } from "../dtype.js";
import { checkOptions, GradientError, OptionError, show } from "../errors.js";
import { realisedLeaf } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { cast } from "../ops/elementwise.js";
import { machineOf, onMachine } from "../runtime/backends.js";
import { valuesOf } from "../runtime/realize.js";
import { checkFunction, checkScalar, checkTensors } from "./arguments.js";

/** How to take differences. */
export interface NumericOptions {
  /** `"forward"`: (f(x + h) − f(x)) / h; `"central"` (default): (f(x + h) − f(x − h)) / 2h, with an error of h² only. */
  readonly method?: "forward" | "central";
  /**
   * h. By default 1e-5 for central differences, about the cube root of the precision of float64, and 1e-8 for forward
   * ones, its square root: there the error of the difference and that of rounding are about the same.
   */
  readonly step?: number;
}

/**
 * The gradient of a scalar function by finite differences, element by element, in float64 on the reference backend: two
 * evaluations for every element of every input.
 *
 * @param fn Maps float tensors to a scalar; called with float64 tensors.
 * @param inputs Where to differentiate.
 * @returns Per input a float64 tensor of its shape.
 * @throws {OptionError} for an option out of range; {GradientError} when an input is not float or the value no scalar.
 */
export function numericGradient(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: NumericOptions = {},
): Tensor[] {
  checkOptions("numericGradient", options, ["method", "step"]);
  const { method = "central" } = options;
  if (method !== "central" && method !== "forward") {
    throw new OptionError(`numericGradient: option "method" must be "forward" or "central", got ${show(method)}`);
  }
  const { step = method === "central" ? 1e-5 : 1e-8 } = options;
  if (!(step > 0 && step < Infinity)) {
    throw new OptionError(`numericGradient: option "step" must be a number > 0, got ${show(step)}`);
  }
  checkFunction("numericGradient", fn);
  checkTensors("numericGradient", "input", inputs);
  return onMachine(machineOf("reference"), () => {
    const points = inputs.map((input) => float64Copy("numericGradient", input));
    const valueAt = (at: readonly Tensor[]) => {
      const value = checkScalar("numericGradient", fn(...at));
      return valuesOf(value)[0] as number;
    };
    const start = method === "forward" ? valueAt(points) : Number.NaN;
    return points.map((point, k) => {
      const x = valuesOf(point);
      const moved = (i: number, h: number) => {
        const data = Float64Array.from(x);
        data[i] = (x[i] as number) + h;
        return valueAt(points.with(k, realisedLeaf(data, point.shape, "float64")));
      };
      const slopes = Float64Array.from(x, (_, i) =>
        method === "forward" ? (moved(i, step) - start) / step : (moved(i, step) - moved(i, -step)) / (2 * step),
      );
      return realisedLeaf(slopes, point.shape, "float64");
    });
  });
}

/** @internal The values of a float tensor as a float64 leaf of its own. */
export function float64Copy(op: string, input: Tensor): Tensor {
  if (!isFloat(input.dtype)) {
    throw new GradientError(`${op}: inputs must be float, got ${input.dtype}; close over the others`);
  }
  return realisedLeaf(Float64Array.from(valuesOf(cast(input, "float64"))), input.shape, "float64");
}
