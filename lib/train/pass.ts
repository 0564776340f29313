/** One pass over batches, and what it has summed up. */

import { FormatError } from "../errors.js";
import type { TensorData } from "../io/index.js";
import type { Stateful } from "./callback.js";
import type { Batches, Values } from "./source.js";

/** How far a pass over the data is. */
export interface PassProgress {
  /** Batches done. */
  readonly batches: number;
  /** Examples in them. */
  readonly examples: number;
  /** That they took; in an epoch that was resumed, with those before. */
  readonly seconds: number;
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

const SUM = "sum.";

/** Sums over the batches of a pass that are done: what a checkpoint in the middle of an epoch keeps of it. */
export class PassTotals implements Stateful {
  /** That the pass has taken. */
  seconds = 0;
  private batches = 0;
  private examples = 0;
  /** Of the values, each times its examples. */
  private sums: Values = {};

  get progress(): PassProgress {
    const { batches, examples, seconds, sums } = this;
    const values = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / examples]));
    return { batches, examples, seconds, values };
  }

  add({ examples, values }: StepResult): void {
    // What is measured only now that a pass goes on has no average over all of it.
    const before = (name: string) => this.sums[name] ?? (this.batches === 0 ? 0 : Number.NaN);
    this.sums = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, before(name) + examples * value]),
    );
    this.batches++;
    this.examples += examples;
  }

  /** Forgets everything, for another pass. */
  reset(): void {
    this.loadState({});
  }

  /** Counts, time and sums, float64; nothing before the first batch. */
  state(): Record<string, TensorData> {
    if (this.batches === 0) return {};
    const sums = Object.entries(this.sums).map(([name, sum]) => [`${SUM}${name}`, float64(sum)] as const);
    const counts = float64(this.batches, this.examples, this.seconds);
    return { counts, ...Object.fromEntries(sums) };
  }

  /** @throws {FormatError} for what `state()` does not give. */
  loadState({ counts, ...sums }: Readonly<Record<string, TensorData>>): void {
    const entries = Object.entries(sums);
    const isWhole = counts === undefined ? entries.length === 0 : counts.data.length === 3;
    if (!isWhole || entries.some(([name, { data }]) => !name.startsWith(SUM) || data.length !== 1)) {
      throw new FormatError("fit: a pass has three counts and one number for each sum");
    }
    [this.batches, this.examples, this.seconds] = (counts?.data ?? [0, 0, 0]) as unknown as [number, number, number];
    this.sums = Object.fromEntries(entries.map(([name, { data }]) => [name.slice(SUM.length), data[0] as number]));
  }
}

function float64(...values: number[]): TensorData {
  return { dtype: "float64", shape: [values.length], data: Float64Array.from(values) };
}

/**
 * Applies a step to each batch. While it computes off the calling thread, the next batch is fetched.
 *
 * @param step Starts computing at once and does not wait for anything before.
 * @param onBatch Called after each batch, before the next step.
 * @param totals What to add to (default: nothing yet).
 * @throws what the batches, the step or `onBatch` throw; the batches are then told to end.
 */
export async function runPass<B>(
  batches: Batches<B>,
  step: (batch: B) => Promise<StepResult>,
  onBatch: (progress: PassProgress) => unknown = () => {},
  totals = new PassTotals(),
): Promise<PassProgress> {
  const iterator = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  const fetch = async () => iterator.next();
  const start = performance.now() - 1000 * totals.seconds;
  const readClock = () => {
    totals.seconds = (performance.now() - start) / 1000;
  };
  let isDone = false;
  try {
    let fetched = await fetch();
    while (!fetched.done) {
      const running = step(fetched.value);
      const next = fetch();
      next.catch(() => {}); // it is awaited below, unless something else fails before
      totals.add(await running);
      readClock();
      await onBatch(totals.progress);
      fetched = await next;
    }
    readClock();
    isDone = true;
  } finally {
    if (!isDone) await iterator.return?.();
  }
  return totals.progress;
}
