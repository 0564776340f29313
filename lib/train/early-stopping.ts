/** Ending a training that no longer improves. */

import { checkBoolean, checkInteger } from "../data/check.js";
import { checkOptions, FormatError, OptionError, show } from "../errors.js";
import type { TensorData } from "../io/index.js";
import type { Callback, Run } from "./callback.js";
import type { HistoryRow } from "./history.js";

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** Column of the history to watch (default `"validationLoss"`). */
  readonly monitor?: string;
  /** Whether a smaller value is better or a larger one (default: `"max"` for accuracies, else `"min"`). */
  readonly mode?: "min" | "max";
  /** Epochs without improvement after which to stop, at least 1 (default 5). */
  readonly patience?: number;
  /** How much better than the best a value must be to count, ≥ 0 (default 0). */
  readonly minDelta?: number;
  /** Whether the model has the parameters of the best epoch in the end (default true). */
  readonly restoreBest?: boolean;
}

/**
 * A callback that ends a training when a value has not improved for some epochs. NaN is no improvement. It remembers the best
 * value: a second training needs one of its own.
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(options);
}

const WEIGHTS = "weights.";

/** See `earlyStopping`. */
export class EarlyStopping implements Callback {
  readonly name = "earlyStopping";
  /** The epoch with the best value, counted from 1; 0 before there is one. */
  bestEpoch = 0;
  /** Its value. */
  best = Number.NaN;
  private readonly monitor: string;
  private readonly sign: 1 | -1;
  private readonly patience: number;
  private readonly minDelta: number;
  private readonly restoreBest: boolean;
  /** Epochs since the best one. */
  private waited = 0;
  private weights: Record<string, TensorData> = {};

  /** @throws {OptionError} for an option that is unknown or out of range. */
  constructor(options: EarlyStoppingOptions) {
    const op = "earlyStopping";
    checkOptions(op, options, ["monitor", "mode", "patience", "minDelta", "restoreBest"]);
    const { monitor = "validationLoss", patience = 5, minDelta = 0, restoreBest = true } = options;
    const mode = options.mode ?? (/accuracy/i.test(monitor) ? "max" : "min");
    if (mode !== "min" && mode !== "max") {
      throw new OptionError(`${op}: option "mode" must be "min" or "max", got ${show(mode)}`);
    }
    if (!(Number.isFinite(minDelta) && minDelta >= 0)) {
      throw new OptionError(`${op}: option "minDelta" must be a number ≥ 0, got ${show(minDelta)}`);
    }
    if (typeof monitor !== "string") {
      throw new OptionError(`${op}: option "monitor" must be the name of a column, got ${show(monitor)}`);
    }
    this.monitor = monitor;
    this.sign = mode === "min" ? 1 : -1;
    this.patience = checkInteger(op, "patience", patience, 1, Number.MAX_SAFE_INTEGER);
    this.minDelta = minDelta;
    this.restoreBest = checkBoolean(op, "restoreBest", restoreBest);
  }

  /** A training that had stopped when it was saved stays so. */
  onStart(run: Run): void {
    if (this.waited >= this.patience) run.stop();
  }

  /** @throws {OptionError} when the history has no such column. */
  onEpochEnd(run: Run, row: HistoryRow): void {
    const value = row[this.monitor];
    if (value === undefined) {
      const known = Object.keys(row).join(", ");
      throw new OptionError(`earlyStopping: the history has no ${show(this.monitor)}; it has ${known}`);
    }
    const isFirst = this.bestEpoch === 0 && !Number.isNaN(value);
    if (isFirst || this.sign * (this.best - value) > this.minDelta) {
      this.best = value;
      this.bestEpoch = row.epoch;
      this.waited = 0;
      if (this.restoreBest) this.weights = run.model.state();
    } else if (++this.waited >= this.patience) run.stop();
  }

  /** Puts the best parameters back. */
  onEnd(run: Run): void {
    if (this.restoreBest && this.bestEpoch > 0) run.model.loadState(this.weights);
  }

  /** What a checkpoint keeps: the best value, its epoch, the epochs since, and the parameters of then. */
  state(): Record<string, TensorData> {
    const data = Float64Array.of(this.best, this.bestEpoch, this.waited);
    const weights = Object.entries(this.weights).map(([path, value]) => [`${WEIGHTS}${path}`, value]);
    return { progress: { dtype: "float64", shape: [3], data }, ...Object.fromEntries(weights) };
  }

  /** @throws {FormatError} for what `state()` does not give. */
  loadState(state: Readonly<Record<string, TensorData>>): void {
    const { progress, ...weights } = state ?? {};
    if (!ArrayBuffer.isView(progress?.data) || progress.data.length !== 3)
      throw new FormatError("earlyStopping: state has no progress of 3 numbers");
    [this.best, this.bestEpoch, this.waited] = progress.data as unknown as [number, number, number];
    this.weights = Object.fromEntries(
      Object.entries(weights).map(([name, value]) => [name.slice(WEIGHTS.length), value]),
    );
  }
}
