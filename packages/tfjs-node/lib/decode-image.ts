/** `tf.node.decode…`: tensors of the bytes of picture files. */

import * as tf from "@tensorflow/tfjs";
import { OptionError } from "nodegrad";
import { decodeSamples, type Samples } from "nodegrad/data";
import { readBmp } from "./bmp.js";
import { type Animation, readGif } from "./gif.js";
import { type Channels, checkBytes, checkChannels, failer, toTensor, withChannels } from "./samples.js";

/** Formats that are told by their first bytes. */
export type ImageType = "jpeg" | "png" | "gif" | "bmp";

const SIGNATURES: readonly (readonly [ImageType, readonly number[]])[] = [
  ["jpeg", [0xff, 0xd8, 0xff]],
  ["png", [0x89, 0x50, 0x4e, 0x47]],
  ["gif", [0x47, 0x49, 0x46, 0x38]],
  ["bmp", [0x42, 0x4d]],
];

const CHANNELS: readonly Channels[] = [0, 1, 3, 4];

/**
 * The picture in the bytes of a JPEG, PNG, GIF or BMP file.
 *
 * @param channels 0 (default) for those of the file, 1 for grey, 3 for red, green and blue, 4 with opacity (not of JPEG).
 * @param dtype Only `"int32"` (default).
 * @param expandAnimations Whether a GIF gives all its frames (default) or the first.
 * @returns 0–255 as int32, `[rows, columns, channels]`, or `[frames, rows, columns, channels]` of a GIF.
 * @throws {FormatError} for another format, truncated or corrupt bytes, or a size that they cannot hold.
 * @throws {OptionError} for what is no `Uint8Array`, another number of channels or dtype.
 */
export function decodeImage(
  contents: Uint8Array,
  channels = 0,
  dtype = "int32",
  expandAnimations = true,
): tf.Tensor3D | tf.Tensor4D {
  const op = "decodeImage";
  checkDtype(op, dtype);
  const type = typeOf(op, contents);
  checkChannels(op, channels, type === "jpeg" ? [0, 1, 3] : CHANNELS);
  if (type !== "gif") return toTensor(readStill(op, contents, type), channels);
  const gif = readGif(contents, failer(op, contents), expandAnimations ? undefined : 1);
  return expandAnimations ? framesTensor(gif, channels) : toTensor({ ...gif, channels: 3 }, channels);
}

/**
 * The picture in the bytes of a JPEG file.
 *
 * @param channels 0 (default) for those of the file, 1 for grey, 3 for red, green and blue.
 * @param ratio 1 (default), 2, 4 or 8: the mean of as many rows and columns becomes one pixel.
 * @param _fancyUpscaling Has no effect: colours of less resolution than brightness are repeated, not smoothed.
 * @param tryRecoverTruncated Only `false` (default).
 * @returns 0–255 as int32, `[rows, columns, channels]`.
 * @throws {FormatError} for another format, truncated or corrupt bytes, or a size that they cannot hold.
 * @throws {OptionError} for what is no `Uint8Array`, or an argument with another value.
 */
export function decodeJpeg(
  contents: Uint8Array,
  channels = 0,
  ratio = 1,
  _fancyUpscaling = true,
  tryRecoverTruncated = false,
  _acceptableFraction = 1,
  _dctMethod = "",
): tf.Tensor3D {
  const op = "decodeJpeg";
  checkType(op, contents, "jpeg");
  checkChannels(op, channels, [0, 1, 3]);
  if (![1, 2, 4, 8].includes(ratio)) throw new OptionError(`${op}: ratio must be 1, 2, 4 or 8, got ${ratio}`);
  if (tryRecoverTruncated) throw new OptionError(`${op}: tryRecoverTruncated is unsupported: true`);
  return toTensor(shrink(readStill(op, contents, "jpeg"), ratio), channels);
}

/**
 * The picture in the bytes of a PNG file.
 *
 * @param channels 0 (default) for those of the file (2 for grey with opacity), 1 for grey, 3 for red, green and blue, 4 with
 *   opacity.
 * @param dtype Only `"int32"` (default); 16 bits are cut to 8.
 * @returns 0–255 as int32, `[rows, columns, channels]`.
 * @throws {FormatError} for another format, truncated or corrupt bytes, or a size that they cannot hold.
 * @throws {OptionError} for what is no `Uint8Array`, another number of channels or dtype.
 */
export function decodePng(contents: Uint8Array, channels = 0, dtype = "int32"): tf.Tensor3D {
  return decodeStill("decodePng", contents, "png", channels, dtype);
}

/**
 * The picture in the bytes of a BMP file: uncompressed, of 1, 4, 8, 16, 24 or 32 bits a pixel.
 *
 * @param channels 0 (default) for those of the file, 1 for grey, 3 for red, green and blue, 4 with opacity.
 * @returns 0–255 as int32, `[rows, columns, channels]`.
 * @throws {FormatError} for another format or kind of BMP, truncated or corrupt bytes, or a size that they cannot hold.
 * @throws {OptionError} for what is no `Uint8Array`, or another number of channels.
 */
export function decodeBmp(contents: Uint8Array, channels = 0): tf.Tensor3D {
  return decodeStill("decodeBmp", contents, "bmp", channels);
}

/**
 * The frames in the bytes of a GIF file, each as it is seen: over what those before it left.
 *
 * @returns 0–255 as int32, `[frames, rows, columns, 3]`.
 * @throws {FormatError} for another format, corrupt bytes, a size that they cannot hold, or frames of more than 2²⁸ samples
 *   together.
 * @throws {OptionError} for what is no `Uint8Array`.
 */
export function decodeGif(contents: Uint8Array): tf.Tensor4D {
  const op = "decodeGif";
  checkType(op, contents, "gif");
  return framesTensor(readGif(contents, failer(op, contents)), 3);
}

function decodeStill(
  op: string,
  contents: Uint8Array,
  type: Exclude<ImageType, "gif">,
  channels: number,
  dtype = "int32",
): tf.Tensor3D {
  checkDtype(op, dtype);
  checkType(op, contents, type);
  checkChannels(op, channels, CHANNELS);
  return toTensor(readStill(op, contents, type), channels);
}

function readStill(op: string, contents: Uint8Array, type: Exclude<ImageType, "gif">): Samples {
  return type === "bmp" ? readBmp(contents, failer(op, contents)) : decodeSamples(contents, "contents", op);
}

function framesTensor({ frames, rows, columns, data }: Animation, channels: Channels): tf.Tensor4D {
  const made = channels || 3;
  // To the samples, frames below each other are one picture.
  const samples = { rows: frames * rows, columns, channels: 3, data } as const;
  return tf.tensor4d(withChannels(samples, made), [frames, rows, columns, made], "int32");
}

/** The mean of squares of `ratio` rows and columns; those at the right and the bottom have what is left. */
function shrink(samples: Samples, ratio: number): Samples {
  if (ratio === 1) return samples;
  const { rows: tall, columns: wide, channels, data } = samples;
  const [rows, columns] = [Math.ceil(tall / ratio), Math.ceil(wide / ratio)];
  const [sums, counts] = [new Float64Array(rows * columns * channels), new Uint8Array(rows * columns)];
  for (let i = 0; i < tall * wide; i++) {
    const to = Math.floor(Math.floor(i / wide) / ratio) * columns + Math.floor((i % wide) / ratio);
    counts[to] = (counts[to] as number) + 1;
    for (let c = 0; c < channels; c++) {
      sums[to * channels + c] = (sums[to * channels + c] as number) + (data[i * channels + c] as number);
    }
  }
  const mean = (sum: number, i: number) => Math.round(sum / (counts[Math.floor(i / channels)] as number));
  return { rows, columns, channels, data: Uint8Array.from(sums, mean) };
}

function typeOf(op: string, contents: Uint8Array): ImageType {
  checkBytes(op, contents);
  const found = SIGNATURES.find(([, signature]) => signature.every((byte, i) => contents[i] === byte));
  return found?.[0] ?? failer(op, contents)("neither JPEG, PNG, GIF nor BMP");
}

function checkType(op: string, contents: Uint8Array, expected: ImageType): void {
  const type = typeOf(op, contents);
  if (type !== expected) failer(op, contents)(`expected ${expected.toUpperCase()}, got ${type.toUpperCase()}`);
}

function checkDtype(op: string, dtype: unknown): void {
  if (dtype !== "int32") throw new OptionError(`${op}: dtype must be "int32", got ${JSON.stringify(dtype)}`);
}
