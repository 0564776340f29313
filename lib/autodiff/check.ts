/** A check of derivatives against finite differences, for tests of your own functions and of nodegrad's. */

import { allocate } from "../dtype.js";
import { checkOptions, GradientError, OptionError, show } from "../errors.js";
import { realisedLeaf } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { machineOf, onMachine } from "../runtime/backends.js";
import { valuesOf } from "../runtime/realize.js";
import { sizeOf } from "../shape.js";
import { checkFunction, checkTensors } from "./arguments.js";
import { float64Copy } from "./numeric.js";
import { jvp, vjp } from "./transforms.js";

/** How to check. */
export interface CheckOptions {
  /** Step of the central difference; 1e-5 by default, the cube root of the precision of float64. */
  readonly step?: number;
  /** Largest relative error that passes; 1e-6 by default, above the difference's own error where the
   * derivative is not much smaller than the function. */
  readonly tolerance?: number;
  /** Order of derivatives to check; 1 by default. */
  readonly order?: number;
  /** Seed of the random directions. */
  readonly seed?: number;
}

/** What was found for each input. */
export interface GradientReport {
  /** Per input, the largest relative error over all outputs, modes and orders. */
  readonly maxRelativeError: readonly number[];
}

/** A function to check: float64 tensors to a tensor or a list of them. */
export type CheckedFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/**
 * Checks both derivatives of a function against central differences, in float64 on the reference backend.
 *
 * For random directions u of the inputs and w of the outputs, three numbers must agree: ⟨w, (f(x + hu) − f(x − hu)) / 2h⟩,
 * ⟨w, jvp(u)⟩ and ⟨vjp(w), u⟩, input by input. Order 2 checks the function that maps to the vjp in the same way.
 *
 * @param fn Maps float tensors to a tensor or a list of them; called with float64 tensors.
 * @param inputs Where to check; away from kinks, where the difference has no limit.
 * @throws {GradientError} naming the input, the mode and the error, when one exceeds the tolerance; when there is no input or
 *   one is not float.
 * @throws {OptionError} for an option that is unknown or out of range, and anything but a function and a list of tensors.
 */
export function checkGradients(
  fn: CheckedFunction,
  inputs: readonly Tensor[],
  options: CheckOptions = {},
): GradientReport {
  checkOptions("checkGradients", options, ["step", "tolerance", "order", "seed"]);
  const { step = 1e-5, tolerance = 1e-6, order = 1, seed = 1 } = options;
  for (const [name, value] of Object.entries({ step, tolerance })) {
    if (value > 0 && value < Infinity) continue;
    throw new OptionError(`checkGradients: option "${name}" must be a number > 0, got ${show(value)}`);
  }
  if (!Number.isInteger(order) || order < 1) {
    throw new OptionError(`checkGradients: option "order" must be an integer > 0, got ${show(order)}`);
  }
  if (!Number.isInteger(seed))
    throw new OptionError(`checkGradients: option "seed" must be an integer, got ${show(seed)}`);
  checkFunction("checkGradients", fn);
  checkTensors("checkGradients", "input", inputs);
  return onMachine(machineOf("reference"), () => {
    const points = inputs.map((input) => float64Copy("checkGradients", input));
    const random = directions(seed);
    const worst = points.map(() => 0);
    let checked: CheckedFunction = fn;
    for (let level = 1; level <= order; level++) {
      checkOrder(checked, points, { step, tolerance, level }, random, worst);
      checked = gradientOf(checked, random);
    }
    return { maxRelativeError: worst };
  });
}

/** The function that maps to ∂⟨w, f⟩/∂inputs for a fixed random w: its derivative is the next order. */
function gradientOf(fn: CheckedFunction, random: (like: Tensor) => Tensor): CheckedFunction {
  let weights: Tensor[] | undefined;
  return (...inputs) => {
    const pull = vjp(fn, inputs);
    weights ??= pull.outputs.map(random);
    return pull.vjp(...weights);
  };
}

function checkOrder(
  fn: CheckedFunction,
  points: readonly Tensor[],
  { step, tolerance, level }: { step: number; tolerance: number; level: number },
  random: (like: Tensor) => Tensor,
  worst: number[],
): void {
  const pull = vjp(fn, points);
  const weights = pull.outputs.map(random);
  const cotangents = pull.vjp(...weights);
  points.forEach((point, i) => {
    const direction = random(point);
    const along = (h: number) => {
      const moved = points.map((p, k) => (k === i ? displaced(p, direction, h) : p));
      return innerProduct(weights, listOf(fn(...moved)));
    };
    const numeric = (along(step) - along(-step)) / (2 * step);
    const zero = (p: Tensor) => realisedLeaf(new Float64Array(sizeOf(p.shape)), p.shape, "float64");
    const tangents = points.map((p, k) => (k === i ? direction : zero(p)));
    const found = {
      vjp: innerProduct([direction], [cotangents[i] as Tensor]),
      jvp: innerProduct(weights, jvp(fn, points, tangents).tangents),
    };
    // Against the terms of the product, not only their sum. Rounding of f enters the difference as ε|f|/h ≈ 2e-11·|f|,
    // which is below the tolerance where the derivative is no smaller than a thousandth of f.
    const terms = magnitude([direction], [cotangents[i] as Tensor]);
    const scale = Math.max(Math.abs(numeric), terms, 1e-3 * magnitude(weights, pull.outputs)) || 1;
    for (const [mode, value] of Object.entries(found)) {
      // The difference itself is off by h²|f‴|/6, a few h² for third derivatives of order 1.
      const error = Math.max(0, Math.abs(value - numeric) - 10 * step * step) / scale;
      worst[i] = Math.max(worst[i] as number, Number.isNaN(error) ? Infinity : error);
      if (!(error <= tolerance)) {
        throw new GradientError(
          `checkGradients: ${mode} of order ${level} with respect to input ${i} is ${value}, central difference ${numeric} ` +
            `(relative error ${error.toExponential(2)} > ${tolerance})`,
        );
      }
    }
  });
}

function listOf(result: Tensor | readonly Tensor[]): readonly Tensor[] {
  return Array.isArray(result) ? result : [result as Tensor];
}

function displaced(point: Tensor, direction: Tensor, h: number): Tensor {
  const [x, u] = [valuesOf(point), valuesOf(direction)];
  return realisedLeaf(
    Float64Array.from(x, (value, i) => value + h * (u[i] as number)),
    point.shape,
    "float64",
  );
}

function innerProduct(a: readonly Tensor[], b: readonly Tensor[]): number {
  return sumOfProducts(a, b, (x) => x);
}

function magnitude(a: readonly Tensor[], b: readonly Tensor[]): number {
  return sumOfProducts(a, b, Math.abs);
}

function sumOfProducts(a: readonly Tensor[], b: readonly Tensor[], of: (x: number) => number): number {
  let total = 0;
  a.forEach((tensor, k) => {
    const [x, y] = [valuesOf(tensor), valuesOf(b[k] as Tensor)];
    for (let i = 0; i < x.length; i++) total += of((x[i] as number) * (y[i] as number));
  });
  return total;
}

/** Uniform values in [−1, 1) from a linear congruential generator: any directions will do, but the same each time. */
function directions(seed: number): (like: Tensor) => Tensor {
  let state = seed >>> 0;
  return ({ shape }) => {
    const data = allocate("float64", sizeOf(shape));
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' constants
      data[i] = state / 2 ** 31 - 1;
    }
    return realisedLeaf(data, shape, "float64");
  };
}
