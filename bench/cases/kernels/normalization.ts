/** Batch and layer normalisation with the statistics of what is normalised, and their gradients. */

import { assign, batchNorm, compile, layerNorm, moments, type Tensor, vjp } from "nodegrad";
import { type Runner, repeat, type Target } from "../../harness/case.js";
import { peers } from "../peers.js";
import { filled, into, LAYOUTS, type Layout, product } from "./kernel.js";
import { type Sweep, sweepGroup } from "./sweep.js";

const [N, C, H, W] = [64, 64, 32, 32] as const;
const TARGETS: Readonly<Record<Layout, Target>> = { NCHW: { ratio: 0.15 }, NHWC: { ratio: 1 } };

/** Tokens, and the width of each. */
const [TOKENS, WIDTH] = [4096, 768] as const;

export const normalization = sweepGroup("normalisation", [
  ...LAYOUTS.flatMap((layout) => {
    const [shape, channels] = layout === "NCHW" ? ([[N, C, H, W], 1] as const) : ([[N, H, W, C], 3] as const);
    const axes = [0, 1, 2, 3].filter((axis) => axis !== channels);
    const apply = (x: Tensor, gamma: Tensor, beta: Tensor) =>
      batchNorm(x, { ...moments(x, { axes }), gamma, beta, axis: channels });
    return pair(`batch norm of ${N}×${C}×${H}×${W}, ${layout}`, shape, C, apply, TARGETS[layout], {
      values: peers(["PyTorch", "oneDNN"], "batchNorm", layout, N, C, H, W),
      gradient: peers(["PyTorch"], "batchNormGradient", layout, N, C, H, W),
    });
  }),
  ...pair(
    `layer norm of ${TOKENS}×${WIDTH}`,
    [TOKENS, WIDTH],
    WIDTH,
    (x, gamma, beta) => layerNorm(x, { gamma, beta }),
    undefined,
    {
      values: peers(["PyTorch"], "layerNorm", TOKENS, WIDTH),
      gradient: peers(["PyTorch"], "layerNormGradient", TOKENS, WIDTH),
    },
  ),
]);

type Normalization = (x: Tensor, gamma: Tensor, beta: Tensor) => Tensor;

/** A normalisation of x, and the same together with the gradient of x. */
function pair(
  name: string,
  shape: readonly number[],
  parameters: number,
  apply: Normalization,
  target: Target | undefined,
  peers: Readonly<Record<"values" | "gradient", Sweep["peers"]>>,
): Sweep[] {
  const operands = () => [filled(shape, 1), filled([parameters], 2), filled([parameters], 3)] as const;
  const bytes = 8 * product(shape);
  return [
    {
      name,
      bytes,
      limit: "copy",
      target,
      start: () => {
        const [x, gamma, beta] = operands();
        return into(filled(shape, 4), () => apply(x, gamma, beta));
      },
      peers: peers.values,
    },
    {
      name: `${name}, and gradient`,
      bytes: 2 * bytes,
      limit: "copy",
      start: () => valuesAndGradient(apply, operands()),
      peers: peers.gradient,
    },
  ];
}

function valuesAndGradient(apply: Normalization, [x, gamma, beta]: readonly [Tensor, Tensor, Tensor]): Runner {
  const [dy, y, dx] = [filled(x.shape, 4), filled(x.shape, 5), filled(x.shape, 6)];
  const run = compile(() => {
    const { outputs, vjp: pull } = vjp(apply, [x, gamma, beta]);
    assign([
      [y, outputs[0] as Tensor],
      [dx, pull(dy)[0] as Tensor],
    ]);
  });
  return repeat(run, 1, () => dx.dataSync() as Float32Array);
}
