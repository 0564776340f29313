/** The transposed convolution layer. */

import { checkOptions } from "../errors.js";
import { CONV_TRANSPOSE_OPTIONS } from "../ops/conv-transpose.js";
import { add, type ConvTranspose2dOptions, convTranspose2d, type Pair, reshape } from "../ops/index.js";
import { checkPair } from "../ops/window.js";
import type { Tensor, Variable } from "../tensor.js";
import { Module } from "./module.js";
import { WEIGHT_OPTIONS, type WeightOptions, weightsAndBias } from "./weights.js";
import { checkChannels, checkWindows } from "./windows.js";

/**
 * Transposed convolution with a bias per channel of the result: `[n, inputs, h, w]` → `[n, outputs, oh, ow]` (NHWC: channels
 * last), float32. See `convTranspose2d` for the sizes.
 *
 * Weights start as the `initializer` says, which sees the shape of the weights: its fanIn is outputs/groups·kh·kw, as in
 * PyTorch. Biases are uniform in ±1/√fanIn.
 */
export class ConvTranspose2d extends Module {
  /** Filters: `[inputs, outputs/groups, kh, kw]`, in either layout. */
  readonly weight: Variable;
  /** `[outputs]`. */
  readonly bias: Variable | undefined;
  private readonly options: ConvTranspose2dOptions;

  /**
   * @param inputs Channels of the images.
   * @param outputs Channels of the result.
   * @param kernel Height and width of a filter.
   * @param options Those of `convTranspose2d` and of layers with weights.
   * @throws {OptionError} for numbers that are no positive integers and options that are unknown or wrong.
   */
  constructor(inputs: number, outputs: number, kernel: Pair, options: ConvTranspose2dOptions & WeightOptions = {}) {
    super();
    const op = "ConvTranspose2d";
    checkOptions(op, options, [...CONV_TRANSPOSE_OPTIONS, ...WEIGHT_OPTIONS]);
    const { bias, initializer, gain, seed, ...convolution } = options;
    checkWindows(op, convolution);
    const groups = checkChannels(op, inputs, outputs, convolution.groups);
    const shape = [inputs, outputs / groups, ...checkPair(op, "kernel", kernel)];
    ({ weight: this.weight, bias: this.bias } = weightsAndBias(op, shape, outputs, { bias, initializer, gain, seed }));
    this.options = convolution;
  }

  /** @throws {ShapeError} when the images do not have the layer's channels, or padding leaves nothing of the result. */
  forward(x: Tensor): Tensor {
    const images = convTranspose2d(x, this.weight, this.options);
    if (this.bias === undefined) return images;
    return add(images, this.options.layout === "NHWC" ? this.bias : reshape(this.bias, [-1, 1, 1]));
  }
}
