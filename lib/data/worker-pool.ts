/** Threads that read batches of a data set. */

import { Worker, type WorkerOptions } from "node:worker_threads";
import * as errors from "../errors.js";
import type { Arrays, BatchRequest, Blueprint } from "./dataset.js";

/** An error as it crosses from one thread to another, where its class would be lost. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: unknown;
}

/** What a thread answers. */
export type Reply = { readonly arrays: Arrays } | { readonly error: ErrorMessage };

/** A batch that somebody waits for. */
interface Job {
  readonly request: BatchRequest;
  readonly resolve: (arrays: Arrays) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread and the batch it is reading. */
interface Reader {
  readonly thread: Worker;
  job: Job | undefined;
}

/**
 * A fixed number of threads that read batches, each the next one that nobody reads yet. They do not keep the process
 * alive but while `hold` says so.
 */
export class WorkerPool {
  readonly #readers: Reader[];
  readonly #waiting: Job[] = [];
  /** Why nothing can be read any more. */
  #failure: unknown;

  constructor(blueprint: Blueprint, count: number) {
    const workerData: Blueprint = {
      ...blueprint,
      module: compiledUrl(blueprint.module),
      args: blueprint.args.map(shared),
    };
    this.#readers = Array.from({ length: count }, () => this.#start(workerData));
  }

  #start(workerData: Blueprint): Reader {
    const url = new URL(compiledUrl(new URL("./worker.js", import.meta.url).href));
    // Threads inherit the flags of the process, but refuse this one, which is about a program on the command line.
    const isEvaluated = process.execArgv.some((flag) => flag.startsWith("--input-type"));
    const thread = startThread(url, { workerData, ...(isEvaluated && { execArgv: [] }) });
    const reader: Reader = { thread, job: undefined };
    thread.unref();
    thread.on("message", (reply: Reply) => {
      const { job } = reader;
      reader.job = undefined;
      if ("arrays" in reply) job?.resolve(reply.arrays);
      else job?.reject(revive(reply.error));
      this.#next(reader);
    });
    thread.on("messageerror", (error) => this.#fail(error));
    thread.on("error", (error) => this.#fail(error));
    thread.on("exit", (code) => {
      this.#fail(new errors.OptionError(`DataLoader: a thread ended while it read: exit code ${code}`));
    });
    return reader;
  }

  /** The arrays of a batch. Rejects with what reading throws, with the stack it has there. */
  read(request: BatchRequest): Promise<Arrays> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ request, resolve, reject });
      const idle = this.#readers.find(({ job }) => job === undefined);
      if (idle) this.#next(idle);
    });
  }

  #next(reader: Reader): void {
    reader.job = this.#waiting.shift();
    if (reader.job) reader.thread.postMessage(reader.job.request);
  }

  /** Keeps the process alive until the promise is settled. */
  async hold<T>(promise: Promise<T>): Promise<T> {
    for (const { thread } of this.#readers) thread.ref();
    try {
      return await promise;
    } finally {
      for (const { thread } of this.#readers) thread.unref();
    }
  }

  /** Ends the threads, in the middle of what they do. Batches that are not read yet are rejected. */
  async close(): Promise<void> {
    this.#fail(new errors.OptionError("DataLoader: the loop over the batches has ended"));
    await Promise.all(this.#readers.map(({ thread }) => thread.terminate()));
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { job } of this.#readers) job?.reject(this.#failure);
    for (const job of this.#waiting.splice(0)) job.reject(this.#failure);
  }
}

/** @throws {OptionError} when the blueprint holds what cannot be cloned, such as functions. */
function startThread(url: URL, options: WorkerOptions): Worker {
  try {
    return new Worker(url, options);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new errors.OptionError(`DataLoader: a blueprint that threads cannot be sent: ${reason}`, { cause });
  }
}

/** The error that a message is about: of nodegrad's class where it has one, with the stack of the other thread. */
function revive({ name, message, stack, cause }: ErrorMessage): Error {
  const Class = (errors as unknown as Record<string, typeof Error | undefined>)[name];
  const error = Class?.prototype instanceof Error ? new Class(message, { cause }) : new Error(message, { cause });
  return Object.assign(error, { message, stack }, error.name === name ? {} : { name });
}

const sharedCopies = new WeakMap<object, unknown>();

/** A value whose typed arrays all threads can see; made once for each array, however often it is read. */
function shared(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof SharedArrayBuffer || value instanceof DataView) return value;
    let copy = sharedCopies.get(value);
    if (copy === undefined) {
      const array = value as Uint8Array;
      const Class = array.constructor as Uint8ArrayConstructor;
      const view = new Class(new SharedArrayBuffer(array.byteLength));
      view.set(array);
      sharedCopies.set(value, view);
      copy = view;
    }
    return copy;
  }
  if (Array.isArray(value)) return value.map(shared);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shared(field)]));
}

/** Threads cannot load TypeScript: when these sources are run as they stand, by a test, threads load what was built. */
function compiledUrl(url: string): string {
  const root = new URL("..", import.meta.url).href;
  if (!import.meta.url.endsWith(".ts") || !url.startsWith(root)) return url;
  return new URL(`../dist/${url.slice(root.length).replace(/\.ts$/, ".js")}`, root).href;
}
