/** Cases of convolution, pooling and dilation, of images and of volumes, and of their gradients. */

import { backend_util } from "@tensorflow/tfjs-core";
import type { Draw, Given } from "./draw.js";
import type { Generator, Generators } from "./elementwise.js";
import { activated, activationOf } from "./reductions.js";

type Four = [number, number, number, number];
type Five = [number, number, number, number, number];

/** Padding that both backends take; explicit padding goes without rounding. */
function paddingOf(draw: Draw, filter: readonly number[], isChannelsFirst = false) {
  const number = draw.integer(0, Math.min(...filter) - 1);
  const pad = draw.pick(["valid", "same", number, "explicit"] as const);
  if (pad !== "explicit")
    return { pad, ...(pad === number && { dimRoundingMode: draw.pick(["floor", "round", "ceil"]) }) };
  // A window that sees nothing but padding has no average on cpu.
  const most = Math.min(2, Math.min(...filter) - 1);
  const margin = () => [draw.integer(0, most), draw.integer(0, most)] as [number, number];
  const [rows, columns, none] = [margin(), margin(), [0, 0] as [number, number]];
  const margins = isChannelsFirst ? [none, none, rows, columns] : [none, rows, columns, none];
  return { pad: margins as backend_util.ExplicitPadding };
}

/** A convolution of an image: its shapes and attributes. */
function convolution(draw: Draw, isDepthwise: boolean) {
  const filter = [
    draw.pick([1, 2, 3, 3, 5]),
    draw.pick([1, 2, 3, 3, 5]),
    draw.pick([1, 2, 3, 5, 8, 17]),
    draw.pick([1, 2, 3, 9]),
  ] as Four;
  if (isDepthwise) filter[3] = draw.integer(1, 3);
  const isChannelsFirst = !isDepthwise && draw.once(3);
  const [n, rows, columns, channels] = [draw.integer(1, 3), draw.integer(1, 12), draw.integer(1, 12), filter[2]];
  const image = (isChannelsFirst ? [n, channels, rows, columns] : [n, rows, columns, channels]) as Four;
  const strides = [draw.integer(1, 3), draw.integer(1, 3)] as [number, number];
  const dilations = (draw.once(3) ? [draw.integer(1, 3), draw.integer(1, 3)] : [1, 1]) as [number, number];
  if (Math.max(...dilations) > 1) strides.fill(1);
  const { pad, dimRoundingMode } = {
    dimRoundingMode: undefined,
    ...paddingOf(draw, filter.slice(0, 2), isChannelsFirst),
  };
  const info = backend_util.computeConv2DInfo(
    image,
    filter,
    strides,
    dilations,
    pad as "same",
    dimRoundingMode as "floor",
    isDepthwise,
    isChannelsFirst ? "channelsFirst" : "channelsLast",
  );
  const dataFormat = isChannelsFirst ? "NCHW" : "NHWC";
  const attributes = { strides, dilations, pad, dataFormat, ...(dimRoundingMode && { dimRoundingMode }) };
  draw.require(info.outShape.every((length) => length > 0));
  return { image, filter, attributes, windows: info.outShape, channels: info.outChannels };
}

/** Winograd's algorithm takes sums of transformed parts: see docs/numerics.md for its bound, which ten times that of a sum holds. */
const FAST = 45;

type Part = "x" | "filter" | "dy";

function convolutionKernel(parts: readonly [Part, Part], isDepthwise: boolean): Generator {
  return (draw) => {
    const drawn = convolution(draw, isDepthwise);
    const { image, filter, attributes, windows } = drawn;
    const shapes = { x: image, filter, dy: windows };
    const isStrict = draw.truth();
    const inputs = Object.fromEntries(
      parts.map((part, i) => [part, valuesOf(draw, shapes[part], isStrict && i === 0)]),
    );
    const { dilations, ...others } = attributes;
    // The core has no gradients of dilated convolutions, and tells those of plain ones of no dilation.
    const isGradient = parts.includes("dy");
    draw.require(!isGradient || Math.max(...dilations) === 1);
    return {
      inputs,
      attributes: { ...(isGradient && !isDepthwise ? others : attributes), inputShape: image, filterShape: filter },
      isStrict,
      tolerance: isStrict ? { sums: 1 } : { bound: () => [convolutionBound(parts, drawn)] },
    };
  };
}

/**
 * Values of the first factor of a convolution, now and then not finite. Of the second they are: whether the zeros around an image
 * times what is not finite count is left open (docs/numerics.md), as is how far a fast algorithm spreads it.
 */
function valuesOf(draw: Draw, shape: readonly number[], maySpread: boolean): Given {
  return draw.tensor(shape, "float32", maySpread ? draw.pick(["moderate", "special"]) : "moderate");
}

/** (n + 45)·u·Σ|terms| for n terms of at most 4, times 10 for what is transformed; on either side. */
function convolutionBound(
  parts: readonly Part[],
  { filter, windows, channels: made }: { filter: readonly number[]; windows: readonly number[]; channels: number },
) {
  const [height, width, channels, outputs] = filter as Four;
  const positions = windows.reduce((a, b) => a * b) / made;
  const terms = parts.includes("filter") ? height * width * Math.max(channels, outputs) : positions;
  return 10 * (terms + FAST) * 2 ** -24 * Math.sqrt(terms) * 4;
}

function fused(isDepthwise: boolean): Generator {
  return (draw) => {
    const drawn = convolution(draw, isDepthwise);
    const { image, filter, attributes, channels } = drawn;
    const { activation, parameters } = activationOf(draw, [channels]);
    const isStrict = draw.truth();
    const terms = filter[0] * filter[1] * (isDepthwise ? 1 : filter[2]);
    const inputs = { x: valuesOf(draw, image, isStrict), filter: draw.tensor(filter), ...parameters };
    return {
      inputs,
      isStrict,
      attributes: { ...attributes, ...activation },
      tolerance: { bound: () => [activated(terms + FAST, 4)] },
    };
  };
}

/** Windows of pooling, with padding as the core allows it. */
function pooling(draw: Draw) {
  const filterSize = [draw.pick([1, 2, 3, 5]), draw.pick([1, 2, 3, 4])] as [number, number];
  const image = [draw.integer(1, 3), draw.integer(1, 12), draw.integer(1, 12), draw.pick([1, 2, 3, 8, 17])] as Four;
  const strides = [draw.integer(1, 3), draw.integer(1, 3)] as [number, number];
  const padding = { dimRoundingMode: undefined, ...paddingOf(draw, filterSize) };
  if (padding.dimRoundingMode !== undefined) {
    // By a number the core pads columns as rows, and has windows outside of the image where these differ.
    filterSize[1] = filterSize[0];
    strides[1] = strides[0];
  }
  const { pad, dimRoundingMode } = padding;
  const info = backend_util.computePool2DInfo(image, filterSize, strides, 1, pad as "same", dimRoundingMode as "floor");
  draw.require(info.outShape.every((length) => length > 0));
  return {
    image,
    windows: info.outShape,
    attributes: { filterSize, strides, pad, ...(dimRoundingMode && { dimRoundingMode }) },
  };
}

type Pooling = ReturnType<typeof pooling>;

function pooled(
  make: (draw: Draw, drawn: Pooling) => ReturnType<Generator>,
  areValid: (drawn: Pooling) => boolean = () => true,
): Generator {
  return (draw) => {
    const drawn = pooling(draw);
    draw.require(areValid(drawn));
    return make(draw, drawn);
  };
}

/** These kernels have no rounding but this. */
const areRoundedDown = ({ attributes: { dimRoundingMode } }: Pooling) => (dimRoundingMode ?? "floor") === "floor";

const images: Generators = {
  Conv2D: convolutionKernel(["x", "filter"], false),
  Conv2DBackpropInput: convolutionKernel(["dy", "filter"], false),
  Conv2DBackpropFilter: convolutionKernel(["x", "dy"], false),
  DepthwiseConv2dNative: convolutionKernel(["x", "filter"], true),
  DepthwiseConv2dNativeBackpropInput: convolutionKernel(["dy", "filter"], true),
  DepthwiseConv2dNativeBackpropFilter: convolutionKernel(["x", "dy"], true),
  FusedConv2D: fused(false),
  FusedDepthwiseConv2D: fused(true),
  MaxPool: pooled((draw, { image, attributes }) => ({
    inputs: { x: draw.tensor(image, "float32", draw.pick(["moderate", "any"])) },
    attributes,
  })),
  // Rounded up there are windows outside of the image, which have no average on cpu.
  AvgPool: pooled(
    (draw, { image, attributes }) => ({
      inputs: { x: draw.tensor(image, "float32", draw.pick(["moderate", "special"])) },
      attributes,
      tolerance: { sums: 24 },
    }),
    areRoundedDown,
  ),
  MaxPoolGrad: pooled((draw, { image, windows, attributes }) => {
    const inputs = {
      dy: draw.tensor(windows),
      input: draw.tensor(image, "float32", draw.pick(["moderate", "ties"])),
      output: draw.tensor(windows),
    };
    return { inputs, attributes, tolerance: { bound: () => [2 * 20 * 2 ** -24 * 40] } };
  }),
  AvgPoolGrad: pooled((draw, { image, windows, attributes }) => {
    const inputs = { dy: draw.tensor(windows), input: draw.tensor(image) };
    return { inputs, attributes, tolerance: { bound: () => [2 * 24 * 2 ** -24 * 40] } };
  }, areRoundedDown),
  MaxPoolWithArgmax: pooled(
    (draw, { image, attributes }) => ({
      inputs: { x: draw.tensor(image, "float32", draw.pick(["moderate", "ties"])) },
      attributes: { ...attributes, includeBatchInIndex: draw.truth() },
    }),
    (drawn) => areRoundedDown(drawn) && !Array.isArray(drawn.attributes.pad),
  ),
};

/** A window that moves over a volume. */
function volume(draw: Draw) {
  const three = (values: readonly number[]) => draw.list(3, () => draw.pick(values)) as [number, number, number];
  const filterSize = three([1, 2, 3]);
  const [channels, outputs] = [draw.integer(1, 4), draw.integer(1, 5)];
  const image = [draw.integer(1, 2), ...three([3, 4, 5, 7]), channels] as Five;
  const number = draw.integer(0, Math.min(...filterSize) - 1);
  const attributes = { strides: three([1, 1, 2, 3]), pad: draw.pick(["same", "valid", number]) as "same" };
  const filter = [...filterSize, channels, outputs] as Five;
  return { image, filter, filterSize, attributes };
}

function convolution3d(parts: readonly [Part, Part]): Generator {
  return (draw) => {
    const { image, filter, attributes } = volume(draw);
    const { outShape } = backend_util.computeConv3DInfo(image, filter, attributes.strides, 1, attributes.pad);
    draw.require(outShape.every((length) => length > 0));
    const shapes = { x: image, filter, dy: outShape };
    const inputs = Object.fromEntries(parts.map((part, i) => [part, valuesOf(draw, shapes[part], i === 0)]));
    const all = { ...attributes, dataFormat: "NDHWC", dilations: [1, 1, 1], inputShape: image, filterShape: filter };
    return { inputs, attributes: all, isStrict: true, tolerance: { sums: 1 } };
  };
}

function pooling3d(isGradient: boolean, isMaximum: boolean): Generator {
  return (draw) => {
    const { image, filterSize, attributes } = volume(draw);
    // cpu mixes up the rows and columns of a window's maximum.
    draw.require(!isGradient || !isMaximum || filterSize[1] === filterSize[2]);
    const { outShape } = backend_util.computePool3DInfo(image, filterSize, attributes.strides, 1, attributes.pad);
    draw.require(outShape.every((length) => length > 0));
    // Of equal elements cpu gives the gradient to the last, unlike in images; TensorFlow leaves it open.
    const x = draw.tensor(image, "float32", isMaximum && !isGradient ? "ties" : "moderate");
    const all = { ...attributes, filterSize, dataFormat: "NDHWC" };
    if (!isGradient) return { inputs: { x }, attributes: all, ...(!isMaximum && { tolerance: { sums: 40 } }) };
    const inputs: Record<string, Given> = { dy: draw.tensor(outShape), input: x };
    if (isMaximum) inputs.output = draw.tensor(outShape);
    return { inputs, attributes: all, tolerance: { bound: () => [2 * 40 * 2 ** -24 * 2 * 27] } };
  };
}

const volumes: Generators = {
  Conv3D: convolution3d(["x", "filter"]),
  Conv3DBackpropInputV2: convolution3d(["dy", "filter"]),
  Conv3DBackpropFilterV2: convolution3d(["x", "dy"]),
  MaxPool3D: pooling3d(false, true),
  AvgPool3D: pooling3d(false, false),
  MaxPool3DGrad: pooling3d(true, true),
  AvgPool3DGrad: pooling3d(true, false),
};

/** Dilation of an image; of equal sums either may get the gradient, so there are none. */
function dilation(isGradient: boolean): Generator {
  return (draw) => {
    const channels = draw.integer(1, 4);
    const image = [draw.integer(1, 2), draw.integer(3, 8), draw.integer(3, 8), channels] as Four;
    const filter = [draw.integer(1, 3), draw.integer(1, 3), channels] as [number, number, number];
    const attributes = {
      strides: [draw.integer(1, 2), draw.integer(1, 2)] as [number, number],
      pad: draw.pick(["same", "valid"]) as "same",
      dilations: 1,
    };
    const { outShape } = backend_util.computeDilation2DInfo(
      image,
      filter,
      attributes.strides,
      attributes.pad,
      "NHWC",
      1,
    );
    const inputs: Record<string, Given> = { x: draw.tensor(image), filter: draw.tensor(filter) };
    if (!isGradient) return { inputs, attributes };
    inputs.dy = draw.tensor(outShape);
    // At most 64 of dy, which is at most 2, come together.
    return { inputs, attributes, tolerance: { bound: () => [2 * 64 * 2 ** -24 * 64 * 2] } };
  };
}

const morphology: Generators = {
  Dilation2D: dilation(false),
  Dilation2DBackpropInput: dilation(true),
  Dilation2DBackpropFilter: dilation(true),
};

export const windows: Generators = { ...images, ...volumes, ...morphology };
