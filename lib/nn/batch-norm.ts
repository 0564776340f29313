/** Batch normalisation as layers: with the statistics of the batch while training, with running ones afterwards. */

import { checkBoolean, checkNumber } from "../data/check.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { add, batchNorm, cast, div, type Layout, moments, mul, ones, sub, zeros } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { checkCount, checkLayout } from "../ops/window.js";
import { showShape } from "../shape.js";
import { assign, type Tensor, type Variable, variable } from "../tensor.js";
import { Module } from "./module.js";

/** Options of batch normalisation. */
export interface BatchNormLayerOptions {
  /** ε, added to the variance (default 1e-5). */
  readonly epsilon?: number;
  /**
   * Share of the batch in the running statistics, in [0, 1] (default 0.1); null: they are the average over all batches.
   */
  readonly momentum?: number | null;
  /** Whether there are γ and β to learn (default true). */
  readonly affine?: boolean;
  /** Whether there are running statistics (default true). Without them those of the batch are used at all times. */
  readonly trackRunningStats?: boolean;
}

const OPTIONS = ["epsilon", "momentum", "affine", "trackRunningStats"];

/**
 * What batch normalisations share: (x − μ) / √(σ² + ε) · γ + β for each channel.
 *
 * While training, μ and σ² are mean and population variance of the batch, and the running statistics move towards them
 * with every call, by `assign`: running ← (1 − momentum)·running + momentum·batch, where the variance counts with
 * n/(n − 1), as in PyTorch. With a momentum of null the k-th batch counts with 1/k. In evaluation mode μ and σ² are the
 * running statistics; without such they are those of the batch here too.
 *
 * Variables have PyTorch's names: `weight` (γ), `bias` (β), `running_mean`, `running_var`, the latter two not trained. Its
 * counter `num_batches_tracked`, int32, is a variable with a momentum of null only. Otherwise nothing depends on it:
 * `loadState` passes over it, and PyTorch loads a state without it.
 */
export abstract class BatchNorm extends Module {
  /** γ: `[channels]`, 1 at first. */
  readonly weight: Variable | undefined;
  /** β: `[channels]`, 0 at first. */
  readonly bias: Variable | undefined;
  /** The running mean: `[channels]`, 0 at first. */
  readonly runningMean: Variable | undefined;
  /** The running variance: `[channels]`, 1 at first. */
  readonly runningVar: Variable | undefined;
  /** How many batches have been seen, where the momentum is null: int32 `[]`, 0 at first. */
  readonly numBatchesTracked: Variable | undefined;
  private readonly epsilon: number;
  private readonly momentum: number | null;

  /** @throws {OptionError} for channels that are no positive integer and options that are unknown or out of range. */
  constructor(
    op: string,
    private readonly channels: number,
    options: BatchNormLayerOptions,
  ) {
    super();
    checkCount(op, "channels", channels);
    const { epsilon = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    this.epsilon = checkEpsilon(op, epsilon);
    this.momentum = momentum === null ? null : checkNumber(op, "momentum", momentum, 0, 1);
    if (checkBoolean(op, "affine", affine)) {
      this.weight = variable(ones([channels]), { name: "weight" });
      this.bias = variable(zeros([channels]), { name: "bias" });
    }
    if (!checkBoolean(op, "trackRunningStats", trackRunningStats)) return;
    this.runningMean = variable(zeros([channels]), { name: "running_mean", trainable: false });
    this.runningVar = variable(ones([channels]), { name: "running_var", trainable: false });
    if (momentum !== null) return;
    this.numBatchesTracked = variable(0, { name: "num_batches_tracked", dtype: "int32", trainable: false });
  }

  protected override members(): object {
    const { weight, bias, runningMean, runningVar, numBatchesTracked } = this;
    const statistics = { running_mean: runningMean, running_var: runningVar, num_batches_tracked: numBatchesTracked };
    return { weight, bias, ...statistics };
  }

  protected override unused(): readonly string[] {
    return this.numBatchesTracked ? [] : ["num_batches_tracked"];
  }

  /** The running statistics, if there are any. */
  private get running(): { readonly mean: Variable; readonly variance: Variable } | undefined {
    const { runningMean: mean, runningVar: variance } = this;
    return mean && variance && { mean, variance };
  }

  /**
   * The axis of x's channels.
   *
   * @throws {ShapeError} when x has other axes than the layer is for.
   */
  protected abstract channelAxis(x: Tensor): number;

  /**
   * @throws {ShapeError} for other axes or channels than the layer's; where the statistics of the batch are used, for less
   *   than two values per channel.
   */
  forward(x: Tensor): Tensor {
    const op = this.constructor.name;
    const axis = this.channelAxis(checkTensor(op, x, "x"));
    const { channels, weight: gamma, bias: beta, epsilon, running } = this;
    if (x.shape[axis] !== channels) {
      throw new ShapeError(`${op}: channels differ: ${showShape(x.shape)} has ${x.shape[axis]}, expected ${channels}`);
    }
    const statistics = this.training || running === undefined ? this.batchMoments(op, x, axis) : running;
    return batchNorm(x, { mean: statistics.mean, variance: statistics.variance, gamma, beta, epsilon, axis });
  }

  /** Mean and variance of the batch, towards which the running statistics are moved while training. */
  private batchMoments(op: string, x: Tensor, axis: number): { mean: Tensor; variance: Tensor } {
    const count = x.size / this.channels;
    if (count < 2) {
      const [what, remedy] = this.running
        ? ["training", "; call eval() to use the layer"]
        : ["a layer of no memory", ""];
      throw new ShapeError(`${op}: ${what} needs more than one value per channel: ${showShape(x.shape)}${remedy}`);
    }
    const { mean, variance } = moments(x, { axes: x.shape.flatMap((_, i) => (i === axis ? [] : [i])) });
    const { running } = this;
    if (this.training && running) this.track(running.mean, running.variance, { x, mean, variance });
    return { mean, variance };
  }

  /** Moves the running statistics towards those of a batch. */
  private track(mean: Variable, variance: Variable, batch: { x: Tensor; mean: Tensor; variance: Tensor }): void {
    const count = batch.x.size / this.channels;
    const seen = this.numBatchesTracked?.add(1);
    const moved = (running: Variable, value: Tensor, factor: number) => {
      if (this.momentum !== null) return add(mul(running, 1 - this.momentum), mul(value, this.momentum * factor));
      const share = div(1, cast(seen as Tensor, running.dtype));
      return add(mul(running, sub(1, share)), mul(value, mul(share, factor)));
    };
    const updates: [Variable, Tensor][] = [
      [mean, moved(mean, batch.mean, 1)],
      [variance, moved(variance, batch.variance, count / (count - 1))],
    ];
    if (this.numBatchesTracked && seen) updates.push([this.numBatchesTracked, seen]);
    // Along with x, which would be computed once more from the start for the layers above otherwise.
    assign(updates, Object.values(batch));
  }
}

/** @internal @throws {OptionError} unless the option `epsilon` is a finite number ≥ 0. */
export function checkEpsilon(op: string, epsilon: unknown): number {
  if (typeof epsilon === "number" && epsilon >= 0 && Number.isFinite(epsilon)) return epsilon;
  throw new OptionError(`${op}: option "epsilon" must be a finite number ≥ 0, got ${show(epsilon)}`);
}

/** Batch normalisation of features `[n, channels]`, or of sequences `[n, channels, length]`; see `BatchNorm`. */
export class BatchNorm1d extends BatchNorm {
  /** @throws {OptionError} for channels that are no positive integer and options that are unknown or out of range. */
  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    checkOptions("BatchNorm1d", options, OPTIONS);
    super("BatchNorm1d", channels, options);
  }

  protected override channelAxis(x: Tensor): number {
    if (x.rank === 2 || x.rank === 3) return 1;
    throw new ShapeError(`BatchNorm1d: x must have axes [n, c] or [n, c, length], got ${showShape(x.shape)}`);
  }
}

/** Batch normalisation of images `[n, channels, h, w]` (NHWC: `[n, h, w, channels]`); see `BatchNorm`. */
export class BatchNorm2d extends BatchNorm {
  private readonly layout: Layout;

  /** @throws {OptionError} for channels that are no positive integer and options that are unknown or out of range. */
  constructor(channels: number, options: BatchNormLayerOptions & { readonly layout?: Layout } = {}) {
    checkOptions("BatchNorm2d", options, [...OPTIONS, "layout"]);
    super("BatchNorm2d", channels, options);
    this.layout = checkLayout("BatchNorm2d", options.layout ?? "NCHW");
  }

  protected override channelAxis(x: Tensor): number {
    if (x.rank === 4) return this.layout === "NHWC" ? 3 : 1;
    const expected = this.layout === "NHWC" ? "[n, h, w, c]" : "[n, c, h, w]";
    throw new ShapeError(`BatchNorm2d: x must have 4 axes ${expected}, got ${showShape(x.shape)}`);
  }
}
