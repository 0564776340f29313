/** Tensors that change: parameters, optimiser moments, running statistics. */

import { type DType, isFloat, type TypedArray } from "../dtype.js";
import { type Shape, sizeOf } from "../shape.js";
import { Storage } from "../storage.js";
import { stateOp } from "./leaves.js";
import type { Op } from "./op.js";
import { Tensor } from "./tensor.js";
import { activeTrace } from "./trace.js";

/** A leaf that reads a variable at the version it had when the leaf was made. */
export class StateLeaf extends Tensor {
  readonly variable: Variable;
  readonly version: number;

  constructor(variable: Variable, version: number) {
    super(stateOp as Op, [], {}, variable.shape, variable.dtype, variable.requiresGrad);
    this.variable = variable;
    this.version = version;
  }
}

/**
 * A tensor with a value that can be replaced: `assign` overwrites its memory in place.
 *
 * Used as an operand it stands for its current value. A lazy tensor built from it and read after the next
 * `assign` throws `StaleTensorError`, because the value it was built from is gone.
 */
export class Variable extends Tensor {
  /** Name for prints and messages. */
  readonly name: string;
  /** @internal Memory of the values. */
  readonly memory: Storage;
  /** @internal Number of the value it has now; every assignment gives a number of its own. */
  version = 0;
  private assignments = 0;
  private leaf: StateLeaf | undefined;

  /** @internal Use `variable()`. Takes ownership of `data`; without it the values are zeros. */
  constructor(data: TypedArray | undefined, shape: Shape, dtype: DType, name: string, trainable: boolean) {
    super(stateOp as Op, [], {}, shape, dtype, trainable && isFloat(dtype));
    this.name = name;
    this.memory = new Storage(dtype, sizeOf(shape), data);
  }

  /** @internal The leaf that reads the memory as it is now. */
  get current(): StateLeaf {
    if (this.leaf?.version !== this.version) this.leaf = new StateLeaf(this, this.version);
    return this.leaf;
  }

  /** @internal Goes on to a new version; returns the one before. */
  advance(): number {
    const before = this.version;
    this.version = ++this.assignments;
    return before;
  }

  /** @internal Takes an assignment back that has failed, unless another one has followed it. */
  revert(failed: number, before: number): void {
    if (this.version === failed) this.version = before;
  }

  override resolve(): Tensor {
    return activeTrace()?.updates.get(this) ?? this.current;
  }
}

/** A value on its way into a variable: from here on it is the variable, and derivatives end at it. */
export class AssignedValue extends Tensor {
  readonly variable: Variable;

  /** @param barrier The value behind a view that lets no derivative through. */
  constructor(barrier: Tensor, variable: Variable) {
    super(barrier.op, barrier.inputs, {}, barrier.shape, barrier.dtype, variable.requiresGrad);
    this.variable = variable;
  }
}
