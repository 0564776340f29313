/** What can be looked at: the filters of the first layer, and the examples that are taken for another class. */

import { imageSheet } from "../../data/index.js";
import { type AnyModule, Conv2d, Linear } from "../../nn/index.js";
import type { Shape } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { formatShare } from "../confusion.js";
import type { Mistake } from "../mistakes.js";
import { element, escapeXml, picture, textElement } from "./markup.js";

/** Filters that are shown. */
const MOST_FILTERS = 64;

/** Pixels that a filter takes, about. */
const FILTER_SIZE = 56;

/**
 * The weights of the first convolution or linear layer as images.
 *
 * @param inputShape What an example is, `[c, h, w]`, where it is known: the templates of a linear layer have this shape.
 */
export function formatFilters(model: AnyModule, inputShape: Shape | undefined): string {
  const first = Object.entries(model.modules()).find(([, layer]) => layer instanceof Conv2d || layer instanceof Linear);
  const images = first && filtersOf(first[1] as Conv2d | Linear, inputShape);
  if (first === undefined || images === undefined || images.size === 0) return "";
  const count = images.shape[0] as number;
  const shown = Math.min(count, MOST_FILTERS);
  const scale = Math.max(1, Math.round(FILTER_SIZE / Math.max(...images.shape.slice(2))));
  const sheet = imageSheet(images.slice([[0, shown]]), { scale, gap: 4, columns: Math.min(shown, 16) });
  const [[path, layer], of] = [first, shown < count ? `the first ${shown} of ${count}` : String(count)];
  const caption =
    `Weights of ${path === "" ? "the model" : `layer ${path}`} (${layer.constructor.name}): ${of}, ` +
    "each from its least, black, to its largest, white.";
  return element("figure", {}, picture(sheet, "Filters"), textElement("figcaption", caption));
}

/** Weights as `[n, 1 or 3, h, w]`, if they are images. */
function filtersOf({ weight }: Conv2d | Linear, inputShape: Shape | undefined): Tensor | undefined {
  if (weight.rank === 4) return asImages(weight, weight.shape.slice(1));
  return inputShape?.length === 3 ? asImages(weight, inputShape) : undefined;
}

/** Colour where there are three channels, else each channel by itself. */
function asImages(weights: Tensor, [channels, height, width]: Shape): Tensor | undefined {
  if (weights.size % ((channels as number) * (height as number) * (width as number)) !== 0) return undefined;
  return weights.reshape([-1, channels === 3 ? 3 : 1, height as number, width as number]);
}

/** A picture of each mistake with what it is and what it was taken for. */
export function formatMistakes(mistakes: readonly Mistake[], nameOf: (index: number) => string): string {
  const figures = mistakes.map(({ index, truth, predicted, confidence, input }) => {
    const [is, was] = [escapeXml(nameOf(truth)), escapeXml(nameOf(predicted))];
    const text = `<b>${is}</b>, taken for <b>${was}</b><br>${formatShare(confidence)}`;
    const shown = input !== undefined && isImage(input.shape) ? picture(asPicture(input), `Example ${index}`) : "";
    return element("figure", {}, shown, element("figcaption", {}, shown === "" ? `Example ${index}: ${text}` : text));
  });
  return figures.length === 0 ? "" : element("div", { class: "pictures" }, ...figures);
}

function isImage(shape: Shape): boolean {
  const [channels = 0, ...sides] = shape;
  return shape.length === 3 && (channels === 1 || channels === 3) && sides.every((side) => side > 0);
}

function asPicture(input: Tensor) {
  return imageSheet(input.reshape([1, ...input.shape]));
}
