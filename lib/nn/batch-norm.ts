/** Batch normalisation as layers: with the statistics of the batch while training, with running ones afterwards. */

import { checkBoolean, checkNumber } from "../data/check.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { add, batchNorm, type Layout, moments, mul, ones, zeros } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { checkCount, checkLayout } from "../ops/window.js";
import { showShape } from "../shape.js";
import { assign, type Tensor, type Variable, variable } from "../tensor.js";
import { Module } from "./module.js";

/** Options of batch normalisation. */
export interface BatchNormLayerOptions {
  /** ε, added to the variance (default 1e-5). */
  readonly epsilon?: number;
  /** Share of the batch in the running statistics, in [0, 1] (default 0.1). */
  readonly momentum?: number;
  /** Whether there are γ and β to learn (default true). */
  readonly affine?: boolean;
}

const OPTIONS = ["epsilon", "momentum", "affine"];

/**
 * What batch normalisations share: (x − μ) / √(σ² + ε) · γ + β for each channel.
 *
 * While training, μ and σ² are mean and population variance of the batch, and the running statistics move towards them
 * with every call, by `assign`: running ← (1 − momentum)·running + momentum·batch, where the variance counts with
 * n/(n − 1), as in PyTorch. In evaluation mode μ and σ² are the running statistics.
 *
 * Variables have PyTorch's names: `weight` (γ), `bias` (β), `running_mean`, `running_var`, the latter two not trained. Its
 * counter `num_batches_tracked` is no variable here, because nothing depends on it; `loadState` passes over it, and
 * PyTorch loads a state without it.
 */
export abstract class BatchNorm extends Module {
  /** γ: `[channels]`, 1 at first. */
  readonly weight: Variable | undefined;
  /** β: `[channels]`, 0 at first. */
  readonly bias: Variable | undefined;
  /** The running mean: `[channels]`, 0 at first. */
  readonly runningMean: Variable;
  /** The running variance: `[channels]`, 1 at first. */
  readonly runningVar: Variable;
  private readonly epsilon: number;
  private readonly momentum: number;

  /** @throws {OptionError} for channels that are no positive integer and options that are unknown or out of range. */
  constructor(op: string, channels: number, options: BatchNormLayerOptions) {
    super();
    checkCount(op, "channels", channels);
    const { epsilon = 1e-5, momentum = 0.1, affine = true } = options;
    this.epsilon = checkEpsilon(op, epsilon);
    this.momentum = checkNumber(op, "momentum", momentum, 0, 1);
    if (checkBoolean(op, "affine", affine)) {
      this.weight = variable(ones([channels]), { name: "weight" });
      this.bias = variable(zeros([channels]), { name: "bias" });
    }
    this.runningMean = variable(zeros([channels]), { name: "running_mean", trainable: false });
    this.runningVar = variable(ones([channels]), { name: "running_var", trainable: false });
  }

  protected override members(): object {
    const { weight, bias, runningMean, runningVar } = this;
    return { weight, bias, running_mean: runningMean, running_var: runningVar };
  }

  protected override unused(): readonly string[] {
    return ["num_batches_tracked"];
  }

  /**
   * The axis of x's channels.
   *
   * @throws {ShapeError} when x has other axes than the layer is for.
   */
  protected abstract channelAxis(x: Tensor): number;

  /** @throws {ShapeError} for other axes or channels than the layer's; while training, for a single value per channel. */
  forward(x: Tensor): Tensor {
    const op = this.constructor.name;
    const axis = this.channelAxis(checkTensor(op, x, "x"));
    const channels = this.runningMean.size;
    if (x.shape[axis] !== channels) {
      throw new ShapeError(`${op}: channels differ: ${showShape(x.shape)} has ${x.shape[axis]}, expected ${channels}`);
    }
    const { weight: gamma, bias: beta, epsilon } = this;
    const statistics = this.training
      ? this.trackedMoments(op, x, axis)
      : { mean: this.runningMean, variance: this.runningVar };
    return batchNorm(x, { ...statistics, gamma, beta, epsilon, axis });
  }

  /** Mean and variance of the batch, towards which the running statistics are moved. */
  private trackedMoments(op: string, x: Tensor, axis: number): { mean: Tensor; variance: Tensor } {
    const count = x.size / this.runningMean.size;
    if (count < 2) {
      throw new ShapeError(
        `${op}: training needs more than one value per channel: ${showShape(x.shape)}; call eval() to use the layer`,
      );
    }
    const { mean, variance } = moments(x, { axes: x.shape.flatMap((_, i) => (i === axis ? [] : [i])) });
    const moved = (running: Variable, batch: Tensor, factor: number) =>
      add(mul(running, 1 - this.momentum), mul(batch, this.momentum * factor));
    // Along with x, which would be computed once more from the start for the layers above otherwise.
    assign(
      [
        [this.runningMean, moved(this.runningMean, mean, 1)],
        [this.runningVar, moved(this.runningVar, variance, count / (count - 1))],
      ],
      [x, mean, variance],
    );
    return { mean, variance };
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
