/** Pictures as samples side by side, and their way to tensors. */

import * as tf from "@tensorflow/tfjs";
import { FormatError, OptionError } from "nodegrad";
import { greyOf, type Samples } from "nodegrad/data";

/** Channels to make: 1 grey, 3 red, green and blue, 4 with opacity; 0 leaves those of the file. */
export type Channels = 0 | 1 | 3 | 4;

/**
 * Samples that a picture may have at most, of all frames together; as int32 they take 1 GiB. Frames of a GIF cost its author
 * a few bytes each, however large they are, so that no bound follows from the length of the file.
 */
export const MOST_SAMPLES = 2 ** 28;

/** Throws a `FormatError` about the bytes of a picture. */
export type Fail = (problem: string, cause?: unknown) => never;

/** @param op Name of the public function, for the message. */
export function failer(op: string, bytes: Uint8Array): Fail {
  return (problem, cause) => {
    throw new FormatError(`${op}: ${problem}: ${bytes.length} bytes`, { cause });
  };
}

/** @throws {OptionError} unless the content of a file is given as bytes. */
export function checkBytes(op: string, bytes: unknown): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array))
    throw new OptionError(`${op}: contents must be a Uint8Array, got ${typeof bytes}`);
}

/** @throws {OptionError} for another number of channels than the function makes. */
export function checkChannels(
  op: string,
  channels: unknown,
  allowed: readonly Channels[],
): asserts channels is Channels {
  if (allowed.includes(channels as Channels)) return;
  throw new OptionError(`${op}: channels must be ${allowed.join(", ")}, got ${String(channels)}`);
}

/** The samples as a tensor of int32, `[rows, columns, channels]`. */
export function toTensor(samples: Samples, channels: Channels): tf.Tensor3D {
  const { rows, columns } = samples;
  const made = channels || samples.channels;
  return tf.tensor3d(withChannels(samples, made), [rows, columns, made], "int32");
}

/** Samples with other channels: grey by ITU-R BT.601, opaque where the picture says nothing of opacity. */
export function withChannels({ rows, columns, channels: given, data }: Samples, made: number): Int32Array {
  if (given === made) return Int32Array.from(data);
  const out = new Int32Array(rows * columns * made);
  const [colours, hasColours, hasOpacity] = [made > 2 ? 3 : 1, given > 2, given % 2 === 0];
  for (let from = 0, to = 0; to < out.length; from += given, to += made) {
    for (let c = 0; c < colours; c++) {
      if (!hasColours) out[to + c] = data[from] as number;
      else out[to + c] = colours === 3 ? (data[from + c] as number) : greyOf(data, from);
    }
    if (made === 4) out[to + 3] = hasOpacity ? (data[from + given - 1] as number) : 255;
  }
  return out;
}
