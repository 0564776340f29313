/** Brightness as models like it: around 0, within some ones of it. */

import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { add, cast, mul, tensor } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** Numbers for all channels, or one for each: a brightness `v` in 0–255 becomes `(v / 255 − mean) / std`. */
export interface Normalisation {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

/** How brightness is handed out. */
export interface Brightness {
  /** What 0–255 become in each channel, `[channels, 256]`. */
  readonly table: Float32Array | Uint8Array;
  /** What stands for the mean in each channel, `[channels]`. */
  readonly mean: readonly number[];
}

/**
 * Brightness as float32, normalised, or as it is stored.
 *
 * @throws {OptionError} for another number of channels, or a standard deviation that is not positive.
 */
export function brightnessOf(
  op: string,
  dtype: "float32" | "uint8",
  normalisation: Normalisation,
  channels: number,
): Brightness {
  const { mean, std } = perChannel(op, normalisation, channels);
  if (dtype === "uint8") {
    const nearest = mean.map((value) => Math.min(255, Math.max(0, Math.round(255 * value))));
    return { table: Uint8Array.from({ length: 256 * channels }, (_, i) => i % 256), mean: nearest };
  }
  const table = Float32Array.from({ length: 256 * channels }, (_, i) => {
    const channel = Math.floor(i / 256);
    return ((i % 256) / 255 - (mean[channel] as number)) / (std[channel] as number);
  });
  return { table, mean: mean.map(() => 0) };
}

/**
 * Normalises a batch of images as they are stored, as a part of what is compiled with the model: float32
 * `[n, channels, rows, columns]`, each channel `images / (255·std) − mean / std`.
 *
 * @param images Brightness 0–255, `[n, channels, rows, columns]`, of any dtype.
 * @throws {ShapeError} for other axes.
 * @throws {OptionError} for another number of channels, or a standard deviation that is not positive.
 */
export function normaliseImages(images: Tensor, normalisation: Normalisation): Tensor {
  const op = "normaliseImages";
  const { shape } = checkTensor(op, images, "images");
  const [, channels] = shape;
  if (shape.length !== 4) throw new ShapeError(`${op}: images must have axes [n, c, h, w], got ${showShape(shape)}`);
  const { mean, std } = perChannel(op, normalisation, channels as number);
  const scale = std.map((value) => 1 / (255 * value));
  const shift = std.map((value, channel) => -(mean[channel] as number) / value);
  const alongChannels = (values: number[]) => tensor(values, { shape: [values.length, 1, 1] });
  return add(mul(cast(images, "float32"), alongChannels(scale)), alongChannels(shift));
}

/** The numbers of each channel, checked. */
function perChannel(op: string, normalisation: Normalisation, channels: number): { mean: number[]; std: number[] } {
  checkOptions(op, normalisation, ["mean", "std"]);
  const mean = numbersOf(op, "mean", normalisation.mean, channels);
  const std = numbersOf(op, "std", normalisation.std, channels);
  if (std.some((value) => value <= 0)) throw new OptionError(`${op}: option "std" must be positive, got ${show(std)}`);
  return { mean, std };
}

/** A number for each channel, given one for all or one for each. */
function numbersOf(op: string, option: string, value: unknown, channels: number): number[] {
  const list = Array.isArray(value) ? [...value] : new Array(channels).fill(value);
  if (list.length === channels && list.every(Number.isFinite)) return list;
  throw new OptionError(`${op}: option "${option}" must be a finite number, or one for each of ${channels} channels`);
}
