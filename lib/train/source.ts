/** Where batches come from. */

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
  /** Those from the one of this number on, counted from 0, where those before need not be read (default: they are). */
  epochFrom?(epoch: number, batch: number): Batches<B>;
}

/**
 * The batches of every epoch: a `DataLoader`, a function of the epoch, counted from 0, or the same batches each time. What
 * shuffles by a seed and the epoch lets a resumed training see the order of an uninterrupted one.
 */
export type BatchSource<B> = Epochs<B> | ((epoch: number) => Batches<B>) | Batches<B>;

/** Numbers by name, such as `{ loss, accuracy }`. */
export type Values = Readonly<Record<string, number>>;

/**
 * The batches of an epoch, from the one of number `from` on.
 *
 * @throws {OptionError} when a source gives nothing to iterate.
 */
export function batchesOf<B>(op: string, source: BatchSource<B>, epoch: number, from = 0): Batches<B> {
  if (isEpochs(source) && source.epochFrom !== undefined && from > 0) return source.epochFrom(epoch, from);
  const batches = typeof source === "function" ? source(epoch) : isEpochs(source) ? source.epoch(epoch) : source;
  const isIterable =
    typeof batches === "object" && batches !== null && (Symbol.asyncIterator in batches || Symbol.iterator in batches);
  if (isIterable) return from === 0 ? batches : readPast(batches, from);
  throw new OptionError(
    `${op}: data must be a DataLoader, an iterable of batches or a function that gives one, got ${show(batches)}`,
  );
}

async function* readPast<B>(batches: Batches<B>, count: number): AsyncGenerator<B, void, undefined> {
  let read = 0;
  for await (const batch of batches) if (++read > count) yield batch;
}

function isEpochs<B>(source: BatchSource<B>): source is Epochs<B> {
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
