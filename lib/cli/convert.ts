/** Images of any kind as a model takes them. */

import { type ImageSize, type LabelledImages, resizeImage } from "../data/index.js";

/** Images in another size, grey or in colour; themselves when there is nothing to do. */
export function convertImages(images: LabelledImages, input: ImageSize): LabelledImages {
  const { channels, rows, columns, count } = images;
  if (channels === input.channels && rows === input.rows && columns === input.columns) return images;
  const [area, inputArea] = [rows * columns, input.rows * input.columns];
  const converted = new Uint8Array(count * input.channels * inputArea);
  for (let i = 0; i < count; i++) {
    const pixels = images.images.subarray(i * channels * area, (i + 1) * channels * area);
    const recoloured = { pixels: convertChannels(pixels, channels, input.channels), channels: input.channels };
    const image = resizeImage({ ...recoloured, rows, columns }, input.rows, input.columns);
    converted.set(image.pixels, i * input.channels * inputArea);
  }
  return { ...images, ...input, images: converted };
}

/** Grey as red, green and blue alike; of a colour its brightness (ITU-R BT.601), as `loadImage` has it. */
function convertChannels(pixels: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return pixels;
  if (from === 1) return Uint8Array.from({ length: to * pixels.length }, (_, i) => pixels[i % pixels.length] as number);
  const area = pixels.length / from;
  const [red, green, blue] = [0, 1, 2].map((c) => pixels.subarray(c * area, (c + 1) * area)) as [Plane, Plane, Plane];
  return red.map((value, i) =>
    Math.floor(0.299 * value + 0.587 * (green[i] as number) + 0.114 * (blue[i] as number) + 0.5),
  );
}

/** Brightness of one channel. */
type Plane = Uint8Array;
