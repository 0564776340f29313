/** Functions of each element, from those that cost nothing to those that cost a polynomial. */

import { abs, add, cos, erf, exp, gelu, log, pow, relu, sigmoid, sin, sqrt, type Tensor, tanh } from "nodegrad";
import type { Target } from "../../harness/case.js";
import { peers } from "../peers.js";
import { filled, into } from "./kernel.js";
import { type Sweep, sweepGroup } from "./sweep.js";

/** The functions by the names that peers know; those of positive numbers take |x|. */
const FUNCTIONS = {
  "x + 1": (x: Tensor) => add(x, 1),
  relu,
  exp,
  sigmoid,
  tanh,
  gelu,
  erf,
  sin,
  cos,
  "log |x|": (x: Tensor) => log(abs(x)),
  "sqrt |x|": (x: Tensor) => sqrt(abs(x)),
  "|x| ** 1.7": (x: Tensor) => pow(abs(x), 1.7),
} as const;

type Row = readonly [name: keyof typeof FUNCTIONS, size: number, target?: Target];

const ROWS: readonly Row[] = [
  ...[4096, 65_536, 1_000_000, 8_000_000].flatMap((size): Row[] => [
    ["x + 1", size],
    ["relu", size, { share: 0.95 }],
  ]),
  ["exp", 1_000_000, { ratio: 0.6 }],
  ["sigmoid", 1_000_000, { ratio: 0.63 }],
  ["tanh", 1_000_000, { ratio: 0.65 }],
  ["gelu", 1_000_000, { ratio: 0.87 }],
  ["erf", 1_000_000],
  ["sin", 1_000_000],
  ["cos", 1_000_000],
  ["log |x|", 1_000_000],
  ["sqrt |x|", 1_000_000],
  ["|x| ** 1.7", 1_000_000],
];

/** numpy has all of them but these. */
const NOT_IN_NUMPY: readonly string[] = ["gelu", "erf"];

export const elementwise = sweepGroup("elementwise", ROWS.map(sweep));

function sweep([name, size, target]: Row): Sweep {
  return {
    name: `${name}, ${size}`,
    bytes: 8 * size,
    limit: "copy",
    target,
    quick: name === "exp",
    start: () => {
      const x = filled([size], 1);
      return into(filled([size], 2), () => FUNCTIONS[name](x));
    },
    peers: peers(NOT_IN_NUMPY.includes(name) ? ["PyTorch"] : ["PyTorch", "numpy"], "map", name, size),
  };
}
