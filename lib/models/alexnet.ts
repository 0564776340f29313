/** AlexNet, the network that won ImageNet's contest of 2012. */

import { checkRate } from "../nn/dropout.js";
import { Activation, AdaptiveAvgPool2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Sequential } from "../nn/index.js";
import { checkCount } from "../ops/window.js";
import { checkClasses, type LinearHeadOptions, seedsOf } from "./options.js";

/**
 * AlexNet for images `[n, 3, h, w]`, at least 63 × 63, usually 224 × 224: scores `[n, classes]`, before the softmax.
 * In the form of A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, with the names
 * of torchvision, whose weights can be loaded.
 *
 * | layer | at 224 × 224 |
 * | --- | --- |
 * | features.0: 11 × 11, stride 4 | 64 × 55 × 55 |
 * | maximum, 3 × 3, stride 2 | 64 × 27 × 27 |
 * | features.3: 5 × 5 | 192 × 27 × 27 |
 * | maximum, 3 × 3, stride 2 | 192 × 13 × 13 |
 * | features.6, .8, .10: 3 × 3 | 384, 256, 256 × 13 × 13 |
 * | maximum, 3 × 3, stride 2 | 256 × 6 × 6 |
 * | classifier.1, .4, .6: linear | 4096, 4096, classes |
 * | parameters, 1000 classes | 61,100,840 |
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function alexnet(options: LinearHeadOptions = {}): Sequential {
  const op = "alexnet";
  const classes = checkClasses(op, options, ["hidden", "dropRate", "initializer"]);
  const { initializer } = options;
  const dropRate = checkRate(op, "dropRate", options.dropRate ?? 0.5);
  const hidden = checkCount(op, "hidden", options.hidden ?? 4096);
  const seed = seedsOf(op, options.seed);
  const conv = (inputs: number, outputs: number, kernel: number, stride = 1, padding = (kernel - 1) / 2) =>
    new Conv2d(inputs, outputs, kernel, { stride, padding, initializer, seed: seed() });
  const linear = (inputs: number, outputs: number) => new Linear(inputs, outputs, { initializer, seed: seed() });
  const relu = () => new Activation("relu");
  const pool = () => new MaxPool2d(3, { stride: 2 });
  return new Sequential({
    features: new Sequential([
      ...[conv(3, 64, 11, 4, 2), relu(), pool()],
      ...[conv(64, 192, 5), relu(), pool()],
      ...[conv(192, 384, 3), relu(), conv(384, 256, 3), relu(), conv(256, 256, 3), relu(), pool()],
    ]),
    avgpool: new AdaptiveAvgPool2d(6),
    flatten: new Flatten(),
    classifier: new Sequential([
      ...[new Dropout(dropRate), linear(256 * 6 * 6, hidden), relu()],
      ...[new Dropout(dropRate), linear(hidden, hidden), relu()],
      linear(hidden, classes),
    ]),
  });
}
