/** The HTML report of a training. */

import { summary } from "../nn/index.js";
import { type Callback, type Evaluation, htmlReport } from "../train/index.js";
import type { Classifier } from "./classifier.js";
import type { EpochImages } from "./epochs.js";
import type { Recipe } from "./recipe.js";

/** A callback that writes a training to a page: curves while it runs, and in the end the test that is handed in. */
export function reportOf(
  path: string,
  { name, dataset, model, input, classNames }: Classifier,
  { train, validation, test }: EpochImages,
  { batch, lr, schedule, warmup, weightDecay, augment }: Recipe,
  evaluate: () => Promise<Evaluation>,
): Callback {
  const settings = {
    "data set": dataset,
    "training images": train.count,
    ...(validation && { "validation images": validation.count }),
    "test images": test.count,
    "batch size": batch,
    "first learning rate": lr,
    schedule,
    ...(warmup > 0 && { "warm-up steps": warmup }),
    ...(weightDecay !== undefined && { "weight decay": weightDecay }),
    ...(Object.keys(augment).length > 0 && { augmentation: JSON.stringify(augment) }),
  };
  const shape = [input.channels, input.rows, input.columns];
  return htmlReport({
    ...{ path, title: `${name} on ${dataset}`, classNames, summary: summary(model, shape), settings, evaluate },
  });
}
