/** What all optimisers share: parameters, the learning rate, their state, and a step that is one run. */

import { GradientError, OptionError, show } from "../errors.js";
import { dropEdges } from "../graph/leaves.js";
import type { TensorData } from "../io/index.js";
import { captureState, restoreState } from "../io/state.js";
import { add, full, mul, stopGradient, tensor } from "../ops/index.js";
import { realize } from "../runtime/realize.js";
import { assign, type Tensor, Variable, variable } from "../tensor.js";
import { flattenTree, type Tree } from "../tree.js";

/** New values of variables. */
export type Updates = (readonly [Variable, Tensor])[];

/** What a step makes of one parameter: the variables it replaces and their new values, from those before the step. */
export type Rule = (parameter: Variable, gradient: Tensor) => Updates;

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
 *
 * Gradients add up until a step uses them: several calls of `backward()` before it make one step on the sum of their
 * losses. With the losses of parts of a batch, each divided by the number of parts, that is the step of the whole batch
 * in the memory of one part.
 */
export abstract class Optimizer {
  /** The variables that are trained. */
  readonly parameters: readonly Variable[];
  /** The learning rate: float32, a scalar. */
  protected readonly rate: Variable;
  /** How many steps have been made: int32, a scalar. */
  private readonly steps: Variable;
  /** Everything that changes besides the parameters, by name. */
  private readonly variables: Record<string, Variable>;
  /** Where each parameter is in the tree. */
  private readonly paths: readonly string[];

  /**
   * @param parameters Variables, in any tree: `model.parameters()`.
   * @throws {OptionError} when there are none, one is not trainable, or the rate is not a finite number ≥ 0.
   */
  constructor(parameters: Tree<Variable>, learningRate: number) {
    const op = this.constructor.name;
    const { leaves, paths } = variablesOf(op, parameters);
    this.parameters = leaves;
    this.paths = paths;
    const fixed = this.parameters.find(({ requiresGrad }) => !requiresGrad);
    if (fixed !== undefined) throw new OptionError(`${op}: variable ${show(fixed.name)} is not trainable`);
    checkNonNegative(op, "learningRate", learningRate);
    this.rate = variable(learningRate, { name: "learning rate", trainable: false });
    this.steps = variable(0, { name: "steps", dtype: "int32", trainable: false });
    this.variables = { learningRate: this.rate, steps: this.steps };
  }

  /**
   * The learning rate, as float32. In a function for `compile` it may be set to one of its arguments, so that a schedule
   * can give another one to each call.
   */
  get learningRate(): number {
    return this.rate.item();
  }

  set learningRate(value: number | Tensor) {
    if (typeof value !== "number") {
      this.rate.assign(value);
      return;
    }
    checkNonNegative(this.constructor.name, "learningRate", value);
    // As a tensor: 0, ½ and 1 as numbers would be part of the Program.
    this.rate.assign(tensor(value));
  }

  /** How many steps have been made. */
  get stepCount(): number {
    return this.steps.item();
  }

  /**
   * Starts a step: what it computes once for all parameters, such as corrections for the number of steps.
   *
   * @param count Number of this step, from 1: int32, a scalar.
   */
  protected abstract rule(count: Tensor): Rule;

  /** A variable for each parameter, of its shape and dtype, that is part of the state: a moment, for instance. */
  protected slots(name: string, initial = 0): ReadonlyMap<Variable, Variable> {
    return new Map(
      this.parameters.map((parameter, i) => {
        const { shape, dtype } = parameter;
        const slot = variable(full(shape, initial, { dtype }), {
          name: `${name} of ${parameter.name}`,
          trainable: false,
        });
        this.variables[this.paths[i] === "" ? name : `${name}.${this.paths[i]}`] = slot;
        return [parameter, slot];
      }),
    );
  }

  /**
   * Replaces every parameter that has a gradient, in one run, and uses the gradients up: `grad` is undefined
   * afterwards. The losses they are gradients of are computed in the same run and can be read after it.
   *
   * @throws {GradientError} when no parameter has a gradient.
   */
  step(): void {
    const count = add(this.steps, 1);
    const rule = this.rule(count);
    const { gradients, losses } = this.gradients();
    if (gradients.length === 0) {
      throw new GradientError(`${this.constructor.name}: no parameter has a gradient; call backward() before step()`);
    }
    const updates = gradients.flatMap(([parameter, gradient]) => rule(parameter, gradient));
    assign([...updates, [this.steps, count]], losses);
    this.zeroGrad();
  }

  /**
   * Computes the gradients there are, with their losses, and lets go of what they are computed from. Call it after each
   * `backward()` of a large batch's parts: without it their graphs are kept for the step, which then needs the memory of
   * all of them. Not in functions for `compile`, which plan their memory.
   */
  accumulate(): void {
    const { gradients, losses } = this.gradients();
    // Nodes of their own, without edges: gradients can be differentiated again, and keep their graph for that.
    const values = gradients.map(([parameter, gradient]) => [parameter, stopGradient(gradient)] as const);
    realize(...values.map(([, value]) => value), ...losses);
    for (const [parameter, value] of values) {
      dropEdges(value);
      parameter.grad = value;
      parameter.gradOf = undefined;
    }
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters) {
      parameter.grad = undefined;
      parameter.gradOf = undefined;
    }
  }

  /**
   * Everything a step depends on besides parameters and gradients, by name: the learning rate, the number of steps,
   * moments as `"mean.conv1.weight"`. Copies, for `saveSafetensors`: training goes on from them to the same bits.
   */
  state(): Record<string, TensorData> {
    return captureState(this.variables);
  }

  /**
   * Replaces the state, all or nothing.
   *
   * @param state As `state()` of an optimiser with the same options and names of parameters gives it.
   * @throws {FormatError} when a part is missing, unknown, or of another shape or dtype.
   */
  loadState(state: Readonly<Record<string, TensorData>>): void {
    restoreState(this.variables, state);
  }

  /** The parameters that have a gradient, and the losses those are of. */
  private gradients() {
    const gradients: (readonly [Variable, Tensor])[] = [];
    const losses = new Set<Tensor>();
    for (const parameter of this.parameters) {
      if (parameter.grad === undefined) continue;
      gradients.push([parameter, parameter.grad]);
      if (parameter.gradOf !== undefined) losses.add(parameter.gradOf);
    }
    return { gradients, losses: [...losses] };
  }
}

/**
 * @internal The variables of a tree, each once, with the first path to it.
 * @throws {OptionError} when there are none.
 */
export function variablesOf(op: string, tree: Tree<Variable>): { leaves: Variable[]; paths: string[] } {
  const { leaves, paths } = flattenTree(tree, (value) => value instanceof Variable);
  if (leaves.length === 0) throw new OptionError(`${op}: no variable to train in ${show(tree)}`);
  const first = new Map<Variable, string>();
  leaves.forEach((leaf, i) => {
    if (!first.has(leaf)) first.set(leaf, paths[i] as string);
  });
  return { leaves: [...first.keys()], paths: [...first.values()] };
}

/** @internal The gradient with that of ½·factor·‖w‖² added: weight decay as part of the loss. */
export function decayed(parameter: Variable, gradient: Tensor, factor: number): Tensor {
  return factor === 0 ? gradient : add(gradient, mul(parameter, factor));
}

/** @internal share·average + (1 − share)·x. */
export function movingAverage(average: Variable, x: Tensor, share: number): Tensor {
  return add(mul(average, share), mul(x, 1 - share));
}

/** @internal @throws {OptionError} unless `value` is a finite number ≥ 0. */
export function checkNonNegative(op: string, option: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new OptionError(`${op}: option "${option}" must be a number ≥ 0, got ${show(value)}`);
}

/** @internal @throws {OptionError} unless `value` is a number in [0, 1): the share of a moving average that is kept. */
export function checkShare(op: string, option: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  throw new OptionError(`${op}: option "${option}" must be a number in [0, 1), got ${show(value)}`);
}
