/** Whole matrices of derivatives, for small functions, and products with the second one, for large ones. */

import { GradientError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { eye, zeros } from "../ops/create.js";
import { reshape } from "../ops/movement.js";
import { checkTensor } from "../ops/operands.js";
import { slice, stack } from "../ops/slices.js";
import { type Shape, sizeOf } from "../shape.js";
import { checkFunction, checkTensors } from "./arguments.js";
import { grad, jvp, vjp } from "./transforms.js";

/**
 * The function that returns all derivatives of a function: element `[…i, …j]` is ∂fᵢ/∂xⱼ.
 *
 * It takes a pass per output in reverse mode, or per input in forward mode, whichever are fewer. Products with the
 * matrix cost one pass: `vjp` and `jvp`.
 *
 * @param fn Maps a float tensor to a float tensor. It is called once for each input in forward mode.
 * @returns A function of the same argument whose result has the shape `[...output.shape, ...input.shape]`.
 * @throws {GradientError} when `fn` returns no tensor, or reaches its argument only through an operation without a
 *   derivative; {DTypeError} when the argument is not float.
 */
export function jacobian(fn: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  checkFunction("jacobian", fn);
  return (x) => {
    const point = checkTensor("jacobian", x).resolve();
    const { outputs, vjp: pull } = vjp(fn, [point]);
    const [y] = outputs as [Tensor];
    if (outputs.length !== 1)
      throw new GradientError(`jacobian: the function must return one tensor, got ${outputs.length}`);
    const shape = [...y.shape, ...point.shape];
    if (sizeOf(shape) === 0) return zeros(shape, { dtype: y.dtype });
    if (y.size <= point.size) {
      const rows = basis(y.shape, y).map((unit) => pull(unit)[0] as Tensor);
      return reshape(stack(rows), shape);
    }
    const columns = basis(point.shape, point).map((unit) => jvp(fn, [point], [unit]).tangents[0] as Tensor);
    return reshape(stack(columns, { axis: y.rank }), shape);
  };
}

/** The tensors of a shape with a single 1. */
function basis(shape: Shape, { size, dtype }: Tensor): Tensor[] {
  const units = eye(size, { dtype });
  return Array.from({ length: size }, (_, i) => reshape(slice(units, [[i, i + 1]]), shape));
}

/**
 * The function that returns all second derivatives of a scalar function: element `[…i, …j]` is ∂²f/∂xᵢ∂xⱼ.
 *
 * @param fn Maps a float tensor to a scalar.
 * @returns A function of the same argument whose result has the shape `[...x.shape, ...x.shape]`.
 * @throws what `grad` and `jacobian` throw.
 */
export function hessian(fn: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  return jacobian(grad(fn));
}

/**
 * Products of the Hessian matrix of a scalar function with a vector, without the matrix: the derivative of the gradient
 * in a direction, forward over reverse, at the cost of a few evaluations.
 *
 * @param fn Maps float tensors to a scalar.
 * @param inputs Where to evaluate it.
 * @param vectors The direction v, one tensor per input, of its shape and dtype.
 * @returns Per input i the sum Σⱼ ∂²f/∂xᵢ∂xⱼ · vⱼ.
 * @throws what `grad` and `jvp` throw.
 */
export function hvp(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  vectors: readonly Tensor[],
): Tensor[] {
  checkTensors("hvp", "input", inputs);
  const gradient = grad(fn, { argument: inputs.map((_, i) => i) });
  return jvp((...points) => gradient(...points) as Tensor[], inputs, vectors).tangents;
}
