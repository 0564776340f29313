/** Recurrent networks over sequences, in layers and directions. */

import { checkBoolean } from "../data/check.js";
import { checkOptions, ShapeError } from "../errors.js";
import { concat, dropout, slice, stack } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { checkCount } from "../ops/window.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { checkRate } from "./dropout.js";
import { splitSeed } from "./initializers.js";
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
import { checkState } from "./recurrent-cells.js";

/** Options of recurrent networks over sequences. */
export interface SequenceOptions extends RecurrentOptions {
  /** How many layers, each over the outputs of the one before (default 1). */
  readonly layers?: number;
  /** Whether each layer reads the sequence backwards too, with weights of their own (default false). */
  readonly bidirectional?: boolean;
  /** Probability with which outputs between layers are dropped while training (default 0). */
  readonly dropRate?: number;
}

/** What a recurrent network makes of sequences. */
export interface SequenceResult<State extends HiddenState> {
  /** h of the last layer at every step: `[n, steps, hidden·directions]`, that of the way back behind the other. */
  readonly output: Tensor;
  /** The states after the last step, or the first one on the way back: each `[layers·directions, n, hidden]`. */
  readonly state: State;
}

/**
 * What recurrent networks share: sequences `[n, steps, inputs]` and the states before them, zeros by default, become
 * outputs and the states after them. The graph holds every step: sequences of another length are compiled anew.
 *
 * Weights start uniform in ±1/√hidden and have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`
 * for layer 0, with `_reverse` behind them for the way back.
 */
export abstract class Recurrent<State extends HiddenState> extends Module<
  [x: Tensor, state?: State],
  SequenceResult<State>
> {
  /** The weights by name. */
  readonly weights: RecurrentWeights;
  private readonly inputs: number;
  private readonly hidden: number;
  private readonly layers: number;
  /** What the names of weights end with, for each direction. */
  private readonly directions: readonly string[];
  private readonly dropRate: number;
  private readonly recurrence: Recurrence<State>;

  /** @internal */
  constructor(op: string, inputs: number, hidden: number, recurrence: Recurrence<State>, options: SequenceOptions) {
    super();
    checkOptions(op, options, ["layers", "bidirectional", "dropRate", "bias", "seed"]);
    const { layers = 1, bidirectional = false, dropRate = 0, bias = true } = options;
    checkBoolean(op, "bias", bias);
    this.inputs = checkCount(op, "inputs", inputs);
    this.hidden = checkCount(op, "hidden", hidden);
    this.layers = checkCount(op, "layers", layers);
    this.directions = checkBoolean(op, "bidirectional", bidirectional) ? ["", "_reverse"] : [""];
    this.dropRate = checkRate(op, "dropRate", dropRate);
    this.recurrence = recurrence;
    const seeds = splitSeed(op, options.seed, layers * this.directions.length);
    const parts = this.runs().map(({ layer, suffix }, i) => {
      const sizes = { inputs: layer === 0 ? inputs : hidden * this.directions.length, hidden, gates: recurrence.gates };
      return recurrentWeights(op, sizes, suffix, { bias, seed: seeds[i] });
    });
    this.weights = Object.assign({}, ...parts);
  }

  protected override members(): object {
    return this.weights;
  }

  /** @throws {ShapeError} when x or the state does not have the network's sizes, or there are no steps. */
  forward(x: Tensor, state?: State): SequenceResult<State> {
    const op = this.constructor.name;
    checkTensor(op, x, "x");
    if (x.rank !== 3 || x.shape[1] === 0 || x.shape[2] !== this.inputs) {
      throw new ShapeError(`${op}: x must have axes [n, steps, ${this.inputs}], got ${showShape(x.shape)}`);
    }
    const runs = this.runs();
    const before = checkState(op, this.recurrence, state, [runs.length, x.shape[0] as number, this.hidden], x);
    const after: State[] = [];
    let output = x;
    for (let layer = 0; layer < this.layers; layer++) {
      const input = layer > 0 && this.training ? dropout(output, { rate: this.dropRate }) : output;
      const outputs = runs
        .filter((run) => run.layer === layer)
        .map(({ suffix, isReverse }) => {
          const start = mapState(this.recurrence, (name) => slice(before[name] as Tensor, [after.length]));
          const steps = this.unroll(input, start, suffix, isReverse);
          after.push(steps.last);
          return steps.output;
        });
      output = concat(outputs, { axis: 2 });
    }
    return { output, state: mapState(this.recurrence, (name) => stack(after.map((one) => one[name] as Tensor))) };
  }

  /** The passes over the sequence: by layer, then by direction. */
  private runs(): { readonly layer: number; readonly suffix: string; readonly isReverse: boolean }[] {
    return Array.from({ length: this.layers }, (_, layer) =>
      this.directions.map((direction, i) => ({ layer, suffix: `_l${layer}${direction}`, isReverse: i === 1 })),
    ).flat();
  }

  /** One pass: h of every step, in the order of the sequence, and the state after the last one. */
  private unroll(x: Tensor, start: State, suffix: string, isReverse: boolean): { output: Tensor; last: State } {
    const input = project(this.weights, "ih", suffix, x); // of all steps, in one product
    const steps = Array.from({ length: x.shape[1] as number }, (_, step) => step);
    let state = start;
    const outputs = (isReverse ? steps.toReversed() : steps).map((step) => {
      const recurrent = project(this.weights, "hh", suffix, state.hidden);
      state = this.recurrence.step(slice(input, [null, step]), recurrent, state);
      return state.hidden;
    });
    return { output: stack(isReverse ? outputs.toReversed() : outputs, { axis: 1 }), last: state };
  }
}

function mapState<State extends HiddenState>({ state }: Recurrence<State>, part: (name: keyof State) => Tensor): State {
  return Object.fromEntries(state.map((name) => [name, part(name)])) as unknown as State;
}

/** A simple recurrent network of `RNNCell`s over sequences; see `Recurrent`. */
export class RNN extends Recurrent<HiddenState> {
  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, hidden: number, options: SequenceOptions = {}) {
    super("RNN", inputs, hidden, elman, options);
  }
}

/** A long short-term memory of `LSTMCell`s over sequences; see `Recurrent`. */
export class LSTM extends Recurrent<LSTMState> {
  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, hidden: number, options: SequenceOptions = {}) {
    super("LSTM", inputs, hidden, lstm, options);
  }
}

/** A network of `GRUCell`s over sequences; see `Recurrent`. */
export class GRU extends Recurrent<HiddenState> {
  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, hidden: number, options: SequenceOptions = {}) {
    super("GRU", inputs, hidden, gru, options);
  }
}
