/** Pooling over windows of 2 × 2 that do not overlap, and its gradient. */

import { avgPool2d, maxPool2d, type Tensor, vjp } from "nodegrad";
import type { Target } from "../../harness/case.js";
import { peers } from "../peers.js";
import { images, LAYOUTS, type Layout } from "./kernel.js";
import { type Sweep, sweepGroup } from "./sweep.js";

const SHAPE = [64, 64, 32, 32] as const;
const [N, C, H, W] = SHAPE;
const FUNCTIONS = { max: maxPool2d, avg: avgPool2d } as const;
type Kind = keyof typeof FUNCTIONS;

const TARGETS: Readonly<Record<Layout, Target>> = { NCHW: { ratio: 0.33 }, NHWC: { ratio: 0.85 } };

export const pooling = sweepGroup(
  "pooling",
  (["max", "avg"] as const).flatMap((kind) =>
    LAYOUTS.flatMap((layout) => [forward(kind, layout), gradient(kind, layout)]),
  ),
);

function forward(kind: Kind, layout: Layout): Sweep {
  return {
    name: `${kind} 2×2 of ${SHAPE.join("×")}, ${layout}`,
    bytes: 4 * N * C * H * W * 1.25,
    limit: "read",
    target: TARGETS[layout],
    start: () => {
      const x = images(SHAPE, layout, 1);
      return images([N, C, H / 2, W / 2], layout, 2).into(() => pool(kind, x.nchw()));
    },
    peers: peers(
      layout === "NCHW" ? ["PyTorch", "oneDNN", "onnxruntime"] : ["PyTorch", "oneDNN"],
      "pool",
      kind,
      layout,
      ...SHAPE,
    ),
  };
}

function gradient(kind: Kind, layout: Layout): Sweep {
  return {
    name: `${kind} 2×2 of ${SHAPE.join("×")}, ${layout} gradient`,
    bytes: 4 * N * C * H * W * (kind === "max" ? 2.25 : 1.25),
    limit: "copy",
    start: () => {
      const x = images(SHAPE, layout, 1);
      const dy = images([N, C, H / 2, W / 2], layout, 2);
      const dx = images(SHAPE, layout, 3);
      return dx.into(() => vjp((x) => pool(kind, x), [x.nchw()]).vjp(dy.nchw())[0] as Tensor);
    },
    peers: peers(["PyTorch"], "poolGradient", kind, layout, ...SHAPE),
  };
}

function pool(kind: Kind, x: Tensor): Tensor {
  return FUNCTIONS[kind](x, { kernel: 2, stride: 2 });
}
