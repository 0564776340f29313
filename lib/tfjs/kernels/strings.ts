/** Kernels of strings, which are UTF-8 bytes. */

import {
  type StaticRegexReplaceAttrs,
  type StaticRegexReplaceInputs,
  type StringNGramsAttrs,
  type StringNGramsInputs,
  type StringSplitAttrs,
  type StringSplitInputs,
  type StringToHashBucketFastAttrs,
  type StringToHashBucketFastInputs,
  util,
} from "@tensorflow/tfjs-core";
import { DTypeError, OptionError, ShapeError } from "../../index.js";
import { type Kernel, type Values, valuesKernel } from "../kernel.js";
import { integersOf, stringsOf } from "./values.js";

function checkStrings({ dtype }: Values): void {
  if (dtype !== "string") throw new DTypeError("Input must be of datatype string");
}

/** Strings one after the other, with the separator between them. */
function join(parts: readonly Uint8Array[], separator: Uint8Array): Uint8Array {
  const all = parts.flatMap((part, i) => (i === 0 ? [part] : [separator, part]));
  return new Uint8Array(Buffer.concat(all));
}

/** @throws {OptionError} unless the splits cut `size` values into rows: from 0, never back, to the end. */
function checkSplits(splits: Int32Array, size: number): void {
  const [first = 0, ...rest] = splits;
  if (first !== 0) throw new OptionError(`First split value must be 0, got ${first}`);
  let last = first;
  for (const split of rest) {
    if (!(split >= last && split <= size)) {
      throw new OptionError(`Invalid split value ${split}, must be in [${last}, ${size}]`);
    }
    last = split;
  }
  if (splits.length > 0 && last !== size) {
    throw new OptionError(`Last split value must be data size. Expected ${size}, got ${last}`);
  }
}

/** Runs of tokens of the given widths in each row of a ragged tensor, the rows padded on both sides. */
const stringNGrams = valuesKernel<StringNGramsInputs, StringNGramsAttrs>(
  "StringNGrams",
  ({ data, dataSplits }, attributes) => {
    const { nGramWidths, padWidth, preserveShortSequences } = attributes;
    const [separator, leftPad, rightPad] = [attributes.separator, attributes.leftPad, attributes.rightPad].map((text) =>
      util.encodeString(text),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const [tokens, splits] = [stringsOf(data), integersOf(dataSplits)];
    checkSplits(splits, tokens.length);
    const isEmpty = tokens.length === 0;
    const grams: Uint8Array[] = [];
    const gramsOf = (row: readonly Uint8Array[], width: number, padding: number) => {
      const left = new Array<Uint8Array>(padding).fill(leftPad);
      const right = new Array<Uint8Array>(padding).fill(rightPad);
      const padded = [...left, ...row, ...right];
      for (let i = 0; i + width <= padded.length; i++) grams.push(join(padded.slice(i, i + width), separator));
    };
    const ends = Array.from(splits)
      .slice(1)
      .map((end, i) => {
        const row = tokens.slice(splits[i], end);
        const before = grams.length;
        if (isEmpty) return 0;
        for (const width of nGramWidths) gramsOf(row, width, Math.min(padWidth < 0 ? width - 1 : padWidth, width - 1));
        // A row too short for any of them is one of its own.
        if (preserveShortSequences && row.length > 0 && grams.length === before) {
          gramsOf(row, row.length + 2 * padWidth, padWidth);
        }
        return grams.length;
      });
    return [
      { shape: [grams.length], dtype: "string", values: grams },
      { shape: dataSplits.shape, dtype: "int32", values: splits.length === 0 ? splits : Int32Array.of(0, ...ends) },
    ];
  },
);

/** The parts of a string between any of the delimiters; without a delimiter its bytes. */
function partsOf(text: Uint8Array, delimiters: Uint8Array, skipEmpty: boolean): Uint8Array[] {
  if (text.length === 0) return [];
  if (delimiters.length === 0) return Array.from(text, (byte) => Uint8Array.of(byte));
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && !delimiters.includes(text[i] as number)) continue;
    if (i > start || !skipEmpty) parts.push(text.slice(start, i));
    start = i + 1;
  }
  return parts;
}

/** The parts of strings as a sparse matrix, a row for each string. */
const stringSplit = valuesKernel<StringSplitInputs, StringSplitAttrs>(
  "StringSplit",
  ({ input, delimiter }, { skipEmpty }) => {
    checkStrings(input);
    if (input.shape.length !== 1) throw new ShapeError(`Input must be a vector, got shape: ${input.shape}`);
    if (delimiter.shape.length !== 0) throw new ShapeError(`Delimiter must be a scalar, got shape: ${delimiter.shape}`);
    const [delimiters] = stringsOf(delimiter) as [Uint8Array];
    const rows = stringsOf(input).map((text) => partsOf(text, delimiters, skipEmpty));
    const indices = rows.flatMap((parts, row) => parts.flatMap((_, column) => [row, column]));
    const parts = rows.flat();
    const columns = rows.reduce((most, { length }) => Math.max(most, length), 0);
    return [
      { shape: [parts.length, 2], dtype: "int32", values: Int32Array.from(indices) },
      { shape: [parts.length], dtype: "string", values: parts },
      { shape: [2], dtype: "int32", values: Int32Array.of(rows.length, columns) },
    ];
  },
);

const stringToHashBucketFast = valuesKernel<StringToHashBucketFastInputs, StringToHashBucketFastAttrs>(
  "StringToHashBucketFast",
  ({ input }, { numBuckets }) => {
    checkStrings(input);
    if (numBuckets <= 0) throw new OptionError("Number of buckets must be at least 1");
    const buckets = stringsOf(input).map((text) => util.fingerPrint64(text).modulo(numBuckets).getLowBitsUnsigned());
    return { shape: input.shape, dtype: "int32", values: Int32Array.from(buckets) };
  },
);

/** Strings with what a regular expression matches replaced, once or everywhere. */
const staticRegexReplace = valuesKernel<StaticRegexReplaceInputs, StaticRegexReplaceAttrs>(
  "StaticRegexReplace",
  ({ x }, { pattern, rewrite, replaceGlobal }) => {
    checkStrings(x);
    const expression = new RegExp(pattern, replaceGlobal ? "g" : "");
    return { ...x, values: stringsOf(x).map((text) => util.decodeString(text).replace(expression, rewrite)) };
  },
);

export const stringKernels: readonly Kernel[] = [stringNGrams, stringSplit, stringToHashBucketFast, staticRegexReplace];
