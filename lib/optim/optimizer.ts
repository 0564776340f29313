/** What all optimisers share: parameters, the learning rate, their state, and a step that is one run. */

import { allocate } from "../dtype.js";
import { GradientError, OptionError, show } from "../errors.js";
import { setGradientAside } from "../graph/trace.js";
import type { TensorData } from "../io/index.js";
import { captureState, restoreState } from "../io/state.js";
import { add, mul, tensor, zerosLike } from "../ops/index.js";
import { sizeOf } from "../shape.js";
import { assign, type Tensor, type Variable, variable, zeroVariable } from "../tensor.js";
import { type CheckOptions, type Group, groupsOf, type OptimizerOptions, type Trained } from "./groups.js";

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
 * Parameters that need other options are groups of their own:
 *
 * ```ts
 * const optimizer = new SGD(
 *   [{ parameters: features.parameters(), learningRate: 0.001 }, { parameters: classifier.parameters() }],
 *   { learningRate: 0.01, momentum: 0.9 },
 * );
 * ```
 */
export abstract class Optimizer<Options extends OptimizerOptions = OptimizerOptions> {
  /** The variables that are trained, of all groups. */
  readonly parameters: readonly Variable[];
  private readonly groups: readonly Group<Required<Options>>[];
  /** The learning rate: float32, a scalar. */
  private readonly rate: Variable;
  /** How many steps have been made: int32, a scalar. */
  private readonly steps: Variable;
  /** Everything that changes besides the parameters, by name. */
  private readonly variables: Record<string, Variable>;
  /** Sums of gradients that wait for the next step, since `accumulate` was first called. */
  private readonly waiting = new Map<Variable, Variable>();

  /**
   * @param trained Variables in any tree, `model.parameters()`, or groups of them.
   * @param options Of all parameters, but for what groups have of their own.
   * @param check Gives every option, for the whole and for each group.
   * @throws {OptionError} when there are none, one is not trainable or in two groups, the rate is not a finite number ≥ 0,
   *   and as `check` does.
   */
  constructor(trained: Trained<Options>, options: Options, check: CheckOptions<Options>) {
    const op = this.constructor.name;
    if (typeof check !== "function") throw new OptionError(`${op}: check must be a function, got ${show(check)}`);
    const checkAll: CheckOptions<Options> = (op, options) => {
      const checked = check(op, options);
      checkNonNegative(op, "learningRate", checked?.learningRate);
      return checked;
    };
    this.groups = groupsOf(op, trained, options, checkAll);
    this.parameters = this.groups.flatMap(({ parameters }) => parameters);
    this.rate = variable(options.learningRate, { name: "learning rate", trainable: false });
    this.steps = variable(0, { name: "steps", dtype: "int32", trainable: false });
    this.variables = { learningRate: this.rate, steps: this.steps };
  }

  /**
   * The learning rate, as float32; those of groups are in proportion to it. In a function for `compile` it may be set to one of its arguments, so that a schedule
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
   * Starts a step of a group: what it computes once for all its parameters, such as corrections for the number of steps.
   *
   * @param options Of the group, all of them.
   * @param rate Its learning rate now: float32, a scalar.
   * @param count Number of this step, from 1: int32, a scalar.
   */
  protected abstract rule(options: Required<Options>, rate: Tensor, count: Tensor): Rule;

  /**
   * Variables of the shape and dtype of parameters that are part of the state: their moments, for instance.
   *
   * @param initial What those of a group start with (default 0); undefined where the group needs none.
   */
  protected slots(
    name: string,
    initial: (options: Required<Options>) => number | undefined = () => 0,
  ): ReadonlyMap<Variable, Variable> {
    const slots = new Map<Variable, Variable>();
    for (const { parameters, paths, options } of this.groups) {
      const value = initial(options);
      if (value === undefined) continue;
      for (const [i, parameter] of parameters.entries()) {
        const slot = likeParameter(name, parameter, value);
        this.variables[paths[i] === "" ? name : `${name}.${paths[i]}`] = slot;
        slots.set(parameter, slot);
      }
    }
    return slots;
  }

  /**
   * Replaces every parameter that has a gradient, in one run, and uses the gradients up: `grad` is undefined
   * afterwards. The losses they are gradients of are computed in the same run and can be read after it.
   *
   * @throws {GradientError} when no parameter has a gradient.
   */
  step(): void {
    const count = add(this.steps, 1);
    const gradients = this.gradients();
    if (gradients.length === 0) {
      throw new GradientError(`${this.constructor.name}: no parameter has a gradient; call backward() before step()`);
    }
    const rules = this.rules(count);
    const updates = gradients.flatMap(([parameter, gradient]) => (rules.get(parameter) as Rule)(parameter, gradient));
    assign([...updates, ...this.emptyWaiting(), [this.steps, count]], this.losses());
    this.dropGradients();
  }

  /**
   * Adds the gradients to sums that wait for the next step, in one run, and uses them up. A batch can so be too large for
   * memory: each part, its loss divided by the number of parts, takes the memory of one part, and the step is that of
   * the whole batch.
   *
   * ```ts
   * const part = compile((x, y) => {
   *   const loss = crossEntropy(model.forward(x), y).div(8);
   *   loss.backward();
   *   optimizer.accumulate();
   *   return loss;
   * });
   * for (const [x, y] of eight) part(x, y);
   * optimizer.step();
   * ```
   *
   * The sums are kept from then on, as zeros between a step and the next part.
   *
   * @throws {GradientError} when no parameter has a gradient.
   */
  accumulate(): void {
    const trained = this.parameters.filter(({ grad }) => grad !== undefined);
    if (trained.length === 0) {
      throw new GradientError(
        `${this.constructor.name}: no parameter has a gradient; call backward() before accumulate()`,
      );
    }
    for (const parameter of trained) {
      if (!this.waiting.has(parameter)) this.waiting.set(parameter, likeParameter("gradients", parameter));
    }
    this.replaceGradients(this.gradients());
  }

  /** Drops the gradients of all parameters, and those that wait in sums. */
  zeroGrad(): void {
    this.dropGradients();
    if (this.waiting.size > 0) assign(this.emptyWaiting());
  }

  /**
   * Everything a step depends on besides parameters and gradients, by name: the learning rate, the number of steps,
   * moments as `"mean.conv1.weight"`. Copies, for `saveSafetensors`: training goes on from them to the same bits. Gradients
   * that wait in sums are no part of it: save after a step.
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

  /** @internal What the next step uses: per parameter its gradient, with the sum of those before it. */
  gradients(): (readonly [Variable, Tensor])[] {
    return this.parameters.flatMap((parameter) => {
      const parts = [this.waiting.get(parameter), parameter.grad].filter((part) => part !== undefined);
      return parts.length === 0 ? [] : [[parameter, parts.reduce(add)] as const];
    });
  }

  /**
   * @internal Puts others in their place. Where gradients wait in sums, this is a run.
   * @param also What to compute in that run, besides the losses.
   */
  replaceGradients(gradients: readonly (readonly [Variable, Tensor])[], also: readonly Tensor[] = []): void {
    const sums: Updates = [];
    const losses = this.losses();
    for (const [parameter, gradient] of gradients) {
      const sum = this.waiting.get(parameter);
      if (sum !== undefined) sums.push([sum, gradient]);
      setGradientAside(parameter); // so that it comes back after a function that is being compiled
      parameter.grad = sum === undefined ? gradient : undefined;
    }
    if (sums.length > 0) assign(sums, [...losses, ...also]);
  }

  /** What the next step makes of each parameter. */
  private rules(count: Tensor): ReadonlyMap<Variable, Rule> {
    const rules = this.groups.map(({ parameters, options, scale }) => {
      const rule = this.rule(options, scale === 1 ? this.rate : mul(this.rate, scale), count);
      return parameters.map((parameter) => [parameter, rule] as const);
    });
    return new Map(rules.flat());
  }

  /** What the gradients are of. */
  private losses(): Tensor[] {
    return [...new Set(this.parameters.flatMap(({ grad, gradOf }) => (grad && gradOf ? [gradOf] : [])))];
  }

  private emptyWaiting(): Updates {
    return [...this.waiting.values()].map((sum) => [sum, zerosLike(sum)] as const);
  }

  private dropGradients(): void {
    for (const parameter of this.parameters) {
      parameter.grad = undefined;
      parameter.gradOf = undefined;
    }
  }
}

/** A variable of a parameter's shape and dtype that is not trained. */
function likeParameter(kind: string, parameter: Variable, initial = 0): Variable {
  const { shape, dtype } = parameter;
  const name = `${kind} of ${parameter.name}`;
  if (initial === 0) return zeroVariable(parameter, name, false);
  const values = allocate(dtype, sizeOf(shape)).fill(initial); // an array, because a function may be being compiled
  return variable(values, { shape, dtype, name, trainable: false });
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

/** @internal @throws {OptionError} unless `value` is a number in [0, 1): the share of a moving average, or of a velocity, that is kept. */
export function checkShare(op: string, option: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  throw new OptionError(`${op}: option "${option}" must be a number in [0, 1), got ${show(value)}`);
}
