/** Where batches come from, and one pass over them. */

import { OptionError, show } from "../errors.js";
import { Tensor } from "../tensor.js";

/**
 * A batch of examples, unless options say how else to read one: first what the model is applied to, `[n, …]`, then what
 * the loss compares its outputs with, `[n, …]`, as a pair or by any names: `{ images, labels }`.
 */
export type Batch = readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** The batches of one pass, at once or one after another. */
export type Batches<B> = Iterable<B> | AsyncIterable<B>;

/** What has the batches of every epoch, counted from 0, such as a `DataLoader`. */
export interface Epochs<B> {
  /** The batches of one epoch. */
  epoch(epoch: number): Batches<B>;
}

/**
 * The batches of every epoch: a `DataLoader`, a function of the epoch, counted from 0, or the same batches each time. What
 * shuffles by a seed and the epoch lets a resumed training see the order of an uninterrupted one.
 */
export type BatchSource<B> = Epochs<B> | ((epoch: number) => Batches<B>) | Batches<B>;

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
  const batches = typeof source === "function" ? source(epoch) : isEpochs(source) ? source.epoch(epoch) : source;
  const isIterable =
    typeof batches === "object" && batches !== null && (Symbol.asyncIterator in batches || Symbol.iterator in batches);
  if (isIterable) return batches;
  throw new OptionError(
    `${op}: data must be a DataLoader, an iterable of batches or a function that gives one, got ${show(batches)}`,
  );
}

function isEpochs<B>(source: Epochs<B> | Batches<B>): source is Epochs<B> {
  return typeof (source as Partial<Epochs<B>> | null)?.epoch === "function";
}

/**
 * A part of a batch by its place.
 *
 * @param part 0: what the model is applied to; 1: what its outputs are compared with.
 * @throws {OptionError} when there is no such part.
 */
export function partOf(op: string, batch: unknown, part: 0 | 1): Tensor {
  const value = typeof batch === "object" && batch !== null ? Object.values(batch)[part] : undefined;
  if (value instanceof Tensor) return value;
  const [what, option] = part === 0 ? ["inputs", "forward"] : ["targets", "targets"];
  throw new OptionError(
    `${op}: a batch has no ${what}; give pairs such as { images, labels }, or the option "${option}" that reads a batch`,
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
