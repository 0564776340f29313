/** Chains of element by element operations, which the compiler fuses, beside the loop somebody would write in C. */

import { add, mul, relu, sigmoid, sub, type Tensor } from "nodegrad";
import { peers } from "../peers.js";
import { filled, into } from "./kernel.js";
import { type Sweep, sweepGroup } from "./sweep.js";

const CHAINS = {
  "a · b + a": (a: Tensor, b: Tensor) => add(mul(a, b), a),
  "relu(a + b)": (a: Tensor, b: Tensor) => relu(add(a, b)),
  "relu((a - b) · 1.5 + a)": (a: Tensor, b: Tensor) => relu(add(mul(sub(a, b), 1.5), a)),
  "a · sigmoid(b)": (a: Tensor, b: Tensor) => mul(a, sigmoid(b)),
} as const;

/** Sizes for three levels of caches and the memory, and the ratio to the loop that is good enough there. */
const SIZES = [
  [3072, 2.2],
  [65_536, 1.5],
  [1_000_000, 1.5],
  [16_000_000, 1.25],
] as const;

export const fused = sweepGroup(
  "fused maps",
  (Object.keys(CHAINS) as (keyof typeof CHAINS)[]).flatMap((name, chain) =>
    SIZES.map(([size, ratio]): Sweep => {
      return {
        name: `${name}, ${size}`,
        bytes: 12 * size,
        limit: "copy",
        target: { ratio },
        quick: chain === 2 && size === 1_000_000,
        start: () => {
          const [a, b] = [filled([size], 1), filled([size], 2)];
          return into(filled([size], 3), () => CHAINS[name](a, b));
        },
        peers: peers(["C loop"], "fused", chain, size),
      };
    }),
  ),
);
