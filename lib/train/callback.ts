/** What takes part in a training besides model and data. */

import type { TensorData } from "../io/index.js";
import type { AnyModule } from "../nn/index.js";
import type { Optimizer } from "../optim/index.js";
import type { History, HistoryRow } from "./history.js";
import type { PassProgress } from "./pass.js";

/** A training under way, as callbacks see it. */
export interface Run {
  readonly model: AnyModule;
  readonly optimizer: Optimizer;
  /** Passes over the data that are planned. */
  readonly epochs: number;
  /** Passes done: while one is under way, its number counted from 0. */
  readonly epoch: number;
  /** Steps done, over all epochs. */
  readonly step: number;
  /** Of the random draws of the steps. */
  readonly seed: number;
  /** What the epochs gave. */
  readonly history: History;
  /** Ends the training after this epoch. */
  stop(): void;
}

/** A pass over data: training, or the validation after it. */
export type Phase = "training" | "validation";

/** What has values that a checkpoint keeps: models, optimisers, some callbacks. */
export interface Stateful {
  /** Values by name. Copies. */
  state(): Record<string, TensorData>;
  /**
   * Replaces the values, all or none.
   *
   * @throws {FormatError} when one is missing, unknown, or of another shape or dtype.
   */
  loadState(state: Readonly<Record<string, TensorData>>): void;
}

/** Functions that a training calls; what they return is awaited. An error they throw ends the training. */
export interface Callback extends Partial<Stateful> {
  /** What checkpoints know the callback's state by; a callback with a state needs one. */
  readonly name?: string;
  /** Before the first epoch, and after a checkpoint has been loaded. */
  onStart?(run: Run): unknown;
  /** Before each pass over data. */
  onPassStart?(run: Run, phase: Phase): unknown;
  /** After each batch; in training, after its step. */
  onBatchEnd?(run: Run, phase: Phase, progress: PassProgress): unknown;
  /** After each pass over data, also one that an error has ended. */
  onPassEnd?(run: Run, phase: Phase): unknown;
  /** After training and validation of an epoch, before its checkpoint. */
  onEpochEnd?(run: Run, row: HistoryRow): unknown;
  /** After the last epoch, but not when an error has ended the training. */
  onEnd?(run: Run): unknown;
}
