/** The convolution layer for sequences. */

import { checkOptions } from "../errors.js";
import { CONV1D_OPTIONS } from "../ops/conv1d.js";
import { add, type Conv1dOptions, conv1d, expandDims } from "../ops/index.js";
import { checkCount } from "../ops/window.js";
import type { Tensor, Variable } from "../tensor.js";
import { Module } from "./module.js";
import { WEIGHT_OPTIONS, type WeightOptions, weightsAndBias } from "./weights.js";
import { checkChannels } from "./windows.js";

/**
 * Convolution of sequences with a bias per filter: `[n, inputs, length]` → `[n, outputs, m]`, float32. See `conv1d` for m.
 *
 * Weights start as the `initializer` says, biases uniform in ±1/√fanIn with the inputs/groups·taps inputs of one output.
 */
export class Conv1d extends Module {
  /** Filters: `[outputs, inputs/groups, taps]`. */
  readonly weight: Variable;
  /** `[outputs]`. */
  readonly bias: Variable | undefined;
  private readonly options: Conv1dOptions;

  /**
   * @param inputs Channels of the sequences.
   * @param outputs Number of filters.
   * @param kernel Taps of a filter.
   * @param options Those of `conv1d` and of layers with weights.
   * @throws {OptionError} for numbers that are no positive integers and options that are unknown or wrong.
   */
  constructor(inputs: number, outputs: number, kernel: number, options: Conv1dOptions & WeightOptions = {}) {
    super();
    checkOptions("Conv1d", options, [...CONV1D_OPTIONS, ...WEIGHT_OPTIONS]);
    const { bias, initializer, gain, seed, ...convolution } = options;
    checkCount("Conv1d", "stride", convolution.stride ?? 1);
    checkCount("Conv1d", "dilation", convolution.dilation ?? 1);
    const groups = checkChannels("Conv1d", inputs, outputs, convolution.groups);
    const shape = [outputs, inputs / groups, checkCount("Conv1d", "kernel", kernel)];
    const made = weightsAndBias("Conv1d", shape, outputs, { bias, initializer, gain, seed });
    ({ weight: this.weight, bias: this.bias } = made);
    this.options = convolution;
  }

  /** @throws {ShapeError} when the sequences do not have the layer's channels, or are shorter than a filter. */
  forward(x: Tensor): Tensor {
    const sequences = conv1d(x, this.weight, this.options);
    return this.bias === undefined ? sequences : add(sequences, expandDims(this.bias, 1));
  }
}
