/** Training and testing a classifier of images. */

import type { LabelledImages } from "../data/index.js";
import { accuracy, crossEntropy, type Module } from "../nn/index.js";
import { linearSchedule, SGD } from "../optim/index.js";
import { type Callback, type Evaluation, evaluate, fit, type History, type PassProgress } from "../train/index.js";
import { type Batch, type Dataset, imageBatches, normalise } from "./images.js";

/** How to train. */
export interface Recipe {
  readonly epochs: number;
  readonly batch: number;
  /** Learning rate of the first step; it falls linearly towards 0. */
  readonly lr: number;
  readonly momentum: number;
  /** Of the model's parameters and the order of the images. */
  readonly seed: number;
}

/** Images in a batch that is only tested: enough for full speed, few enough for the caches. */
const TEST_BATCH = 250;

/** How a model reads images, and what is measured. */
function measuresOf(model: Module) {
  return {
    forward: ({ images }: Batch) => model.forward(normalise(images)),
    targets: ({ labels }: Batch) => labels,
    loss: crossEntropy,
    metrics: { accuracy },
  };
}

/** Trains a model by SGD with momentum and a linearly falling learning rate, and tests it after every epoch. */
export function trainOnImages(
  model: Module,
  { train, test }: Partial<Dataset> & Pick<Dataset, "train">,
  { epochs, batch, lr, momentum, seed }: Recipe,
  callbacks: readonly Callback[] = [],
): Promise<History> {
  const steps = epochs * Math.ceil(train.count / batch);
  return fit(model, (epoch) => imageBatches(train, batch, { seed, epoch }), {
    ...measuresOf(model),
    optimizer: new SGD(model.parameters(), { learningRate: lr, momentum }),
    schedule: linearSchedule(lr, { steps }),
    epochs,
    seed,
    callbacks,
    ...(test && { validation: () => imageBatches(test, TEST_BATCH) }),
  });
}

/** How a model does on images, with its confusion matrix. */
export function testOnImages(
  model: Module,
  images: LabelledImages,
  onBatch: (progress: PassProgress) => void = () => {},
): Promise<Evaluation> {
  return evaluate(model, imageBatches(images, TEST_BATCH), { ...measuresOf(model), confusion: true, onBatch });
}
