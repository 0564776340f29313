/** Brightness as models like it: around 0, within some ones of it. */

import { checkOptions, OptionError, show } from "../errors.js";

/** Numbers for all channels, or one for each: a brightness `v` in 0–255 becomes `(v / 255 − mean) / std`. */
export interface Normalisation {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

/**
 * What a brightness 0–255 becomes in each channel, `[channels, 256]`.
 *
 * @throws {OptionError} for another number of channels, or a standard deviation that is not positive.
 */
export function normalisationTable(op: string, normalisation: Normalisation, channels: number): Float32Array {
  checkOptions(op, normalisation, ["mean", "std"]);
  const mean = perChannel(op, "mean", normalisation.mean, channels);
  const std = perChannel(op, "std", normalisation.std, channels);
  if (std.some((value) => value <= 0)) throw new OptionError(`${op}: option "std" must be positive, got ${show(std)}`);
  const table = new Float32Array(256 * channels);
  for (let i = 0; i < table.length; i++) {
    const channel = Math.floor(i / 256);
    table[i] = ((i % 256) / 255 - (mean[channel] as number)) / (std[channel] as number);
  }
  return table;
}

/** A number for each channel, given one for all or one for each. */
function perChannel(op: string, option: string, value: unknown, channels: number): number[] {
  const list = Array.isArray(value) ? [...value] : new Array(channels).fill(value);
  if (list.length === channels && list.every(Number.isFinite)) return list;
  throw new OptionError(`${op}: option "${option}" must be a finite number, or one for each of ${channels} channels`);
}
