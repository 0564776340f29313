/** Recurrent cells: one step of a recurrent network as a layer. */

import { checkBoolean } from "../data/check.js";
import { checkOptions, ShapeError } from "../errors.js";
import { zeros } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { checkCount } from "../ops/window.js";
import { sameShape, showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";
import {
  elman,
  gru,
  type HiddenState,
  type LSTMState,
  lstm,
  project,
  type Recurrence,
  type RecurrentOptions,
  type RecurrentWeights,
  recurrentWeights,
} from "./recurrence.js";

/**
 * What recurrent cells share: x `[n, inputs]` and a state, zeros by default, become the next state.
 *
 * Weights start uniform in ±1/√hidden and have PyTorch's names, `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
 */
export abstract class RecurrentCell<State extends HiddenState> extends Module<[x: Tensor, state?: State], State> {
  /** The weights by name. */
  readonly weights: RecurrentWeights;
  private readonly sizes: { readonly inputs: number; readonly hidden: number };
  private readonly recurrence: Recurrence<State>;

  /** @internal */
  constructor(op: string, inputs: number, hidden: number, recurrence: Recurrence<State>, options: RecurrentOptions) {
    super();
    checkOptions(op, options, ["bias", "seed"]);
    checkBoolean(op, "bias", options.bias ?? true);
    this.sizes = { inputs: checkCount(op, "inputs", inputs), hidden: checkCount(op, "hidden", hidden) };
    this.recurrence = recurrence;
    this.weights = recurrentWeights(op, { ...this.sizes, gates: recurrence.gates }, "", options);
  }

  protected override members(): object {
    return this.weights;
  }

  /** @throws {ShapeError} when x or the state does not have the cell's sizes. */
  forward(x: Tensor, state?: State): State {
    const { inputs, hidden } = this.sizes;
    const op = this.constructor.name;
    checkTensor(op, x, "x");
    if (x.rank !== 2 || x.shape[1] !== inputs) {
      throw new ShapeError(`${op}: x must have axes [n, ${inputs}], got ${showShape(x.shape)}`);
    }
    const shape = [x.shape[0] as number, hidden];
    const before = checkState(op, this.recurrence, state, shape, x);
    const recurrent = project(this.weights, "hh", "", before.hidden);
    return this.recurrence.step(project(this.weights, "ih", "", x), recurrent, before);
  }
}

/**
 * @internal A state of the given shape: the one given, or zeros.
 *
 * @throws {ShapeError} when it has another shape.
 */
export function checkState<State extends HiddenState>(
  op: string,
  recurrence: Recurrence<State>,
  state: State | undefined,
  shape: readonly number[],
  { dtype }: Tensor,
): State {
  const parts = recurrence.state.map((name) => {
    const given = state?.[name] as Tensor | undefined;
    if (state === undefined) return [name, zeros(shape, { dtype })] as const;
    checkTensor(op, given, `${name} state`);
    if (!sameShape((given as Tensor).shape, shape)) {
      throw new ShapeError(
        `${op}: ${name} state must have shape ${showShape(shape)}, got ${showShape((given as Tensor).shape)}`,
      );
    }
    return [name, given as Tensor] as const;
  });
  return Object.fromEntries(parts) as unknown as State;
}

/** The simple recurrent cell: h = tanh(W_ih·x + b_ih + W_hh·h + b_hh), `[n, inputs]` and `[n, hidden]` → `[n, hidden]`. */
export class RNNCell extends RecurrentCell<HiddenState> {
  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, hidden: number, options: RecurrentOptions = {}) {
    super("RNNCell", inputs, hidden, elman, options);
  }
}

/**
 * Long short-term memory: c = σ(f)·c + σ(i)·tanh(g) and h = σ(o)·tanh(c), with i, f, g, o the parts of
 * W_ih·x + b_ih + W_hh·h + b_hh in this order.
 *
 * S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997.
 */
export class LSTMCell extends RecurrentCell<LSTMState> {
  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, hidden: number, options: RecurrentOptions = {}) {
    super("LSTMCell", inputs, hidden, lstm, options);
  }
}

/**
 * Gated recurrent unit: h = (1 − z)·n + z·h with r = σ(r₁ + r₂), z = σ(z₁ + z₂) and n = tanh(n₁ + r·n₂), where r₁, z₁, n₁ are
 * the parts of W_ih·x + b_ih in this order, r₂, z₂, n₂ those of W_hh·h + b_hh.
 *
 * K. Cho et al., "Learning phrase representations using RNN encoder–decoder", 2014, in PyTorch's form.
 */
export class GRUCell extends RecurrentCell<HiddenState> {
  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, hidden: number, options: RecurrentOptions = {}) {
    super("GRUCell", inputs, hidden, gru, options);
  }
}
