/** What a data set is to a loader: batches of arrays, each a function of the examples asked for. */

import { allocate } from "../dtype.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import type { TensorData } from "../io/index.js";
import { checkTensorData } from "../io/tensor-data.js";
import { showShape, sizeOf } from "../shape.js";
import { checkIndices } from "./check.js";

/** The arrays of a batch by name; the first axis of each counts the examples. */
export type Arrays<Names extends string = string> = Readonly<Record<Names, TensorData>>;

/** Which examples to read, and what their random numbers may depend on. */
export interface BatchRequest {
  /** The examples, `[n]`, each in `[0, length)`. */
  readonly indices: Int32Array;
  /** The loader's seed. */
  readonly seed: number;
  /** Which pass over the data, from 0. */
  readonly epoch: number;
  /** Which batch of the pass, from 0. */
  readonly batch: number;
}

/** How another thread makes the same data set: `(await import(module))[name](...args)`. */
export interface Blueprint {
  /** URL of a module; `import.meta.url` in the one that has the function. */
  readonly module: string;
  /** Name that the module exports the function by. */
  readonly name: string;
  /** What can be cloned to a thread. Typed arrays are shared rather than copied for each: do not change them. */
  readonly args: readonly unknown[];
}

/**
 * A data set of examples that are known by number. Made by `imageDataset` and `arrayDataset`, or by yourself.
 */
export interface Dataset<Names extends string = string> {
  /** Number of examples. */
  readonly length: number;
  /**
   * The arrays of a batch, which the caller may keep. A function of the request alone: batches may be read in any order,
   * on any thread.
   */
  read(request: BatchRequest): Arrays<Names> | Promise<Arrays<Names>>;
  /** Present when other threads can read the data set too. */
  readonly blueprint?: Blueprint;
}

/**
 * A data set in memory: row `i` of each array is example `i`. For tables and for arrays from npy or IDX files.
 *
 * @param arrays `[count, …]` each, with the same count.
 * @throws {ShapeError} for an array without axes, with another count or with data of another size than its shape.
 * @throws {OptionError} when there is no array, or one that is not `{ dtype, shape, data }`, {DTypeError} for an unknown
 *   dtype.
 */
export function arrayDataset<Names extends string>(arrays: Arrays<Names>): Dataset<Names> {
  const op = "arrayDataset";
  checkOptions(op, arrays, Object.keys(arrays ?? {}));
  const entries = Object.entries(arrays) as [Names, TensorData][];
  if (entries.length === 0) throw new OptionError(`${op}: no arrays: ${show(arrays)}`);
  for (const [name, array] of entries) checkTensorData(`${op}: ${show(name)}`, array);
  const length = entries[0]?.[1].shape[0] ?? 0;
  for (const [name, { shape }] of entries) {
    if (shape[0] === length) continue;
    throw new ShapeError(`${op}: not the rows of ${length} examples: ${show(name)} is ${showShape(shape)}`);
  }
  return {
    length,
    read: ({ indices }) => {
      checkIndices(op, indices, length);
      const rows = entries.map(([name, array]) => [name, takeRows(array, indices)]);
      return Object.fromEntries(rows) as Arrays<Names>;
    },
    blueprint: { module: import.meta.url, name: "arrayDataset", args: [arrays] },
  };
}

/** Rows of an array by index, copied. */
function takeRows({ dtype, shape, data }: TensorData, indices: Int32Array): TensorData {
  const size = sizeOf(shape.slice(1));
  const rows = allocate(dtype, indices.length * size);
  indices.forEach((index, i) => {
    rows.set(data.subarray(index * size, (index + 1) * size), i * size);
  });
  return { dtype, shape: [indices.length, ...shape.slice(1)], data: rows };
}
