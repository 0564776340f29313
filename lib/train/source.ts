/** Where batches come from, and one pass over them. */

import { OptionError, show } from "../errors.js";
import type { Tensor } from "../tensor.js";

/** A batch of examples, unless options say how else to read one. */
export interface Batch {
  /** What the model is applied to: `[n, …]`. */
  readonly inputs: Tensor;
  /** What the loss compares the outputs with: `[n, …]`. */
  readonly targets: Tensor;
}

/** The batches of one pass, at once or one after another. */
export type Batches<B> = Iterable<B> | AsyncIterable<B>;

/**
 * The batches of every epoch: the same each time, or a function of the epoch, counted from 0. A function that
 * shuffles by a seed and the epoch lets a resumed training see the order of an uninterrupted one.
 */
export type BatchSource<B> = Batches<B> | ((epoch: number) => Batches<B>);

/** Numbers by name, such as `{ loss, accuracy }`. */
export type Values = Readonly<Record<string, number>>;

/** How far a pass over the data is. */
export interface PassProgress {
  /** Batches done. */
  readonly batches: number;
  /** Examples in them. */
  readonly examples: number;
  /** Averages over these examples, as they were seen; NaN without any. */
  readonly values: Values;
}

/** What a step makes of a batch. */
export interface StepResult {
  /** Examples in the batch. */
  readonly examples: number;
  /** Averages over them. */
  readonly values: Values;
}

/** @throws {OptionError} when a source gives nothing to iterate. */
export function batchesOf<B>(op: string, source: BatchSource<B>, epoch: number): Batches<B> {
  const batches = typeof source === "function" ? source(epoch) : source;
  const isIterable =
    typeof batches === "object" && batches !== null && (Symbol.asyncIterator in batches || Symbol.iterator in batches);
  if (isIterable) return batches;
  throw new OptionError(
    `${op}: data must be an iterable of batches, or a function that gives one, got ${show(batches)}`,
  );
}

/**
 * Applies a step to each batch. While it computes off the calling thread, the next batch is fetched.
 *
 * @param step Starts computing at once and does not wait for anything before.
 * @param onBatch Called after each batch.
 * @throws what the batches, the step or `onBatch` throw; the batches are then told to end.
 */
export async function runPass<B>(
  batches: Batches<B>,
  step: (batch: B) => Promise<StepResult>,
  onBatch: (progress: PassProgress) => unknown = () => {},
): Promise<PassProgress> {
  const iterator = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  const fetch = async () => iterator.next();
  const sums = new Map<string, number>();
  let progress: PassProgress = { batches: 0, examples: 0, values: {} };
  let isDone = false;
  try {
    let fetched = await fetch();
    while (!fetched.done) {
      const running = step(fetched.value);
      const next = fetch();
      next.catch(() => {}); // it is awaited below, unless something else fails before
      const { examples, values } = await running;
      for (const [name, value] of Object.entries(values)) sums.set(name, (sums.get(name) ?? 0) + examples * value);
      const total = progress.examples + examples;
      const averages = Object.fromEntries([...sums].map(([name, sum]) => [name, sum / total]));
      progress = { batches: progress.batches + 1, examples: total, values: averages };
      await onBatch(progress);
      fetched = await next;
    }
    isDone = true;
  } finally {
    if (!isDone) await iterator.return?.();
  }
  return progress;
}
