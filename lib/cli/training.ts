/** Training and testing a classifier of images: each batch is one run of a compiled function. */

import type { LabelledImages } from "../data/index.js";
import { argMax, compile, type Tensor } from "../index.js";
import { accuracy, crossEntropy, type Module } from "../nn/index.js";
import { SGD } from "../optim/index.js";
import { type ConfusionMatrix, confusionMatrix } from "./confusion.js";
import { type Batch, imageBatches, normalise } from "./images.js";

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

/** What an epoch gave, averaged over its images as they were seen. */
export interface EpochResult {
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}

/**
 * Called after every batch with the number of images seen in the epoch, and averages over them.
 */
export type OnBatch = (done: number, averages: { readonly loss: number; readonly accuracy: number }) => void;

/** Images in a batch that is only tested: enough for full speed, few enough for the caches. */
const TEST_BATCH = 250;

/** Trains a model on cross-entropy by SGD with momentum and a linearly falling learning rate. */
export class Trainer {
  private readonly step: (batch: Batch, rate: number) => { loss: Tensor; accuracy: Tensor };
  private stepsDone = 0;
  private readonly stepsPlanned: number;

  constructor(
    private readonly model: Module,
    private readonly images: LabelledImages,
    private readonly recipe: Recipe,
  ) {
    this.stepsPlanned = recipe.epochs * Math.ceil(images.count / recipe.batch);
    const optimizer = new SGD(model.parameters(), { learningRate: recipe.lr, momentum: recipe.momentum });
    this.step = compile(({ images, labels }: Batch, rate: Tensor | number) => {
      const logits = model.forward(normalise(images));
      const loss = crossEntropy(logits, labels);
      loss.backward();
      optimizer.learningRate = rate;
      optimizer.step();
      return { loss, accuracy: accuracy(logits, labels) };
    });
  }

  /** One pass over the images, in an order that depends on the seed and the epoch. */
  epoch(epoch: number, onBatch: OnBatch = () => {}): EpochResult {
    const { batch: batchSize, seed, lr } = this.recipe;
    const start = performance.now();
    const sums = { loss: 0, accuracy: 0 };
    let done = 0;
    this.model.train();
    for (const batch of imageBatches(this.images, batchSize, { seed, epoch })) {
      const result = this.step(batch, lr * (1 - this.stepsDone++ / this.stepsPlanned));
      const count = batch.labels.size;
      sums.loss += count * result.loss.item();
      sums.accuracy += count * result.accuracy.item();
      done += count;
      onBatch(done, { loss: sums.loss / done, accuracy: sums.accuracy / done });
    }
    const seconds = (performance.now() - start) / 1000;
    return { loss: sums.loss / done, accuracy: sums.accuracy / done, imagesPerSecond: done / seconds };
  }
}

/** How a model does on images it has not learnt from. */
export interface TestResult {
  readonly loss: number;
  readonly accuracy: number;
  readonly confusion: ConfusionMatrix;
  readonly imagesPerSecond: number;
}

/** A function that tests a model; compiled once for all calls. */
export function tester(model: Module): (images: LabelledImages, onBatch?: (done: number) => void) => TestResult {
  const predict = compile(({ images, labels }: Batch) => {
    const logits = model.forward(normalise(images));
    return { loss: crossEntropy(logits, labels, { reduction: "sum" }), classes: argMax(logits, { axis: -1 }) };
  });
  return (images, onBatch = () => {}) => {
    const start = performance.now();
    const predictions = new Int32Array(images.count);
    let [loss, done] = [0, 0];
    model.eval();
    for (const batch of imageBatches(images, TEST_BATCH)) {
      const result = predict(batch);
      predictions.set(result.classes.dataSync(), done);
      loss += result.loss.item();
      done += batch.labels.size;
      onBatch(done);
    }
    const confusion = confusionMatrix(images.labels, predictions, images.classes);
    const right = confusion.reduce((sum, row, i) => sum + (row[i] as number), 0);
    const seconds = (performance.now() - start) / 1000;
    return { loss: loss / done, accuracy: right / done, confusion, imagesPerSecond: done / seconds };
  };
}
