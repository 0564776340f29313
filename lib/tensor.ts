/**
 * What a tensor can do, assembled: operations as methods, and the ways to its values.
 *
 * The node itself is defined in graph/tensor.ts and knows neither operations nor machines; this file installs
 * them on it, so that `x.add(y).relu().dataSync()` reads like the functions it stands for.
 */

/// <reference lib="esnext.disposable" preserve="true" />

import { inspect } from "node:util";
import { backward } from "./autodiff/index.js";
import { copyOf, type TypedArray } from "./dtype.js";
import { checkOptions, DTypeError, OptionError, ShapeError, show } from "./errors.js";
import { Tensor } from "./graph/tensor.js";
import { AssignedValue, Variable } from "./graph/variable.js";
import * as activations from "./ops/activations.js";
import * as broadcast from "./ops/broadcast.js";
import * as comparison from "./ops/comparison.js";
import { conv2d } from "./ops/conv.js";
import * as elementwise from "./ops/elementwise.js";
import { gather, takeAlongAxis } from "./ops/indexing.js";
import { matmul } from "./ops/matmul.js";
import * as movement from "./ops/movement.js";
import { numberOperand } from "./ops/operands.js";
import { avgPool2d, maxPool2d } from "./ops/pool.js";
import * as reduce from "./ops/reduce.js";
import * as slices from "./ops/slices.js";
import { logSoftmax, softmax } from "./ops/softmax.js";
import { type DataOptions, elementsOf, type TensorData } from "./ops/tensor-data.js";
import { assignAll, checkNotTracing, realize, valuesOf, valuesOfAsync } from "./runtime/realize.js";
import { sameShape, showShape } from "./shape.js";

const { where: _where, ...comparisonMethods } = comparison;
const { alias: _alias, unchanged: _unchanged, ...movementMethods } = movement;
const { concat: _concat, stack: _stack, ...sliceMethods } = slices;

/** Functions whose first argument is the tensor they become a method of. */
const methods = {
  ...elementwise,
  ...activations,
  ...comparisonMethods,
  ...movementMethods,
  ...sliceMethods,
  ...broadcast,
  ...reduce,
  matmul,
  conv2d,
  maxPool2d,
  avgPool2d,
  softmax,
  logSoftmax,
  gather,
  takeAlongAxis,
};

type Method<F> = F extends (x: infer _X, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

/** Every operation on one tensor as a method of it; see the function of the same name. */
export type TensorMethods = { [Name in keyof typeof methods]: Method<(typeof methods)[Name]> };

/** Nested arrays of numbers, as deep as the tensor has axes; a plain number for a scalar. */
export type NestedArray = number | NestedArray[];

/** Ways from a tensor to its values. */
export interface TensorValues {
  /**
   * The elements in row-major order, computed off the calling thread: the event loop stays free. A copy.
   *
   * @throws {IndexError}, {StaleTensorError}, {DTypeError} what computing throws, as a rejection.
   */
  data(): Promise<TypedArray>;
  /** The elements in row-major order, computed on the calling thread. A copy. */
  dataSync(): TypedArray;
  /**
   * The only element as a number (0 or 1 for bool).
   *
   * @throws {ShapeError} when there is not exactly one.
   */
  item(): number;
  /** The elements as nested arrays. */
  toArray(): NestedArray;
  /** Computes the values now and keeps them; returns the tensor. */
  realize(): this;
  /** Adds the gradient of this scalar to `grad` of every variable it depends on; see `backward`. */
  backward(options?: { retainGraph?: boolean }): void;
  /**
   * Frees values that have been computed. Never needed: the garbage collector does it too. Using the tensor
   * afterwards throws `StaleTensorError`.
   *
   * @throws {StorageBusyError} while a run in flight uses them.
   */
  dispose(): void;
  [Symbol.dispose](): void;
}

declare module "./graph/tensor.js" {
  interface Tensor extends TensorMethods, TensorValues {}
}

/** A value for a variable: a tensor, or one number for all elements. */
export type VariableValue = Tensor | number;

declare module "./graph/variable.js" {
  interface Variable {
    /**
     * Replaces the value, in place. Tensors built from the old value and not yet computed become stale.
     * To replace several variables from each other's old values, use `assignAll`.
     *
     * @throws {ShapeError} or {DTypeError} when the value does not have the variable's shape and dtype.
     */
    assign(value: VariableValue): void;
  }
}

const values: { [Name in keyof TensorValues]: (this: Tensor, ...args: never[]) => unknown } = {
  async data() {
    return forKeeps(this, await valuesOfAsync(this));
  },
  dataSync() {
    return forKeeps(this, valuesOf(this));
  },
  item() {
    if (this.size !== 1) throw new ShapeError(`item: needs a tensor of one element, got ${showShape(this.shape)}`);
    return valuesOf(this)[0];
  },
  toArray() {
    return nest(valuesOf(this), this.shape);
  },
  realize() {
    realize(this);
    return this;
  },
  backward(options?: { retainGraph?: boolean }) {
    backward(this, options);
  },
  dispose() {
    if (this instanceof Variable) this.memory.dispose("dispose");
    else this.storage?.dispose("dispose");
  },
  [Symbol.dispose]() {
    (this as Tensor & TensorValues).dispose();
  },
};

/** Values that a caller may keep and write: those of a variable on a backend have been copied from there. */
function forKeeps(tensor: Tensor, values: TypedArray): TypedArray {
  return tensor instanceof Variable && tensor.memory.data === undefined ? values : copyOf(values);
}

function nest(data: TypedArray, shape: readonly number[], axis = 0, start = 0): NestedArray {
  if (axis === shape.length) return data[start] as number;
  const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return Array.from({ length: shape[axis] as number }, (_, i) => nest(data, shape, axis + 1, start + i * stride));
}

for (const [name, fn] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return (fn as (...args: unknown[]) => unknown)(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}
for (const name of Reflect.ownKeys(values)) {
  Object.defineProperty(Tensor.prototype, name, {
    value: values[name as keyof TensorValues],
    writable: true,
    configurable: true,
  });
}

Object.defineProperty(Variable.prototype, "assign", {
  value(this: Variable, value: VariableValue) {
    assign([[this, value]]);
  },
  writable: true,
  configurable: true,
});

// What console.log shows: the type, and the values if they are known and few.
Object.defineProperty(Tensor.prototype, inspect.custom, {
  value(this: Tensor) {
    const kind = this instanceof Variable ? `Variable ${JSON.stringify(this.name)}` : "Tensor";
    const known = this.storage?.data !== undefined && this.size <= 1000;
    return `${kind} ${this.dtype}${showShape(this.shape)}${known ? ` ${inspect(this.toArray())}` : ""}`;
  },
});

/** Options of `variable`. */
export interface VariableOptions extends DataOptions {
  /** Name for prints and messages (default `variable1`, `variable2`, …). */
  readonly name?: string;
  /** Whether gradients with respect to it are wanted (default true); integers and bools have none. */
  readonly trainable?: boolean;
}

let variables = 0;

/**
 * A variable: a tensor whose value can be assigned anew, such as a parameter. It starts with a copy of the data,
 * converted as by `tensor`, or with the values of a tensor, computed now.
 *
 * @throws what `tensor` throws; {OptionError} for a name or a `trainable` of another type.
 */
export function variable(data: TensorData | Tensor, options: VariableOptions = {}): Variable {
  checkOptions("variable", options, ["name", "trainable", "dtype", "shape"]);
  const { name = `variable${++variables}`, trainable = true } = options;
  if (typeof name !== "string") throw new OptionError(`variable: option "name" must be a string, got ${show(name)}`);
  if (typeof trainable !== "boolean") {
    throw new OptionError(`variable: option "trainable" must be a boolean, got ${show(trainable)}`);
  }
  const from = data instanceof Tensor ? { shape: data.shape, dtype: data.dtype } : {};
  const given = data instanceof Tensor ? valuesOf(data) : data;
  const { values, shape, dtype } = elementsOf("variable", given, { ...from, ...options });
  return new Variable(values, shape, dtype, name, trainable);
}

/**
 * @internal A variable of zeros, which takes memory when it is first used: on the machine that does so.
 *
 * @param like Has its shape and dtype.
 */
export function zeroVariable({ shape, dtype }: Tensor, name: string, trainable: boolean): Variable {
  return new Variable(undefined, shape, dtype, name, trainable);
}

/** @internal A variable of a tensor's values, computed now, where it keeps them: they are never copied. */
export function computedVariable(value: Tensor, name: string): Variable {
  const computed = zeroVariable(value, name, true);
  checkNotTracing("variable");
  computed.assign(value);
  return computed;
}

/**
 * Replaces several variables at once: every value is computed from what they hold before, in one run.
 *
 * @param updates Pairs of variable and value.
 * @param also Tensors to compute in the same run, such as a loss that shares work with the values.
 * @throws {ShapeError} or {DTypeError} when a value does not have its variable's shape and dtype, {OptionError} when a
 *   variable is named twice.
 */
export function assign(updates: readonly (readonly [Variable, VariableValue])[], also: readonly Tensor[] = []): void {
  if (!Array.isArray(updates) || !updates.every((update) => Array.isArray(update))) {
    throw new OptionError(`assign: needs a list of pairs of a variable and its value, got ${show(updates)}`);
  }
  if (!Array.isArray(also) || ![...also].every((tensor) => tensor instanceof Tensor)) {
    throw new OptionError(`assign: what to compute too must be a list of tensors, got ${show(also)}`);
  }
  const variables = new Set<Variable>();
  const values = updates.map(([variable, given]) => {
    const value = movement.stopGradient(checkedValue(variable, given));
    if (variables.has(variable)) {
      throw new OptionError(`assign: variable ${JSON.stringify(variable.name)} is named twice`);
    }
    variables.add(variable);
    return [variable, new AssignedValue(value, variable)] as const;
  });
  assignAll(values, also);
}

function checkedValue(variable: Variable, value: VariableValue): Tensor {
  if (!(variable instanceof Variable)) throw new OptionError(`assign: needs a variable, got ${show(variable)}`);
  const what = `variable ${JSON.stringify(variable.name)}`;
  if (typeof value === "number") {
    return broadcast.broadcastTo(numberOperand("assign", value, variable.dtype), variable.shape);
  }
  if (!(value instanceof Tensor))
    throw new OptionError(`assign: value must be a tensor or a number, got ${show(value)}`);
  if (!sameShape(value.shape, variable.shape)) {
    throw new ShapeError(`assign: ${what} has shape ${showShape(variable.shape)}, got ${showShape(value.shape)}`);
  }
  if (value.dtype !== variable.dtype) {
    throw new DTypeError(`assign: ${what} is ${variable.dtype}, got ${value.dtype}`);
  }
  return value;
}

export { Tensor, Variable };
