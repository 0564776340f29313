/** VGG: networks of 3 × 3 convolutions, deeper than those before. */

import { checkBoolean } from "../data/check.js";
import { checkRate } from "../nn/dropout.js";
import {
  Activation,
  AdaptiveAvgPool2d,
  Dropout,
  Flatten,
  type Initializer,
  Linear,
  normal,
  Sequential,
} from "../nn/index.js";
import { kaimingFanOut } from "../nn/initializers.js";
import { checkCount } from "../ops/window.js";
import { checkClasses, type LinearHeadOptions, seedsOf } from "./options.js";
import { convolutionStages } from "./stages.js";

/** Options of the VGG networks. */
export interface VggOptions extends LinearHeadOptions {
  /** Whether to normalise after each convolution (default false, as published). */
  readonly batchNorm?: boolean;
}

/** Channels of the convolutions in each of the five stages, which end in a pool. */
const CHANNELS = [64, 128, 256, 512, 512];

const small: Initializer = (name, shape, { seed }) => normal(name, shape, 0.01, { seed });

/**
 * VGG-11, configuration A of K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image
 * recognition", 2015: eight 3 × 3 convolutions in five stages, each ended by a 2 × 2 maximum, and three linear layers.
 *
 * Images `[n, 3, h, w]`, at least 32 × 32, usually 224 × 224, become scores `[n, classes]`, before the softmax. With the
 * names of torchvision (`features.0.weight`, `classifier.6.bias`), whose weights can be loaded.
 *
 * | network | convolutions per stage | parameters, 1000 classes |
 * | --- | --- | --- |
 * | `vgg11` | 1, 1, 2, 2, 2 | 132,863,336 |
 * | `vgg13` | 2, 2, 2, 2, 2 | 133,047,848 |
 * | `vgg16` | 2, 2, 3, 3, 3 | 138,357,544 |
 * | `vgg19` | 2, 2, 4, 4, 4 | 143,667,240 |
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function vgg11(options: VggOptions = {}): Sequential {
  return vgg("vgg11", [1, 1, 2, 2, 2], options);
}

/** VGG-13, configuration B: see `vgg11`. */
export function vgg13(options: VggOptions = {}): Sequential {
  return vgg("vgg13", [2, 2, 2, 2, 2], options);
}

/** VGG-16, configuration D: see `vgg11`. */
export function vgg16(options: VggOptions = {}): Sequential {
  return vgg("vgg16", [2, 2, 3, 3, 3], options);
}

/** VGG-19, configuration E: see `vgg11`. */
export function vgg19(options: VggOptions = {}): Sequential {
  return vgg("vgg19", [2, 2, 4, 4, 4], options);
}

function vgg(op: string, stages: readonly number[], options: VggOptions): Sequential {
  const classes = checkClasses(op, options, ["hidden", "dropRate", "initializer", "batchNorm"]);
  const { initializer } = options;
  const dropRate = checkRate(op, "dropRate", options.dropRate ?? 0.5);
  const hidden = checkCount(op, "hidden", options.hidden ?? 4096);
  const batchNorm = checkBoolean(op, "batchNorm", options.batchNorm ?? false);
  const seed = seedsOf(op, options.seed);
  const channels = stages.map((count, stage) => new Array<number>(count).fill(CHANNELS[stage] as number));
  const features = { batchNorm, bias: true, initializer: initializer ?? kaimingFanOut, seed };
  const linear = (from: number, to: number) =>
    new Linear(from, to, { initializer: initializer ?? small, seed: seed() });
  return new Sequential({
    features: new Sequential(convolutionStages(channels, features)),
    avgpool: new AdaptiveAvgPool2d(7),
    flatten: new Flatten(),
    classifier: new Sequential([
      ...[linear(512 * 7 * 7, hidden), new Activation("relu"), new Dropout(dropRate)],
      ...[linear(hidden, hidden), new Activation("relu"), new Dropout(dropRate)],
      linear(hidden, classes),
    ]),
  });
}
