/** Convolutions: values, and the gradients of images and filters, in both orders of memory. */

import { conv2d, type Tensor, vjp } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner } from "../../harness/case.js";
import { peers } from "../peers.js";
import { filled, images, into, LAYOUTS, type Layout } from "./kernel.js";

const DIRECTIONS = ["forward", "data", "weights"] as const;
type Direction = (typeof DIRECTIONS)[number];

/** `images` of `channels` × `size` × `size`, `filters` of `kernel` × `kernel`. */
interface Row {
  readonly of?: string;
  readonly images: number;
  readonly channels: number;
  readonly size: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
  /** Of the machine's arithmetic, counted as the direct algorithm has it; Winograd's can pass 1. */
  readonly shares: Readonly<Partial<Record<Direction, number>>>;
  /** Where NHWC should reach another share of forward. */
  readonly forwardNhwc?: number;
}

const three = { kernel: 3, padding: 1 };

const CONVOLUTIONS: readonly Row[] = [
  {
    of: "LeNet-5 conv1",
    ...{ images: 64, channels: 1, size: 28, filters: 20, kernel: 5, padding: 2 },
    shares: { forward: 0.7, weights: 0.75 }, // nobody needs the gradient of the images
  },
  {
    of: "LeNet-5 conv2",
    ...{ images: 64, channels: 20, size: 14, filters: 50, kernel: 5, padding: 2 },
    shares: { forward: 0.9, data: 0.9, weights: 0.9 },
  },
  { images: 64, channels: 3, size: 32, filters: 64, ...three, shares: { forward: 0.9, data: 0.5, weights: 0.9 } },
  { images: 64, channels: 64, size: 32, filters: 64, ...three, shares: { forward: 1.85, data: 1.8, weights: 1.3 } },
  { images: 64, channels: 128, size: 16, filters: 128, ...three, shares: { forward: 2.15, data: 2.15, weights: 2.15 } },
  { images: 1, channels: 64, size: 56, filters: 64, ...three, shares: { forward: 2.1, data: 2.1, weights: 2.1 } },
  { images: 1, channels: 256, size: 14, filters: 256, ...three, shares: { forward: 1.15, data: 1.15, weights: 1.08 } },
  { images: 1, channels: 512, size: 7, filters: 512, ...three, shares: { forward: 1.15, data: 1.15, weights: 1.0 } },
  {
    of: "ResNet-50 conv1",
    ...{ images: 1, channels: 3, size: 224, filters: 64, kernel: 7, stride: 2, padding: 3 },
    shares: { forward: 0.97, data: 0.65, weights: 0.92 },
  },
  {
    of: "AlexNet conv1",
    ...{ images: 1, channels: 3, size: 224, filters: 96, kernel: 11, stride: 4, padding: 2 },
    shares: { forward: 0.97, data: 0.65, weights: 0.92 },
  },
  { images: 1, channels: 64, size: 56, filters: 256, kernel: 1, shares: { forward: 0.96, data: 0.96, weights: 0.96 } },
  {
    of: "depthwise",
    ...{ images: 1, channels: 144, size: 56, filters: 144, ...three, groups: 144 },
    shares: { forward: 0.6, data: 0.6, weights: 0.6 },
    forwardNhwc: 0.75,
  },
];

const QUICK = ["64×64×32×32 → 64, 3×3, NHWC forward", "LeNet-5 conv2, NCHW forward"];

/** Operations that a slow contestant can be asked for. */
const SLOW_FLOPS = 1e7;

export const convolutions: Group = {
  level: "kernels",
  name: "convolutions",
  cases: (threads) =>
    threads.flatMap((count) =>
      CONVOLUTIONS.flatMap((row) =>
        LAYOUTS.flatMap((layout) =>
          DIRECTIONS.filter((direction) => row.shares[direction] !== undefined).map((direction) =>
            convolutionCase(row, layout, direction, count),
          ),
        ),
      ),
    ),
};

function convolutionCase(row: Row, layout: Layout, direction: Direction, threads: number): Case {
  const { channels, size, filters, kernel, stride = 1, padding = 0, groups = 1, shares, forwardNhwc } = row;
  const outputs = row.images * filters * outputSize(row) ** 2;
  const perOutput = (channels / groups) * kernel ** 2;
  const shape = `${row.images}×${channels}×${size}×${size} → ${filters}, ${kernel}×${kernel}`;
  const name = `${row.of ?? shape}${stride === 1 ? "" : ` stride ${stride}`}, ${layout} ${direction}`;
  const flops = 2 * outputs * perOutput;
  const sizes = [row.images, channels, size, size, filters, kernel, stride, padding, groups];
  return {
    name,
    unit: "convolution",
    threads,
    flops,
    bytes: 4 * (row.images * channels * size ** 2 + filters * perOutput + outputs),
    limit: "fma",
    target: {
      share: (layout === "NHWC" && direction === "forward" ? forwardNhwc : undefined) ?? shares[direction] ?? 1,
    },
    quick: QUICK.includes(name),
    contestants: [
      ...nodegrad(() => convolve(row, layout, direction), { reference: flops < SLOW_FLOPS && threads === 1 }),
      ...peers(
        layout === "NCHW" && direction === "forward" ? ["oneDNN", "PyTorch", "onnxruntime"] : ["oneDNN", "PyTorch"],
        "conv",
        direction,
        layout,
        ...sizes,
      ),
    ],
  };
}

function outputSize({ size, kernel, stride = 1, padding = 0 }: Row): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

function convolve(row: Row, layout: Layout, direction: Direction): Runner {
  const { channels, size, filters, kernel, stride = 1, padding = 0, groups = 1 } = row;
  const x = images([row.images, channels, size, size], layout, 1);
  const weights = filled([filters, channels / groups, kernel, kernel], 2);
  const y = images([row.images, filters, outputSize(row), outputSize(row)], layout, 3);
  const apply = (x: Tensor, weights: Tensor) => conv2d(x, weights, { stride, padding, groups });
  if (direction === "forward") return y.into(() => apply(x.nchw(), weights));
  const gradient = (of: 0 | 1) => () => vjp(apply, [x.nchw(), weights]).vjp(y.nchw())[of] as Tensor;
  return direction === "data" ? x.into(gradient(0)) : into(weights, gradient(1));
}
