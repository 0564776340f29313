/** The networks that are measured, as lists of layers: what nodegrad and the peers build them from. */

/** A layer; peers read it as JSON. Convolutions and products have biases unless a batch normalisation follows. */
export type Layer =
  | {
      readonly kind: "conv";
      readonly filters: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: number;
      readonly bias: boolean;
    }
  | { readonly kind: "batchNorm" }
  | { readonly kind: "relu" }
  | { readonly kind: "maxPool"; readonly kernel: number; readonly stride: number; readonly padding: number }
  /** Of each channel: `[n, c, h, w]` to `[n, c]`. */
  | { readonly kind: "meanPool" }
  | { readonly kind: "flatten" }
  | { readonly kind: "linear"; readonly features: number }
  /** The sum of what both give; an empty shortcut is the input itself. */
  | { readonly kind: "residual"; readonly body: readonly Layer[]; readonly shortcut: readonly Layer[] };

export interface Network {
  /** Of one example: `[c, h, w]` or `[features]`. */
  readonly input: readonly number[];
  readonly classes: number;
  readonly layers: readonly Layer[];
}

const relu: Layer = { kind: "relu" };
const batchNorm: Layer = { kind: "batchNorm" };
const flatten: Layer = { kind: "flatten" };
const meanPool: Layer = { kind: "meanPool" };
const linear = (features: number): Layer => ({ kind: "linear", features });

function conv(filters: number, kernel: number, { stride = 1, padding = (kernel - 1) / 2, bias = true } = {}): Layer {
  return { kind: "conv", filters, kernel, stride, padding, bias };
}

function maxPool(kernel: number, stride = kernel, padding = 0): Layer {
  return { kind: "maxPool", kernel, stride, padding };
}

function normalizedConv(filters: number, kernel: number, stride = 1): Layer[] {
  return [conv(filters, kernel, { stride, bias: false }), batchNorm];
}

/** A residual block: two convolutions of 3 × 3. */
export function basicBlock(channels: number, stride = 1): Layer[] {
  const body = [...normalizedConv(channels, 3, stride), relu, ...normalizedConv(channels, 3)];
  return [{ kind: "residual", body, shortcut: stride === 1 ? [] : normalizedConv(channels, 1, stride) }, relu];
}

/** A residual block through fewer channels. */
function bottleneck(channels: number, stride: number, first: boolean): Layer[] {
  const body = [
    ...normalizedConv(channels, 1),
    relu,
    ...normalizedConv(channels, 3, stride),
    relu,
    ...normalizedConv(4 * channels, 1),
  ];
  return [{ kind: "residual", body, shortcut: first ? normalizedConv(4 * channels, 1, stride) : [] }, relu];
}

export const lenet5: Network = {
  input: [1, 28, 28],
  classes: 10,
  layers: [
    ...[conv(20, 5), relu, maxPool(2), conv(50, 5), relu, maxPool(2)],
    ...[flatten, linear(500), relu, linear(10)],
  ],
};

export const mlp: Network = {
  input: [784],
  classes: 10,
  layers: [linear(512), relu, linear(512), relu, linear(10)],
};

/** For images of CIFAR. */
export const resnet20: Network = {
  input: [3, 32, 32],
  classes: 10,
  layers: [
    ...[...normalizedConv(16, 3), relu],
    ...[16, 32, 64].flatMap((channels, i) => [
      ...basicBlock(channels, i === 0 ? 1 : 2),
      ...basicBlock(channels),
      ...basicBlock(channels),
    ]),
    ...[meanPool, linear(10)],
  ],
};

/** The first half of VGG, with batch normalisation, for images of CIFAR. */
export const smallVgg: Network = {
  input: [3, 32, 32],
  classes: 10,
  layers: [
    ...[64, 128].flatMap((channels) => [
      ...[...normalizedConv(channels, 3), relu],
      ...[...normalizedConv(channels, 3), relu, maxPool(2)],
    ]),
    ...[flatten, linear(10)],
  ],
};

export const vgg16: Network = {
  input: [3, 224, 224],
  classes: 1000,
  layers: [
    ...[64, 128, 256, 512, 512].flatMap((channels, i) => [
      ...Array.from({ length: i < 2 ? 2 : 3 }, () => [conv(channels, 3), relu]).flat(),
      maxPool(2),
    ]),
    ...[flatten, linear(4096), relu, linear(4096), relu, linear(1000)],
  ],
};

export const resnet50: Network = {
  input: [3, 224, 224],
  classes: 1000,
  layers: [
    ...[...normalizedConv(64, 7, 2), relu, maxPool(3, 2, 1)],
    ...[3, 4, 6, 3].flatMap((blocks, stage) =>
      Array.from({ length: blocks }, (_, i) =>
        bottleneck(64 * 2 ** stage, i === 0 && stage > 0 ? 2 : 1, i === 0),
      ).flat(),
    ),
    ...[meanPool, linear(1000)],
  ],
};

/** The shape of an example after a layer. */
export function shapeAfter(layer: Layer, shape: readonly number[]): readonly number[] {
  const [c = 0, h = 0, w = 0] = shape;
  switch (layer.kind) {
    case "conv":
      return [layer.filters, slid(h, layer), slid(w, layer)];
    case "maxPool":
      return [c, slid(h, layer), slid(w, layer)];
    case "meanPool":
      return [c];
    case "flatten":
      return [c * h * w];
    case "linear":
      return [layer.features];
    case "residual":
      return layer.body.reduce((before, inner) => shapeAfter(inner, before), shape);
    default:
      return shape;
  }
}

/** Positions of a window along an axis. */
function slid(
  size: number,
  layer: { readonly kernel: number; readonly stride: number; readonly padding: number },
): number {
  return Math.floor((size + 2 * layer.padding - layer.kernel) / layer.stride) + 1;
}

/** Operations of the products and convolutions for one example, forward. */
export function flopsOf(layers: readonly Layer[], input: readonly number[]): number {
  let [shape, flops] = [input, 0];
  for (const layer of layers) {
    const after = shapeAfter(layer, shape);
    const [c = 0] = shape;
    const outputs = after.reduce((a, b) => a * b, 1);
    if (layer.kind === "conv") flops += 2 * outputs * c * layer.kernel ** 2;
    if (layer.kind === "linear") flops += 2 * outputs * c;
    if (layer.kind === "residual") flops += flopsOf(layer.body, shape) + flopsOf(layer.shortcut, shape);
    shape = after;
  }
  return flops;
}

/** Operations of a training step for one example; nobody needs the derivative of the examples. */
export function trainingFlops({ layers, input }: Network): number {
  return 3 * flopsOf(layers, input) - flopsOf(layers.slice(0, 1), input);
}
