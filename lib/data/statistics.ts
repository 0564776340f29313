/** What images look like on average. */

import { OptionError } from "../errors.js";
import { checkLabelledImages, type LabelledImages } from "./labelled-images.js";

/** Mean and standard deviation of each channel, brightness in [0, 1]. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Mean and standard deviation of each channel over all pixels of all images, with brightness v / 255: exact but for the
 * last division and root. As `normalise` of `imageDataset` they give images of mean 0 and standard deviation 1.
 *
 * @throws {OptionError} without images, {ShapeError} when there are other pixels than the size says.
 */
export function channelStatistics(set: LabelledImages): ChannelStatistics {
  const { images, count, channels, rows, columns } = checkLabelledImages("channelStatistics", set);
  if (images.length === 0) throw new OptionError(`channelStatistics: no images, got ${count}`);
  const area = rows * columns;
  const mean: number[] = [];
  const std: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const histogram = new Float64Array(256);
    for (let plane = channel; plane < count * channels; plane += channels) {
      for (let i = plane * area; i < (plane + 1) * area; i++) {
        const value = images[i] as number;
        histogram[value] = (histogram[value] as number) + 1;
      }
    }
    const pixels = count * area;
    const centre = histogram.reduce((sum, n, value) => sum + n * value, 0) / pixels;
    const variance = histogram.reduce((sum, n, value) => sum + n * (value - centre) ** 2, 0) / pixels;
    mean.push(centre / 255);
    std.push(Math.sqrt(variance) / 255);
  }
  return { mean, std };
}
