/** What all optimisers share: parameters, the learning rate, and a step that is one run. */

import { GradientError, OptionError, show } from "../errors.js";
import { add } from "../ops/index.js";
import { assign, type Tensor, Variable, variable } from "../tensor.js";
import { flattenTree, type Tree } from "../tree.js";

/** New values of variables. */
export type Updates = (readonly [Variable, Tensor])[];

/**
 * Base class of optimisers.
 *
 * The learning rate and the number of steps are variables, so that changing them compiles nothing anew. A step may
 * be part of a function for `compile`:
 *
 * ```ts
 * const step = compile((x, y) => {
 *   const loss = crossEntropy(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * ```
 */
export abstract class Optimizer {
  /** The variables that are trained. */
  readonly parameters: readonly Variable[];
  /** The learning rate: float32, a scalar. */
  protected readonly rate: Variable;
  /** How many steps have been made: int32, a scalar. */
  protected readonly steps: Variable;

  /**
   * @param parameters Variables, in any tree: `model.parameters()`.
   * @throws {OptionError} when there are none, one is not trainable, or the rate is not a finite number ≥ 0.
   */
  constructor(parameters: Tree<Variable>, learningRate: number) {
    const op = this.constructor.name;
    this.parameters = [...new Set(flattenTree(parameters, (value) => value instanceof Variable).leaves)];
    if (this.parameters.length === 0) throw new OptionError(`${op}: no variable to train in ${show(parameters)}`);
    const fixed = this.parameters.find(({ requiresGrad }) => !requiresGrad);
    if (fixed !== undefined) throw new OptionError(`${op}: variable ${show(fixed.name)} is not trainable`);
    checkNonNegative(op, "learningRate", learningRate);
    this.rate = variable(learningRate, { name: "learning rate", trainable: false });
    this.steps = variable(0, { name: "steps", dtype: "int32", trainable: false });
  }

  /** The learning rate, as float32. In a function for `compile` it may be set to one of its arguments. */
  get learningRate(): number {
    return this.rate.item();
  }

  set learningRate(value: number | Tensor) {
    if (typeof value === "number") checkNonNegative(this.constructor.name, "learningRate", value);
    this.rate.assign(value);
  }

  /** How many steps have been made. */
  get stepCount(): number {
    return this.steps.item();
  }

  /** The variables an update of one parameter replaces, and their new values; all from the values before the step. */
  protected abstract update(parameter: Variable, gradient: Tensor): Updates;

  /**
   * Replaces every parameter that has a gradient, in one run, and uses the gradients up: `grad` is undefined
   * afterwards. The losses they are gradients of are computed in the same run and can be read after it.
   *
   * @throws {GradientError} when no parameter has a gradient.
   */
  step(): void {
    const updates: Updates = [];
    const losses = new Set<Tensor>();
    for (const parameter of this.parameters) {
      if (parameter.grad === undefined) continue;
      updates.push(...this.update(parameter, parameter.grad));
      if (parameter.gradOf !== undefined) losses.add(parameter.gradOf);
    }
    if (updates.length === 0) {
      throw new GradientError(`${this.constructor.name}: no parameter has a gradient; call backward() before step()`);
    }
    assign([...updates, [this.steps, add(this.steps, 1)]], [...losses]);
    this.zeroGrad();
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters) {
      parameter.grad = undefined;
      parameter.gradOf = undefined;
    }
  }
}

/** @internal @throws {OptionError} unless `value` is a finite number ≥ 0. */
export function checkNonNegative(op: string, option: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new OptionError(`${op}: option "${option}" must be a number ≥ 0, got ${show(value)}`);
}
