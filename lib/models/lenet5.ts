/** LeNet-5, the network that read the handwritten digits of cheques. */

import { OptionError, show } from "../errors.js";
import { Activation, Conv2d, Flatten, Linear, MaxPool2d, Sequential, splitSeed } from "../nn/index.js";
import { type ClassifierOptions, checkClasses } from "./options.js";

/** Options of `lenet5`. */
export interface LeNet5Options extends ClassifierOptions {
  /**
   * `"modern"` (default), or `"1998"` for the proportions, the sigmoids and the trained subsampling of LeCun, Bottou,
   * Bengio and Haffner, "Gradient-based learning applied to document recognition".
   */
  readonly variant?: "modern" | "1998";
}

/**
 * LeNet-5 for images `[n, 1, 28, 28]`: scores `[n, classes]` (default 10), before the softmax.
 *
 * | layer | modern | 1998 |
 * | --- | --- | --- |
 * | conv1 | 20 × 28 × 28 | 6 × 28 × 28 |
 * | pool1 | 20 × 14 × 14, maximum | 6 × 14 × 14, a 2 × 2 filter per channel |
 * | conv2 | 50 × 14 × 14 | 16 × 10 × 10 |
 * | pool2 | 50 × 7 × 7, maximum | 16 × 5 × 5, a 2 × 2 filter per channel |
 * | fc1 | 500 | 120 |
 * | fc2 | classes | 84 |
 * | fc3 | – | classes |
 * | activation | ReLU | sigmoid |
 * | parameters, 10 classes | 1,256,080 | 61,816 |
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function lenet5(options: LeNet5Options = {}): Sequential {
  const classes = checkClasses("lenet5", options, ["variant"], 10);
  const { seed, variant = "modern" } = options;
  if (variant === "modern") return modern(classes, seed);
  if (variant === "1998") return original(classes, seed);
  throw new OptionError(`lenet5: option "variant" must be "modern" or "1998", got ${show(variant)}`);
}

function modern(classes: number, seed: number | undefined): Sequential {
  const [conv1, conv2, fc1, fc2] = splitSeed("lenet5", seed, 4);
  return new Sequential({
    conv1: new Conv2d(1, 20, 5, { padding: 2, seed: conv1 }),
    relu1: new Activation("relu"),
    pool1: new MaxPool2d(2),
    conv2: new Conv2d(20, 50, 5, { padding: 2, seed: conv2 }),
    relu2: new Activation("relu"),
    pool2: new MaxPool2d(2),
    flatten: new Flatten(),
    fc1: new Linear(2450, 500, { seed: fc1 }),
    relu3: new Activation("relu"),
    fc2: new Linear(500, classes, { seed: fc2 }),
  });
}

function original(classes: number, seed: number | undefined): Sequential {
  const [conv1, pool1, conv2, pool2, fc1, fc2, fc3] = splitSeed("lenet5", seed, 7);
  const gain = 4; // of a sigmoid
  return new Sequential({
    conv1: new Conv2d(1, 6, 5, { padding: 2, gain, seed: conv1 }),
    sigmoid1: new Activation("sigmoid"),
    pool1: new Conv2d(6, 6, 2, { stride: 2, groups: 6, gain, seed: pool1 }),
    sigmoid2: new Activation("sigmoid"),
    conv2: new Conv2d(6, 16, 5, { gain, seed: conv2 }),
    sigmoid3: new Activation("sigmoid"),
    pool2: new Conv2d(16, 16, 2, { stride: 2, groups: 16, gain, seed: pool2 }),
    sigmoid4: new Activation("sigmoid"),
    flatten: new Flatten(),
    fc1: new Linear(400, 120, { gain, seed: fc1 }),
    sigmoid5: new Activation("sigmoid"),
    fc2: new Linear(120, 84, { gain, seed: fc2 }),
    sigmoid6: new Activation("sigmoid"),
    fc3: new Linear(84, classes, { seed: fc3 }),
  });
}
