/** One step of recurrent networks, as functions: what cells and sequences share. */

import { add, matmul, mul, type SeedOptions, sigmoid, split, sub, tanh, transpose } from "../ops/index.js";
import type { Tensor, Variable } from "../tensor.js";
import { splitSeed, uniform } from "./initializers.js";

/** What a recurrent network carries from step to step. */
export interface HiddenState {
  /** h: `[n, hidden]` of a cell, `[layers·directions, n, hidden]` of a sequence. */
  readonly hidden: Tensor;
}

/** What an LSTM carries from step to step. */
export interface LSTMState extends HiddenState {
  /** c, of the shape of h. */
  readonly cell: Tensor;
}

/** Kinds of recurrent networks. */
export interface Recurrence<State extends HiddenState> {
  /** How many times `hidden` rows the weights have. */
  readonly gates: number;
  /** The names of what it carries. */
  readonly state: readonly (keyof State & string)[];
  /**
   * The state after a step.
   *
   * @param input W_ih·x + b_ih: `[n, gates·hidden]`.
   * @param recurrent W_hh·h + b_hh: `[n, gates·hidden]`.
   */
  step(input: Tensor, recurrent: Tensor, state: State): State;
}

/** See `RNNCell`. */
export const elman: Recurrence<HiddenState> = {
  gates: 1,
  state: ["hidden"],
  step: (input, recurrent) => ({ hidden: tanh(add(input, recurrent)) }),
};

/** See `LSTMCell`. */
export const lstm: Recurrence<LSTMState> = {
  gates: 4,
  state: ["hidden", "cell"],
  step(input, recurrent, state) {
    const [i, f, g, o] = split(add(input, recurrent), 4, { axis: 1 }) as [Tensor, Tensor, Tensor, Tensor];
    const cell = add(mul(sigmoid(f), state.cell), mul(sigmoid(i), tanh(g)));
    return { hidden: mul(sigmoid(o), tanh(cell)), cell };
  },
};

/** See `GRUCell`. */
export const gru: Recurrence<HiddenState> = {
  gates: 3,
  state: ["hidden"],
  step(input, recurrent, { hidden }) {
    const [r1, z1, n1] = split(input, 3, { axis: 1 }) as [Tensor, Tensor, Tensor];
    const [r2, z2, n2] = split(recurrent, 3, { axis: 1 }) as [Tensor, Tensor, Tensor];
    const candidate = tanh(add(n1, mul(sigmoid(add(r1, r2)), n2)));
    // (1 − z)·n + z·h with one product.
    return { hidden: add(candidate, mul(sigmoid(add(z1, z2)), sub(hidden, candidate))) };
  },
};

/** Weights of one recurrence, by PyTorch's names: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh` and a suffix. */
export type RecurrentWeights = Record<string, Variable>;

/** Options of recurrent layers and cells. */
export interface RecurrentOptions extends SeedOptions {
  /** Whether to add biases (default true). */
  readonly bias?: boolean;
}

/** Weights that start uniform in ±1/√hidden, as in PyTorch. */
export function recurrentWeights(
  op: string,
  { inputs, hidden, gates }: { readonly inputs: number; readonly hidden: number; readonly gates: number },
  suffix: string,
  options: RecurrentOptions,
): RecurrentWeights {
  const rows = gates * hidden;
  const shapes = {
    weight_ih: [rows, inputs],
    weight_hh: [rows, hidden],
    ...((options.bias ?? true) ? { bias_ih: [rows], bias_hh: [rows] } : {}),
  };
  const seeds = splitSeed(op, options.seed, 4);
  return Object.fromEntries(
    Object.entries(shapes).map(([part, shape], i) => {
      const name = `${part}${suffix}`;
      return [name, uniform(name, shape, 1 / Math.sqrt(hidden), { seed: seeds[i] })];
    }),
  );
}

/** W·x + b for one of the two sides, `ih` or `hh`: `[…, inputs]` → `[…, gates·hidden]`. */
export function project(weights: RecurrentWeights, side: "ih" | "hh", suffix: string, x: Tensor): Tensor {
  const bias = weights[`bias_${side}${suffix}`];
  const product = matmul(x, transpose(weights[`weight_${side}${suffix}`] as Variable));
  return bias === undefined ? product : add(product, bias);
}
