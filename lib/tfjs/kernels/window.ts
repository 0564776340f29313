/** What convolution and pooling share: TF.js's description of how a window moves, in nodegrad's terms. */

import type { backend_util } from "@tensorflow/tfjs-core";
import type { Layout, Range, Tensor } from "../../index.js";

/** How TF.js moves windows over images. */
export type WindowInfo = Pick<
  backend_util.Conv2DInfo,
  | "dataFormat"
  | "inHeight"
  | "inWidth"
  | "outHeight"
  | "outWidth"
  | "strideHeight"
  | "strideWidth"
  | "effectiveFilterHeight"
  | "effectiveFilterWidth"
  | "padInfo"
>;

/** How windows lie along one axis. */
export interface AxisWindows {
  readonly before: number;
  readonly count: number;
  readonly stride: number;
  readonly extent: number;
  readonly length: number;
}

/** Padding before and after. */
type Margins = readonly [before: number, after: number];

/** How far windows reach beyond an axis; below 0 what they do not see of it. */
function reach({ before, count, stride, extent, length }: AxisWindows): Margins {
  return [before, (count - 1) * stride + extent - length - before];
}

const atLeast0 = (length: number): number => Math.max(0, length);

/** The padding that makes room for all windows. At the end that is what their number needs, which TF.js may round up. */
export function marginsOf(axis: AxisWindows): Margins {
  const [before, after] = reach(axis);
  return [atLeast0(before), atLeast0(after)];
}

/**
 * The part of an axis that windows see, where with all of it there would be more windows than TF.js has: its rules let some
 * begin inside, and count both axes by the height of the filter where the padding is a number.
 */
export function seenOf(axis: AxisWindows): Range {
  const [before, after] = reach(axis);
  if (axis.count === 0 || (before >= 0 && after > -axis.stride)) return null;
  return [atLeast0(-before), axis.length - atLeast0(-after)];
}

function axesOf(info: WindowInfo): readonly [vertical: AxisWindows, horizontal: AxisWindows] {
  const vertical = {
    before: info.padInfo.top,
    count: info.outHeight,
    stride: info.strideHeight,
    extent: info.effectiveFilterHeight,
    length: info.inHeight,
  };
  const horizontal = {
    before: info.padInfo.left,
    count: info.outWidth,
    stride: info.strideWidth,
    extent: info.effectiveFilterWidth,
    length: info.inWidth,
  };
  return [vertical, horizontal];
}

/** Layout, strides and padding of windows on what they see of images. */
export function windowOptions(info: WindowInfo) {
  const layout: Layout = info.dataFormat === "channelsFirst" ? "NCHW" : "NHWC";
  const [vertical, horizontal] = axesOf(info);
  return {
    layout,
    stride: [info.strideHeight, info.strideWidth] as const,
    padding: [marginsOf(vertical), marginsOf(horizontal)] as const,
  };
}

/** What the windows see of images: nearly always all of them. */
export function seenBy(info: WindowInfo, images: Tensor): Tensor {
  const seen = axesOf(info).map(seenOf);
  if (seen.every((range) => range === null)) return images;
  return images.slice(info.dataFormat === "channelsFirst" ? [null, null, ...seen] : [null, ...seen]);
}

/** Along a padded axis, the elements that windows see at a place `start` after their first. */
export const elementsOf = (start: number, count: number, stride: number): Range => [
  start,
  start + (count - 1) * stride + 1,
  stride,
];
