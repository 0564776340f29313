/** Derivatives of functions: `grad`, `valueAndGrad`, `vjp`, `jvp`. They compose, to any order. */

import { isFloat } from "../dtype.js";
import { checkOptions, DTypeError, GradientError, OptionError, show } from "../errors.js";
import { keepingEdges } from "../graph/leaves.js";
import { Tensor } from "../graph/tensor.js";
import { onesLike, zerosLike } from "../ops/create.js";
import { alias } from "../ops/movement.js";
import { checkTensor } from "../ops/operands.js";
import { type Flattened, flattenTree, type Tree } from "../tree.js";
import { checkFunction, checkLike, checkScalar, checkTensors } from "./arguments.js";
import { pushForward } from "./forward.js";
import { backpropagate } from "./reverse.js";

/** Which arguments to differentiate with respect to. */
export interface GradOptions {
  /** Position of the argument, or several; 0 by default. */
  readonly argument?: number | readonly number[];
}

/** A function's value and its derivative. */
export interface ValueAndGrad<G> {
  /** The scalar the function returned. */
  readonly value: Tensor;
  /** Of the form of the argument; a list of those if several were asked for. */
  readonly grad: G;
}

/** The gradient with respect to a tree: a tensor for every tensor in it. */
export type Gradient<T> = T extends Tensor ? Tensor : T extends object ? { [K in keyof T]: Gradient<T[K]> } : T;

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** Gives every tensor of a tree a node of its own, so that other uses of the same tensor do not count. */
function separate(name: string, tree: unknown): { flat: Flattened<Tensor>; points: Tensor[]; tree: unknown } {
  const flat = flattenTree(tree, isTensor);
  if (flat.leaves.length === 0)
    throw new GradientError(`${name}: no tensor to differentiate with respect to in ${show(tree)}`);
  flat.leaves.forEach((leaf, i) => {
    if (!isFloat(leaf.dtype)) {
      const where = flat.paths[i] === "" ? "the argument" : `"${flat.paths[i]}"`;
      throw new DTypeError(`${name}: ${where} must be float to be differentiated with respect to, got ${leaf.dtype}`);
    }
  });
  const points = flat.leaves.map((leaf) => alias(leaf));
  return { flat, points, tree: flat.rebuild(points) };
}

/**
 * The function that returns a scalar function's value and its gradient.
 *
 * @param fn Maps tensors, or trees of them, to a scalar float tensor.
 * @returns A function of the same arguments.
 * @throws {GradientError} when the value is not a scalar, or reaches the argument only through an operation without
 *   a derivative. Where the value does not depend on the argument at all, the gradient is zero.
 */
export function valueAndGrad<A extends readonly unknown[], N extends number = 0>(
  fn: (...args: A) => Tensor,
  options?: { readonly argument?: N },
): (...args: A) => ValueAndGrad<Gradient<A[N]>>;
export function valueAndGrad<A extends readonly unknown[]>(
  fn: (...args: A) => Tensor,
  options: { readonly argument: readonly number[] },
): (...args: A) => ValueAndGrad<Gradient<A[number]>[]>;
export function valueAndGrad<A extends readonly unknown[]>(
  fn: (...args: A) => Tensor,
  options: GradOptions = {},
): (...args: A) => ValueAndGrad<unknown> {
  return differentiated("valueAndGrad", fn, options);
}

/** The function that returns the gradient of a scalar function; see `valueAndGrad`. */
export function grad<A extends readonly unknown[], N extends number = 0>(
  fn: (...args: A) => Tensor,
  options?: { readonly argument?: N },
): (...args: A) => Gradient<A[N]>;
export function grad<A extends readonly unknown[]>(
  fn: (...args: A) => Tensor,
  options: { readonly argument: readonly number[] },
): (...args: A) => Gradient<A[number]>[];
export function grad<A extends readonly unknown[]>(
  fn: (...args: A) => Tensor,
  options: GradOptions = {},
): (...args: A) => unknown {
  const both = differentiated("grad", fn, options);
  return (...args) => both(...args).grad;
}

function differentiated<A extends readonly unknown[]>(
  name: string,
  fn: (...args: A) => Tensor,
  options: GradOptions,
): (...args: A) => ValueAndGrad<unknown> {
  checkFunction(name, fn);
  checkOptions(name, options, ["argument"]);
  const { argument = 0 } = options;
  const chosen = typeof argument === "number" ? [argument] : argument;
  return (...args) => {
    for (const i of chosen) {
      if (!Number.isInteger(i) || i < 0 || i >= args.length) {
        throw new OptionError(`${name}: option "argument" must name one of ${args.length} arguments, got ${show(i)}`);
      }
    }
    const { flat, points, tree } = separate(
      name,
      chosen.map((i) => args[i]),
    );
    const separated = [...args] as unknown as A;
    const trees = tree as unknown[];
    chosen.forEach((i, k) => {
      (separated as unknown as unknown[])[i] = trees[k];
    });
    const { result, release } = keepingEdges(() => fn(...separated));
    const value = checkScalar(name, result);
    const found = backpropagate(name, [value], [onesLike(value)], points);
    release();
    const gradients = flat.rebuild(points.map((point, i) => found[i] ?? zerosLike(point))) as unknown[];
    return { value, grad: typeof argument === "number" ? gradients[0] : gradients };
  };
}

/**
 * Evaluates a function and prepares its vector–Jacobian product.
 *
 * @param fn Maps tensors to a tensor or a list of them.
 * @param inputs Where to evaluate it.
 * @returns The outputs, and the function that maps a cotangent per output to a cotangent per input.
 * @throws {OptionError} for anything but a function and a list of tensors; {DTypeError} when an input is not float.
 * @throws {GradientError} when there is no input; the function returned, when outputs reach an input only through an
 *   operation without a derivative. {ShapeError} and {DTypeError} for a cotangent unlike its output.
 */
export function vjp(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
): { outputs: Tensor[]; vjp: (...cotangents: Tensor[]) => Tensor[] } {
  checkFunction("vjp", fn);
  checkTensors("vjp", "input", inputs);
  const { points } = separate("vjp", inputs);
  const outputs = outputsOf("vjp", keepingEdges(() => fn(...points)).result);
  return {
    // Nodes of their own: reading them must not cut the graph that the product still needs.
    outputs: outputs.map(alias),
    vjp(...cotangents) {
      checkLike("vjp", "cotangent", cotangents, outputs);
      const found = backpropagate(
        "vjp",
        outputs,
        cotangents.map((cotangent) => cotangent.resolve()),
        points,
      );
      return points.map((point, i) => found[i] ?? zerosLike(point));
    },
  };
}

/**
 * Evaluates a function and its derivative in a direction (forward mode).
 *
 * @param fn Maps tensors to a tensor or a list of them.
 * @param inputs Where to evaluate it.
 * @param tangents The direction, one tensor per input.
 * @returns The outputs and their tangents Σ ∂output/∂input · tangent.
 * @throws what `vjp` throws, and {ShapeError} or {DTypeError} for a tangent unlike its input.
 */
export function jvp(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  tangents: readonly Tensor[],
): { outputs: Tensor[]; tangents: Tensor[] } {
  checkFunction("jvp", fn);
  checkTensors("jvp", "input", inputs);
  const { points } = separate("jvp", inputs);
  checkLike("jvp", "tangent", tangents, inputs);
  const { result, release } = keepingEdges(() => fn(...points));
  const outputs = outputsOf("jvp", result);
  const found = pushForward(
    "jvp",
    outputs,
    points,
    tangents.map((tangent) => tangent.resolve()),
  );
  release();
  return { outputs, tangents: outputs.map((output, i) => found[i] ?? zerosLike(output)) };
}

function outputsOf(name: string, result: Tree<Tensor>): Tensor[] {
  const list = Array.isArray(result) ? result : [result];
  return list.map((output) => checkTensor(name, output, "result").resolve());
}
