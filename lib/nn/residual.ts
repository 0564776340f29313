/**
 * Residual blocks: relu(F(x) + x), where F is two or three convolutions.
 *
 * K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", 2016. Names as in torchvision.
 */

import { checkOptions, OptionError, show } from "../errors.js";
import { add, pad, relu, type SeedOptions, slice } from "../ops/index.js";
import { checkCount } from "../ops/window.js";
import type { Tensor } from "../tensor.js";
import { BatchNorm2d } from "./batch-norm.js";
import { Conv2d } from "./conv2d.js";
import { checkRate, StochasticDepth } from "./dropout.js";
import { kaimingFanOut, splitSeed } from "./initializers.js";
import { Module } from "./module.js";
import { Sequential } from "./sequential.js";

/** Options of residual blocks. */
export interface ResidualOptions extends SeedOptions {
  /** By how much the block shrinks the images (default 1). */
  readonly stride?: number;
  /**
   * What leads x past the block where its shape changes: a 1×1 convolution with batch normalisation (`"projection"`, the
   * default), or without parameters every stride-th pixel and zeros for new channels (`"padding"`, as for CIFAR-10).
   */
  readonly shortcut?: "projection" | "padding";
  /** Probability of skipping the convolutions while training, for each image: see `StochasticDepth` (default 0). */
  readonly dropRate?: number;
}

/** A 3×3 or 1×1 convolution without bias, from Kaiming's normal distribution for gradients. */
function conv(inputs: number, outputs: number, kernel: number, stride: number, seed: number | undefined): Conv2d {
  const padding = (kernel - 1) / 2;
  return new Conv2d(inputs, outputs, kernel, { stride, padding, bias: false, initializer: kaimingFanOut, seed });
}

/** Every stride-th pixel, and zeros for the channels that x does not have. */
class PaddedShortcut extends Module {
  private readonly stride: number;
  private readonly channels: number;

  constructor(stride: number, channels: number) {
    super();
    this.stride = stride;
    this.channels = channels;
  }

  forward(x: Tensor): Tensor {
    const every = [null, null, this.stride] as const;
    const none = [0, 0] as const;
    return pad(slice(x, [null, null, every, every]), [none, [0, this.channels], none, none]);
  }
}

/** What leads x past a block; undefined where that is x itself. */
function shortcut(
  op: string,
  inputs: number,
  outputs: number,
  { stride = 1, shortcut: kind = "projection" }: ResidualOptions,
  seed: number | undefined,
): Module | undefined {
  if (kind !== "projection" && kind !== "padding") {
    throw new OptionError(`${op}: option "shortcut" must be "projection" or "padding", got ${show(kind)}`);
  }
  if (stride === 1 && inputs === outputs) return undefined;
  if (kind === "projection") {
    return new Sequential([conv(inputs, outputs, 1, stride, seed), new BatchNorm2d(outputs)]);
  }
  if (outputs < inputs) {
    throw new OptionError(`${op}: a shortcut by padding cannot lead ${inputs} channels to ${outputs}`);
  }
  return new PaddedShortcut(stride, outputs - inputs);
}

/** What residual blocks share: relu(branch(x) + shortcut(x)). */
export abstract class Residual extends Module {
  /** Leads x past the convolutions; undefined where that is x itself. */
  readonly downsample: Module | undefined;
  /** Leaves out the convolutions at random; undefined where none is. */
  readonly stochasticDepth: StochasticDepth | undefined;

  protected constructor(
    op: string,
    inputs: number,
    outputs: number,
    options: ResidualOptions,
    seed: number | undefined,
  ) {
    super();
    const { dropRate = 0 } = options;
    this.downsample = shortcut(op, inputs, outputs, options, seed);
    if (dropRate !== 0) this.stochasticDepth = new StochasticDepth(dropRate);
  }

  /** What is added to x, before the activation. */
  protected abstract branch(x: Tensor): Tensor;

  /** @throws {ShapeError} when the images have other channels than the block's inputs. */
  forward(x: Tensor): Tensor {
    const branch = this.branch(x);
    const kept = this.stochasticDepth === undefined ? branch : this.stochasticDepth.forward(branch);
    return relu(add(kept, this.downsample === undefined ? x : this.downsample.forward(x)));
  }
}

/** Checks what all blocks take, and splits the seed. */
function checkBlock(op: string, inputs: number, width: number, options: ResidualOptions): (number | undefined)[] {
  checkOptions(op, options, ["stride", "shortcut", "dropRate", "seed"]);
  checkCount(op, "inputs", inputs);
  checkCount(op, "width", width);
  checkCount(op, "stride", options.stride ?? 1);
  checkRate(op, "dropRate", options.dropRate ?? 0);
  return splitSeed(op, options.seed, 4);
}

/**
 * The block of ResNet-18, ResNet-34 and the ResNets for CIFAR-10: two 3×3 convolutions with batch normalisation.
 * `[n, inputs, h, w]` → `[n, width, ⌈h/stride⌉, ⌈w/stride⌉]`.
 */
export class ResidualBlock extends Residual {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;

  /**
   * @param inputs Channels of the images.
   * @param width Channels of the convolutions and of the result.
   * @throws {OptionError} for numbers that are no positive integers and options that are unknown or wrong.
   */
  constructor(inputs: number, width: number, options: ResidualOptions = {}) {
    const [first, second, , last] = checkBlock("ResidualBlock", inputs, width, options);
    super("ResidualBlock", inputs, width, options, last);
    this.conv1 = conv(inputs, width, 3, options.stride ?? 1, first);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv(width, width, 3, 1, second);
    this.bn2 = new BatchNorm2d(width);
  }

  protected override branch(x: Tensor): Tensor {
    const inner = relu(this.bn1.forward(this.conv1.forward(x)));
    return this.bn2.forward(this.conv2.forward(inner));
  }
}

/**
 * The block of ResNet-50 and deeper ones: a 1×1 convolution to fewer channels, a 3×3 convolution, which has the stride,
 * and a 1×1 convolution to four times as many, with batch normalisation.
 * `[n, inputs, h, w]` → `[n, 4·width, ⌈h/stride⌉, ⌈w/stride⌉]`.
 */
export class Bottleneck extends Residual {
  /** How many times as many channels the result has as the convolutions inside. */
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;

  /**
   * @param inputs Channels of the images.
   * @param width Channels of the convolutions inside.
   * @throws {OptionError} for numbers that are no positive integers and options that are unknown or wrong.
   */
  constructor(inputs: number, width: number, options: ResidualOptions = {}) {
    const [first, second, third, last] = checkBlock("Bottleneck", inputs, width, options);
    const outputs = width * Bottleneck.expansion;
    super("Bottleneck", inputs, outputs, options, last);
    this.conv1 = conv(inputs, width, 1, 1, first);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv(width, width, 3, options.stride ?? 1, second);
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = conv(width, outputs, 1, 1, third);
    this.bn3 = new BatchNorm2d(outputs);
  }

  protected override branch(x: Tensor): Tensor {
    const narrow = relu(this.bn1.forward(this.conv1.forward(x)));
    const inner = relu(this.bn2.forward(this.conv2.forward(narrow)));
    return this.bn3.forward(this.conv3.forward(inner));
  }
}
