/** Convolutions of images, plain and depthwise, and their gradients. */

import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropFilterInputs,
  type Conv2DBackpropInputAttrs,
  type Conv2DBackpropInputInputs,
  type Conv2DInputs,
  type DepthwiseConv2dNativeAttrs,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropFilterInputs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type DepthwiseConv2dNativeBackpropInputInputs,
  type DepthwiseConv2dNativeInputs,
  type FusedConv2DAttrs,
  type FusedConv2DInputs,
  type FusedDepthwiseConv2DAttrs,
  type FusedDepthwiseConv2DInputs,
} from "@tensorflow/tfjs-core";
import type { Range, Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { type Kernel, lazyKernel, rawKernel } from "../kernel.js";
import { type FusedAttributes, type FusedInputs, fuse } from "./fused.js";
import { seenBy, windowOptions } from "./window.js";

type Shape4 = [number, number, number, number];

/** What all convolutions of TF.js are told. */
type Attributes = Omit<Conv2DAttrs, "dilations" | "dataFormat"> & {
  readonly dilations?: Conv2DAttrs["dilations"] | null;
  readonly dataFormat?: "NHWC" | "NCHW";
};

/** How TF.js moves filters, in its order of axes, over an image. */
function windowsOf(
  x: readonly number[],
  filter: readonly number[],
  attributes: Attributes,
  isDepthwise: boolean,
): backend_util.Conv2DInfo {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attributes;
  return backend_util.computeConv2DInfo(
    x as Shape4,
    filter as Shape4,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
    backend_util.convertConv2DDataFormat(dataFormat ?? "NHWC"),
  );
}

/** Filters `[h, w, in, out]` as `[out, in, h, w]`, or depthwise ones `[h, w, in, mult]` as `[in · mult, 1, h, w]`. */
function filters(filter: Tensor, isDepthwise: boolean): Tensor {
  if (!isDepthwise) return filter.transpose([3, 2, 0, 1]);
  const [h, w, channels, multiplier] = filter.shape as Shape4;
  return filter.transpose([2, 3, 0, 1]).reshape([channels * multiplier, 1, h, w]);
}

function convolve(x: Tensor, filter: Tensor, attributes: Attributes, isDepthwise: boolean): Tensor {
  const info = windowsOf(x.shape, filter.shape, attributes, isDepthwise);
  return ng.conv2d(seenBy(info, x), filters(filter, isDepthwise), {
    ...windowOptions(info),
    dilation: [info.dilationHeight, info.dilationWidth],
    groups: isDepthwise ? info.inChannels : 1,
  });
}

/** The gradient with respect to the image, of shape `shape`. */
function gradInput(
  dy: Tensor,
  filter: Tensor,
  shape: readonly number[],
  attributes: Attributes,
  isDepthwise: boolean,
): Tensor {
  const { outputs, vjp } = ng.vjp((x) => convolve(x as Tensor, filter, attributes, isDepthwise), [ng.zeros(shape)]);
  // Windows beyond those that an image of this shape has, count for nothing.
  const windows = outputs[0] as Tensor;
  return vjp(dy.slice(windows.shape.map((length): Range => [0, length])))[0] as Tensor;
}

/** The gradient with respect to the filters, of shape `shape`. */
function gradFilter(
  x: Tensor,
  dy: Tensor,
  shape: readonly number[],
  attributes: Attributes,
  isDepthwise: boolean,
): Tensor {
  const { vjp } = ng.vjp((filter) => convolve(x, filter as Tensor, attributes, isDepthwise), [ng.zeros(shape)]);
  return vjp(dy)[0] as Tensor;
}

/** Parameters with a number per channel, as they broadcast against images. */
function parameters({ bias, preluActivationWeights }: FusedInputs, { dataFormat }: Attributes): FusedInputs {
  const placed = (x: Tensor) => (dataFormat === "NCHW" && x.rank === 1 ? x.reshape([x.size, 1, 1]) : x);
  return {
    ...(bias && { bias: placed(bias) }),
    ...(preluActivationWeights && { preluActivationWeights: placed(preluActivationWeights) }),
  };
}

/** Forward kernels; the filters may be packed once and kept. */
function forward<I extends Conv2DInputs, A>(kernelName: string, isDepthwise: boolean): Kernel {
  return rawKernel<I, A>(kernelName, (inputs, given, backend) => {
    const attributes = given as unknown as Attributes & FusedAttributes;
    const y = convolve(backend.tensorOf(inputs.x), backend.weightsOf(inputs.filter), attributes, isDepthwise);
    return backend.adopt(fuse(y, parameters(backend.tensorsOf(inputs) as FusedInputs, attributes), attributes));
  });
}

export const convolutionKernels: readonly Kernel[] = [
  forward<Conv2DInputs, Conv2DAttrs>("Conv2D", false),
  forward<FusedConv2DInputs, FusedConv2DAttrs>("FusedConv2D", false),
  forward<DepthwiseConv2dNativeInputs, DepthwiseConv2dNativeAttrs>("DepthwiseConv2dNative", true),
  forward<FusedDepthwiseConv2DInputs, FusedDepthwiseConv2DAttrs>("FusedDepthwiseConv2D", true),
  lazyKernel<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>("Conv2DBackpropInput", ({ dy, filter }, attributes) =>
    gradInput(dy, filter, attributes.inputShape, attributes, false),
  ),
  lazyKernel<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>("Conv2DBackpropFilter", ({ x, dy }, attributes) =>
    gradFilter(x, dy, attributes.filterShape, attributes, false),
  ),
  lazyKernel<DepthwiseConv2dNativeBackpropInputInputs, DepthwiseConv2dNativeBackpropInputAttrs>(
    "DepthwiseConv2dNativeBackpropInput",
    ({ dy, filter }, attributes) => gradInput(dy, filter, attributes.inputShape, attributes, true),
  ),
  lazyKernel<DepthwiseConv2dNativeBackpropFilterInputs, DepthwiseConv2dNativeBackpropFilterAttrs>(
    "DepthwiseConv2dNativeBackpropFilter",
    ({ x, dy }, attributes) => gradFilter(x, dy, attributes.filterShape, attributes, true),
  ),
];
