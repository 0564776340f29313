/** `tf.node.summaryFileWriter`: scalars and histograms for TensorBoard. */

import { appendFileSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { OptionError, ShapeError } from "nodegrad";
import { type Event, encodeRecord, FILE_VERSION } from "./event-file.js";
import { histogramOf } from "./histogram.js";

/** Buckets of a histogram, if nobody says how many. */
const BUCKETS = 30;

/** Writers with events that are not in their files yet; when the process ends, they are brought there. */
const unwritten = new Set<SummaryFileWriter>();
process.on("exit", () => {
  for (const writer of unwritten) writer.flush();
});

/** Writers of this process: names of files must differ, also of those made in the same second. */
let writers = 0;

/** Writes events to a file in a folder of TensorBoard's. */
export class SummaryFileWriter {
  readonly #path: string;
  readonly #maxQueue: number;
  readonly #flushMillis: number;
  #queue: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Use `summaryFileWriter`. */
  constructor(logdir: string, maxQueue: number, flushMillis: number, filenameSuffix: string) {
    const now = Date.now() / 1000;
    const number = `${process.pid}.${writers++}`;
    this.#path = join(logdir, `events.out.tfevents.${Math.floor(now)}.${hostname()}.${number}${filenameSuffix}`);
    this.#maxQueue = maxQueue;
    this.#flushMillis = flushMillis;
    this.#write(() => mkdirSync(logdir, { recursive: true }));
    this.#queue.push(encodeRecord({ wallTime: now, fileVersion: FILE_VERSION }));
    this.flush();
  }

  /**
   * Writes a value of a curve.
   *
   * @param name Tag of the curve in TensorBoard.
   * @param value A number, or a tensor of one element, which is read at once.
   * @param step An integer, of each value larger than of the one before.
   * @throws {OptionError} when the file cannot be written, for a name that is no string, a value that is no number or a step
   *   that is no integer.
   * @throws {ShapeError} for a tensor of more than one element.
   */
  scalar(name: string, value: tf.Scalar | number, step: number, _description?: string): void {
    const op = "scalar";
    checkEvent(op, name, step);
    if (typeof value !== "number") checkTensor(op, value);
    if (typeof value !== "number" && value.size !== 1)
      throw new ShapeError(`${op}: value must be of one element: [${value.shape}]`);
    const scalar = typeof value === "number" ? value : (value.dataSync()[0] as number);
    this.#add({ wallTime: Date.now() / 1000, step, summary: { tag: name, scalar } });
  }

  /**
   * Writes how values are distributed: buckets of the same width between the smallest and the largest. NaN and infinities are
   * left out; no value gives no bucket, and values that are all the same give one.
   *
   * @param name Tag in TensorBoard.
   * @param data Of any shape; it is read at once.
   * @param step An integer, larger than of the histogram before.
   * @param buckets How many (default 30).
   * @throws {OptionError} when the file cannot be written, for a name that is no string, data that is no tensor, a step or a
   *   number of buckets that is no integer.
   */
  histogram(name: string, data: tf.Tensor, step: number, buckets = BUCKETS, _description?: string): void {
    const op = "histogram";
    checkTensor(op, data);
    this.histogramOfValues(name, data.dataSync(), step, buckets);
  }

  /** As `histogram`, of values that have been read. */
  histogramOfValues(name: string, values: ArrayLike<number>, step: number, buckets = BUCKETS): void {
    const op = "histogram";
    checkEvent(op, name, step);
    if (!(Number.isInteger(buckets) && buckets > 0 && buckets <= 2 ** 16)) {
      throw new OptionError(`${op}: buckets must be an integer from 1 to 65536, got ${String(buckets)}`);
    }
    this.#add({ wallTime: Date.now() / 1000, step, summary: { tag: name, histogram: histogramOf(values, buckets) } });
  }

  /** Brings what has been written so far to the file. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    unwritten.delete(this);
    const events = this.#queue;
    this.#queue = [];
    if (events.length > 0) this.#write(() => appendFileSync(this.#path, Buffer.concat(events)));
  }

  #add(event: Event): void {
    this.#queue.push(encodeRecord(event));
    unwritten.add(this);
    if (this.#queue.length >= this.#maxQueue) this.flush();
    // The process need not wait for it: its end flushes too.
    else this.#timer ??= setTimeout(() => this.flush(), this.#flushMillis).unref();
  }

  #write(action: () => void): void {
    try {
      action();
    } catch (cause) {
      throw new OptionError(`summaryFileWriter: cannot write: ${JSON.stringify(this.#path)}`, { cause });
    }
  }
}

/**
 * Begins an event file in a folder, for `tensorboard --logdir`.
 *
 * @param logdir Made where it is missing.
 * @param maxQueue Events to keep before they are written to the file (default 10).
 * @param flushMillis Milliseconds to keep them at most (default 120,000).
 * @param filenameSuffix End of the file's name (default `".v2"`).
 * @throws {OptionError} when the folder cannot be written, or an argument is out of its range.
 */
export function summaryFileWriter(
  logdir: string,
  maxQueue = 10,
  flushMillis = 120_000,
  filenameSuffix = ".v2",
): SummaryFileWriter {
  const op = "summaryFileWriter";
  if (typeof logdir !== "string" || logdir === "") {
    throw new OptionError(`${op}: logdir must be a path, got ${JSON.stringify(logdir)}`);
  }
  checkCount(op, "maxQueue", maxQueue);
  checkCount(op, "flushMillis", flushMillis);
  if (typeof filenameSuffix !== "string" || /[/\\]/.test(filenameSuffix)) {
    throw new OptionError(`${op}: filenameSuffix must be the end of a name, got ${JSON.stringify(filenameSuffix)}`);
  }
  return new SummaryFileWriter(logdir, maxQueue, flushMillis, filenameSuffix);
}

function checkCount(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return;
  throw new OptionError(`${op}: ${name} must be a positive integer, got ${String(value)}`);
}

function checkEvent(op: string, name: string, step: number): void {
  if (typeof name !== "string") throw new OptionError(`${op}: name must be a string, got ${typeof name}`);
  if (!Number.isSafeInteger(step)) throw new OptionError(`${op}: step must be an integer, got ${String(step)}`);
}

function checkTensor(op: string, value: tf.Tensor): void {
  if (typeof value?.dataSync === "function" && value.dtype !== "string" && value.dtype !== "complex64") return;
  throw new OptionError(`${op}: expected a tensor of numbers, got ${value?.dtype ?? String(value)}`);
}
