/** What a model that speaks about images sees of them. */

import { Activation, BatchNorm2d, Conv2d, MaxPool2d, type Module, Sequential, splitSeed } from "../nn/index.js";
import { concat, globalAvgPool2d, globalMaxPool2d, reshape, transpose } from "../ops/index.js";
import type { Tensor } from "../tensor.js";

/** Channels of the stages of an encoder; the last are the features of a place. */
const CHANNELS = [16, 32, 64] as const;

/** Features of a place in the map of an encoder. */
export const FEATURES = CHANNELS[2];

/** Features of a map as a whole. */
export const MAP_FEATURES = 2 * FEATURES;

/**
 * A convolutional encoder of images `[n, 3, h, w]`: maps `[n, 64, h/8, w/8]`. Three stages of a 3 × 3 convolution, batch
 * normalisation, ReLU and a 2 × 2 maximum.
 */
export function imageEncoder(op: string, seed: number | undefined): Sequential {
  const seeds = splitSeed(op, seed, CHANNELS.length);
  const layers: Record<string, Module> = {};
  for (const [i, channels] of CHANNELS.entries()) {
    const inputs = CHANNELS[i - 1] ?? 3;
    layers[`conv${i + 1}`] = new Conv2d(inputs, channels, 3, { padding: 1, bias: false, seed: seeds[i] });
    layers[`bn${i + 1}`] = new BatchNorm2d(channels);
    layers[`relu${i + 1}`] = new Activation("relu");
    layers[`pool${i + 1}`] = new MaxPool2d(2);
  }
  return new Sequential(layers);
}

/** The features of each place of a map, `[n, c, h, w]` → `[n, h·w, c]`. */
export function placesOf(map: Tensor): Tensor {
  const [n, c, h, w] = map.shape as [number, number, number, number];
  return transpose(reshape(map, [n, c, h * w]), [0, 2, 1]);
}

/**
 * A map as a whole, `[n, c, h, w]` → `[n, 2·c]`: the largest of each feature, which says whether it is anywhere, and its
 * average, which says how much of it there is.
 */
export function vectorOf(map: Tensor): Tensor {
  return concat([globalMaxPool2d(map), globalAvgPool2d(map)], { axis: 1 });
}
