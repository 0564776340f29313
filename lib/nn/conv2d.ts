/** The convolution layer. */

import { checkOptions } from "../errors.js";
import { add, type Conv2dOptions, conv2d, type Pair, reshape } from "../ops/index.js";
import { checkPair } from "../ops/window.js";
import type { Tensor, Variable } from "../tensor.js";
import { Module } from "./module.js";
import { WEIGHT_OPTIONS, type WeightOptions, weightsAndBias } from "./weights.js";
import { checkChannels, checkWindows } from "./windows.js";

/**
 * Convolution with a bias per filter: `[n, inputs, h, w]` → `[n, outputs, oh, ow]` (NHWC: channels last), float32.
 * See `conv2d` for the sizes.
 *
 * Weights start as the `initializer` says, biases uniform in ±1/√fanIn with the inputs/groups·kh·kw inputs of one output.
 */
export class Conv2d extends Module {
  /** Filters: `[outputs, inputs/groups, kh, kw]`, in either layout. */
  readonly weight: Variable;
  /** `[outputs]`. */
  readonly bias: Variable | undefined;
  private readonly options: Conv2dOptions;

  /**
   * @param inputs Channels of the images.
   * @param outputs Number of filters.
   * @param kernel Height and width of a filter.
   * @param options Those of `conv2d` and of layers with weights.
   * @throws {OptionError} for numbers that are no positive integers and options that are unknown or wrong.
   */
  constructor(inputs: number, outputs: number, kernel: Pair, options: Conv2dOptions & WeightOptions = {}) {
    super();
    const op = "Conv2d";
    checkOptions(op, options, ["stride", "padding", "dilation", "groups", "layout", "accuracy", ...WEIGHT_OPTIONS]);
    const { bias, initializer, gain, seed, ...convolution } = options;
    checkWindows(op, convolution);
    const groups = checkChannels(op, inputs, outputs, convolution.groups);
    const shape = [outputs, inputs / groups, ...checkPair(op, "kernel", kernel)];
    ({ weight: this.weight, bias: this.bias } = weightsAndBias(op, shape, outputs, { bias, initializer, gain, seed }));
    this.options = convolution;
  }

  /** @throws {ShapeError} when the images do not have the layer's channels, or are smaller than a filter. */
  forward(x: Tensor): Tensor {
    const images = conv2d(x, this.weight, this.options);
    if (this.bias === undefined) return images;
    return add(images, this.options.layout === "NHWC" ? this.bias : reshape(this.bias, [-1, 1, 1]));
  }
}
