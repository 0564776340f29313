/** `tf.node.encode…`: the bytes of picture files of tensors. */

import type * as tf from "@tensorflow/tfjs";
import { encode as encodePngFile } from "fast-png";
import { encode as encodeJpegFile } from "jpeg-js";
import { OptionError, ShapeError } from "nodegrad";
import type { Samples } from "nodegrad/data";
import { withChannels } from "./samples.js";

/**
 * The bytes of a JPEG file.
 *
 * @param image 0–255, `[rows, columns, 1 or 3]`; what lies outside is brought to the nearer end, fractions are cut.
 * @param format `"grayscale"`, `"rgb"`, or `""` (default) as the channels say. The file has three components in any case.
 * @param quality 1–100 (default 95).
 * @param _progressive Has no effect, as have the two after it: files are sequential, with standard tables and colours of full
 *   resolution.
 * @param densityUnit Unit of the densities: `"in"` (default) or `"cm"`.
 * @param xDensity Pixels a unit, across, 1–65535 (default 300).
 * @param yDensity Pixels a unit, down, 1–65535 (default 300).
 * @param xmpMetadata Goes into the file as it is, where it is not empty (default); less than 65,500 bytes of UTF-8.
 * @throws {ShapeError} for another shape, or more than 65,535 rows or columns.
 * @throws {OptionError} for what is no tensor, or an argument out of its range.
 */
export async function encodeJpeg(
  image: tf.Tensor3D,
  format: "" | "grayscale" | "rgb" = "",
  quality = 95,
  _progressive = false,
  _optimizeSize = false,
  _chromaDownsampling = true,
  densityUnit: "in" | "cm" = "in",
  xDensity = 300,
  yDensity = 300,
  xmpMetadata = "",
): Promise<Uint8Array> {
  const op = "encodeJpeg";
  const made = { "": image?.shape?.[2], grayscale: 1, rgb: 3 }[format];
  if (made === undefined && format !== "") {
    throw new OptionError(`${op}: format must be "", "grayscale" or "rgb", got ${JSON.stringify(format)}`);
  }
  checkRange(op, "quality", quality, 1, 100);
  checkRange(op, "xDensity", xDensity, 1, 65535);
  checkRange(op, "yDensity", yDensity, 1, 65535);
  if (densityUnit !== "in" && densityUnit !== "cm") {
    throw new OptionError(`${op}: densityUnit must be "in" or "cm", got ${JSON.stringify(densityUnit)}`);
  }
  const samples = await readSamples(op, image, [1, 3]);
  if (made !== samples.channels) {
    throw new ShapeError(`${op}: format "${format}" needs ${made} channels: [${image.shape}]`);
  }
  if (samples.rows > 65535 || samples.columns > 65535) throw new ShapeError(`${op}: too large: [${image.shape}]`);
  const data = Uint8Array.from(withChannels(samples, 4));
  const file = encodeJpegFile({ width: samples.columns, height: samples.rows, data }, quality).data;
  // JFIF 1.02: the unit is 1 for inches and 2 for centimetres, then the densities, high byte first.
  file.set([densityUnit === "in" ? 1 : 2, xDensity >> 8, xDensity & 255, yDensity >> 8, yDensity & 255], 13);
  return xmpMetadata === "" ? new Uint8Array(file) : insertXmp(op, file, xmpMetadata);
}

/**
 * The bytes of a PNG file.
 *
 * @param image 0–255, `[rows, columns, channels]` with 1 channel (grey), 2 (and opacity), 3 (red, green, blue) or 4 (and
 *   opacity); what lies outside is brought to the nearer end, fractions are cut.
 * @param compression 0 (none) to 9 (smallest); 1 by default. -1 stands for 6.
 * @throws {ShapeError} for another shape.
 * @throws {OptionError} for what is no tensor, or another compression.
 */
export async function encodePng(image: tf.Tensor3D, compression = 1): Promise<Uint8Array> {
  const op = "encodePng";
  checkRange(op, "compression", compression, -1, 9);
  const { rows, columns, channels, data } = await readSamples(op, image, [1, 2, 3, 4]);
  const level = (compression === -1 ? 6 : compression) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  return encodePngFile({ width: columns, height: rows, channels, depth: 8, data }, { zlib: { level } });
}

async function readSamples(op: string, image: tf.Tensor3D, allowed: readonly number[]): Promise<Samples> {
  if (typeof image?.data !== "function") throw new OptionError(`${op}: image must be a tensor, got ${typeof image}`);
  const [rows, columns, channels] = image.shape;
  if (image.shape.length !== 3 || image.size === 0 || !allowed.includes(channels)) {
    throw new ShapeError(`${op}: image must be [rows, columns, ${allowed.join(" or ")}], got [${image.shape}]`);
  }
  return {
    rows,
    columns,
    channels: channels as Samples["channels"],
    data: Uint8Array.from(await image.data(), toByte),
  };
}

/** NaN is 0. */
function toByte(value: number): number {
  return Math.max(0, Math.min(255, value));
}

function checkRange(op: string, name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new OptionError(`${op}: ${name} must be an integer from ${least} to ${most}, got ${String(value)}`);
}

/** Puts a packet of XMP into the segment that readers look for, APP1 under its namespace, behind the 20 bytes of JFIF. */
function insertXmp(op: string, file: Uint8Array, metadata: string): Uint8Array {
  const content = Buffer.from(`http://ns.adobe.com/xap/1.0/\0${metadata}`);
  const length = content.length + 2;
  if (length > 65535) throw new OptionError(`${op}: xmpMetadata is too long: ${metadata.length} characters`);
  return new Uint8Array(
    Buffer.concat([
      file.subarray(0, 20),
      Buffer.from([0xff, 0xe1, length >> 8, length & 255]),
      content,
      file.subarray(20),
    ]),
  );
}
