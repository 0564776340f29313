/** From a data set to the batches a training loop sees: in order, on time, prepared on other threads if asked to. */

import { checkOptions, OptionError, show } from "../errors.js";
import { checkTensorData } from "../io/tensor-data.js";
import { tensor } from "../ops/index.js";
import { MAX_SIZE } from "../shape.js";
// Not for its type alone: tensors get their methods there.
import "../tensor.js";
import type { Tensor } from "../tensor.js";
import { batchesFor } from "./batches.js";
import { checkInteger } from "./check.js";
import type { Arrays, BatchRequest, Blueprint, Dataset } from "./dataset.js";
import { WorkerPool } from "./worker-pool.js";

/** Options of `DataLoader`. */
export interface DataLoaderOptions {
  /** Examples in a batch, at least 1. */
  batchSize: number;
  /** Whether to visit the examples in random order, another in every epoch (default false: in their own). */
  shuffle?: boolean;
  /** Seed of the order and of all that is drawn for the examples, a non-negative safe integer (default 0). */
  seed?: number;
  /** Whether to leave out a last batch of fewer than `batchSize` examples (default false). */
  dropLast?: boolean;
  /** Passes over the data when the loader itself is iterated, at least 1 (default 1). */
  epochs?: number;
  /** Threads that prepare batches (default 0: the calling thread does, when the batch is asked for). */
  workers?: number;
  /** Batches that are prepared ahead of the one in use, with workers (default 2 for each of them). */
  prefetch?: number;
}

/** The tensors of a batch by name. */
export type Batch<Names extends string = string> = Readonly<Record<Names, Tensor>>;

/**
 * The batches of a data set:
 *
 * ```ts
 * const loader = new DataLoader(imageDataset(train), { batchSize: 64, shuffle: true, seed: 1, epochs: 10 });
 * for await (const { images, labels } of loader) step(images, labels);
 * ```
 *
 * Batches come in the same order and with the same bits for any number of workers; they depend on the data set, the
 * options and the epoch alone. Threads live as long as a loop: they have ended when it is left, be it by `break`, `return`
 * or an error. What reading a batch throws comes out of the loop at its turn, with the stack of the thread it
 * happened on.
 */
export class DataLoader<Names extends string> implements AsyncIterable<Batch<Names>> {
  /** Batches in an epoch. */
  readonly length: number;
  readonly #dataset: Dataset<Names>;
  readonly #order: { batchSize: number; shuffle: boolean; dropLast: boolean; seed: number };
  readonly #epochs: number;
  readonly #workers: number;
  readonly #prefetch: number;

  /**
   * @throws {OptionError} for an option that is unknown or out of range, or when there are to be workers and other threads
   *   cannot read the data set.
   */
  constructor(dataset: Dataset<Names>, options: DataLoaderOptions) {
    const op = "DataLoader";
    checkOptions(op, options, ["batchSize", "shuffle", "seed", "dropLast", "epochs", "workers", "prefetch"]);
    if (typeof dataset?.read !== "function" || !Number.isInteger(dataset.length)) {
      throw new OptionError(`${op}: dataset must be a Dataset, such as imageDataset makes, got ${show(dataset)}`);
    }
    const { batchSize, shuffle = false, dropLast = false, seed = 0 } = options;
    this.#dataset = dataset;
    this.#order = { batchSize, shuffle, dropLast, seed };
    this.length = this.#batches(op, 0).length;
    this.#epochs = checkInteger(op, "epochs", options.epochs ?? 1, 1, MAX_SIZE);
    this.#workers = checkInteger(op, "workers", options.workers ?? 0, 0, 256);
    this.#prefetch = checkInteger(op, "prefetch", options.prefetch ?? 2 * this.#workers, 0, 65_536);
    if (this.#workers > 0) checkBlueprint(op, dataset.blueprint, this.#workers);
  }

  /**
   * The batches of one epoch. Several loops may run at a time, each with threads of its own.
   *
   * @param epoch Which, an integer ≥ 0 (default 0): each has an order and random changes of its own.
   * @throws {OptionError} for anything else.
   */
  epoch(epoch = 0): AsyncGenerator<Batch<Names>, void, undefined> {
    checkInteger("DataLoader.epoch", "epoch", epoch, 0, MAX_SIZE);
    return this.#run(epoch, epoch + 1);
  }

  /**
   * The batches of one epoch from one of them on: to go on in its middle. Those before are not read.
   *
   * @param epoch Which, an integer ≥ 0.
   * @param batch The first one, an integer ≥ 0 counted from 0; from `length` on there are none.
   * @throws {OptionError} for anything else.
   */
  epochFrom(epoch: number, batch: number): AsyncGenerator<Batch<Names>, void, undefined> {
    checkInteger("DataLoader.epochFrom", "epoch", epoch, 0, MAX_SIZE);
    checkInteger("DataLoader.epochFrom", "batch", batch, 0, MAX_SIZE);
    return this.#run(epoch, epoch + 1, batch);
  }

  /** The batches of all epochs. */
  [Symbol.asyncIterator](): AsyncGenerator<Batch<Names>, void, undefined> {
    return this.#run(0, this.#epochs);
  }

  #batches(op: string, epoch: number) {
    return batchesFor(op, { count: this.#dataset.length, ...this.#order, epoch });
  }

  *#requests(from: number, end: number, first: number): Generator<BatchRequest> {
    const { seed } = this.#order;
    for (let epoch = from; epoch < end; epoch++) {
      let batch = 0;
      for (const indices of this.#batches("DataLoader", epoch)) {
        if (epoch > from || batch >= first) yield { indices, seed, epoch, batch };
        batch++;
      }
    }
  }

  /** @param first The first batch of the first epoch. */
  async *#run(from: number, end: number, first = 0): AsyncGenerator<Batch<Names>, void, undefined> {
    const { blueprint } = this.#dataset;
    const pool = this.#workers > 0 && blueprint ? new WorkerPool(blueprint, this.#workers) : undefined;
    try {
      const requests = this.#requests(from, end, first);
      const ahead = pool ? 1 + this.#prefetch : 1;
      const pending: Promise<Arrays>[] = [];
      for (;;) {
        for (let next = requests.next(); !next.done; next = requests.next()) {
          const { value } = next;
          const arrays = pool ? pool.read(value) : Promise.resolve(this.#dataset.read(value));
          // It is thrown at its turn; until then nobody listens.
          arrays.catch(() => {});
          if (pending.push(arrays) >= ahead) break;
        }
        const arrays = pending.shift();
        if (arrays === undefined) return;
        yield toTensors((await (pool?.hold(arrays) ?? arrays)) as Arrays<Names>);
      }
    } finally {
      await pool?.close();
    }
  }
}

/** @throws {OptionError} unless threads can make a data set of it. */
function checkBlueprint(op: string, blueprint: Blueprint | undefined, workers: number): void {
  if (blueprint === undefined) {
    throw new OptionError(`${op}: option "workers" needs a data set with a blueprint, got ${workers}`);
  }
  const { module, name, args } = blueprint ?? {};
  if (typeof module === "string" && URL.canParse(module) && typeof name === "string" && Array.isArray(args)) return;
  const given = `{ module: ${show(module)}, name: ${show(name)}, args: ${show(args)} }`;
  throw new OptionError(`${op}: blueprint must be the URL of a module, a name and arguments, got ${given}`);
}

/** @throws {OptionError} for what a data set read that are no arrays by name. */
function toTensors<Names extends string>(arrays: Arrays<Names>): Batch<Names> {
  if (typeof arrays !== "object" || arrays === null) {
    throw new OptionError(`DataLoader: dataset must read arrays by name, got ${show(arrays)}`);
  }
  const tensors = Object.entries<Arrays[string]>(arrays).map(([name, array]) => {
    const { data, shape, dtype } = checkTensorData(`DataLoader: ${show(name)}`, array);
    return [name, tensor(data, { shape, dtype })];
  });
  return Object.fromEntries(tensors) as Batch<Names>;
}
