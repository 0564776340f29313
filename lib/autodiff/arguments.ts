/** What functions that differentiate take, checked: functions, lists of tensors, and scalars. */

import { isFloat } from "../dtype.js";
import { DTypeError, GradientError, OptionError, ShapeError, show } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { checkTensor } from "../ops/operands.js";
import { sameShape, showShape } from "../shape.js";

/** @internal @throws {OptionError} for anything but a function. */
export function checkFunction(name: string, fn: unknown): void {
  if (typeof fn !== "function") throw new OptionError(`${name}: needs a function, got ${show(fn)}`);
}

/**
 * @internal
 * @param what What each of them is.
 * @throws {OptionError} unless they are a list of tensors.
 */
export function checkTensors(name: string, what: string, tensors: unknown): void {
  if (!Array.isArray(tensors))
    throw new OptionError(`${name}: ${what}s must be a list of tensors, got ${show(tensors)}`);
  for (const [i, tensor] of tensors.entries()) checkTensor(name, tensor, `${what} ${i}`);
}

/**
 * @internal
 * @param what What each of the given tensors is.
 * @param like Tensors whose shapes and dtypes they must have.
 * @throws {OptionError} unless they are a list of as many tensors; {ShapeError} or {DTypeError} for others.
 */
export function checkLike(name: string, what: string, given: readonly Tensor[], like: readonly Tensor[]): void {
  checkTensors(name, what, given);
  if (given.length !== like.length) {
    throw new OptionError(`${name}: needs ${like.length} ${what}(s), got ${given.length}`);
  }
  given.forEach((tensor, i) => {
    const { shape, dtype } = like[i] as Tensor;
    if (!sameShape(tensor.shape, shape)) {
      throw new ShapeError(`${name}: ${what} ${i} has shape ${showShape(tensor.shape)}, expected ${showShape(shape)}`);
    }
    if (tensor.dtype !== dtype) throw new DTypeError(`${name}: ${what} ${i} is ${tensor.dtype}, expected ${dtype}`);
  });
}

/**
 * @internal
 * @param demand How the message says what the value is needed for.
 * @throws {GradientError} unless the value is a float tensor of one element.
 */
export function checkScalar(name: string, value: unknown, demand = "the function must return"): Tensor {
  if (!(value instanceof Tensor)) throw new GradientError(`${name}: ${demand} a scalar tensor, got ${show(value)}`);
  const node = value.resolve();
  if (node.size !== 1 || !isFloat(node.dtype)) {
    const given = `${node.dtype}${showShape(node.shape)}`;
    throw new GradientError(`${name}: ${demand} a scalar float tensor, got ${given}; take its sum() or mean()`);
  }
  return node;
}
