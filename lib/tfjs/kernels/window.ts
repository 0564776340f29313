/** What convolution and pooling share: TF.js's description of how a window moves, in nodegrad's terms. */

import type { backend_util } from "@tensorflow/tfjs-core";
import type { Layout } from "../../index.js";

type WindowInfo = Pick<
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

/** Layout, strides and padding. The padding at the end is what the number of windows needs, which TF.js may round up. */
export function windowOptions(info: WindowInfo) {
  const rows = [
    info.padInfo.top,
    info.outHeight,
    info.strideHeight,
    info.effectiveFilterHeight,
    info.inHeight,
  ] as const;
  const columns = [
    info.padInfo.left,
    info.outWidth,
    info.strideWidth,
    info.effectiveFilterWidth,
    info.inWidth,
  ] as const;
  const layout: Layout = info.dataFormat === "channelsFirst" ? "NCHW" : "NHWC";
  return {
    layout,
    stride: [info.strideHeight, info.strideWidth] as const,
    padding: [margins(...rows), margins(...columns)] as const,
  };
}

function margins(
  before: number,
  count: number,
  stride: number,
  extent: number,
  length: number,
): readonly [number, number] {
  return [before, Math.max(0, (count - 1) * stride + extent - length - before)];
}
