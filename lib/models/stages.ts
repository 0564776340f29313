/** Stages of 3 × 3 convolutions, each ended by a 2 × 2 maximum: VGG, and what is built like it. */

import { Activation, BatchNorm2d, Conv2d, type Initializer, MaxPool2d, type Module } from "../nn/index.js";

/** How the convolutions of all stages are made. */
interface StageOptions {
  readonly batchNorm: boolean;
  readonly bias: boolean;
  readonly initializer: Initializer;
  /** Gives each convolution its seed. */
  readonly seed: () => number | undefined;
}

/**
 * The layers of the stages for images `[n, 3, h, w]`: convolutions, each with its activation, and a pool.
 *
 * @param stages Per stage the channels of each convolution.
 */
export function convolutionStages(stages: readonly (readonly number[])[], options: StageOptions): Module[] {
  const { batchNorm, bias, initializer, seed } = options;
  let inputs = 3;
  return stages.flatMap((convolutions) => {
    const layers = convolutions.flatMap((outputs) => {
      const conv = new Conv2d(inputs, outputs, 3, { padding: 1, bias, initializer, seed: seed() });
      inputs = outputs;
      return [conv, ...(batchNorm ? [new BatchNorm2d(outputs)] : []), new Activation("relu")];
    });
    return [...layers, new MaxPool2d(2)];
  });
}
