/** Moving elements: transposes, broadcasts, rows picked by index, and parameters overwritten by an optimiser. */

import { abs, add, assign, compile, div, gather, mul, sqrt, sub, tensor, transpose, variable } from "nodegrad";
import { repeat } from "../../harness/case.js";
import { peers } from "../peers.js";
import { filled, into } from "./kernel.js";
import { type Sweep, sweepGroup } from "./sweep.js";

const SIDE = 2048;
const [ROWS, COLUMNS] = [1000, 1000];
const [TABLE, PICKED, WIDTH] = [50_257, 4096, 768];
const PARAMETERS = 4_000_000;

export const movement = sweepGroup("movement", [
  {
    name: `transpose of ${SIDE}×${SIDE}`,
    bytes: 8 * SIDE ** 2,
    limit: "copy",
    target: { ratio: 0.44 },
    quick: true,
    start: () => {
      const x = filled([SIDE, SIDE], 1);
      return into(filled([SIDE, SIDE], 2), () => transpose(x));
    },
    peers: peers(["PyTorch", "numpy"], "transpose", SIDE, SIDE),
  },
  ...(["row", "column"] as const).map((kind): Sweep => {
    return {
      name: `add a ${kind} to ${ROWS}×${COLUMNS}`,
      bytes: 8 * ROWS * COLUMNS,
      limit: "copy",
      target: { share: 0.85 },
      start: () => {
        const [x, b] = [filled([ROWS, COLUMNS], 1), filled(kind === "row" ? [COLUMNS] : [ROWS, 1], 2)];
        return into(filled([ROWS, COLUMNS], 3), () => add(x, b));
      },
      peers: peers(["PyTorch", "numpy"], "broadcast", kind, ROWS, COLUMNS),
    };
  }),
  {
    name: `gather ${PICKED} of ${TABLE} rows of ${WIDTH}`,
    bytes: 8 * PICKED * WIDTH,
    limit: "copy",
    start: () => {
      const x = filled([TABLE, WIDTH], 1);
      const rows = tensor(Int32Array.from({ length: PICKED }, (_, i) => (7919 * i) % TABLE));
      return into(filled([PICKED, WIDTH], 2), () => gather(x, rows));
    },
    peers: peers(["PyTorch", "numpy"], "gather", TABLE, PICKED, WIDTH),
  },
  {
    name: `SGD with momentum, ${PARAMETERS} parameters`,
    bytes: 20 * PARAMETERS, // reads three, writes two
    limit: "copy",
    start: () => {
      const [parameters, gradient, velocity] = [
        filled([PARAMETERS], 1),
        filled([PARAMETERS], 2),
        filled([PARAMETERS], 3),
      ];
      const step = compile(() => {
        const next = add(mul(velocity, 0.9), gradient);
        assign([
          [velocity, next],
          [parameters, sub(parameters, mul(next, 0.01))],
        ]);
      });
      return repeat(step);
    },
    peers: peers(["PyTorch", "C loop"], "momentum", PARAMETERS),
  },
  {
    name: `Adam, ${PARAMETERS} parameters`,
    bytes: 28 * PARAMETERS, // reads four, writes three
    limit: "copy",
    start: () => {
      const [parameters, gradient, first, second] = [
        filled([PARAMETERS], 1),
        filled([PARAMETERS], 2),
        filled([PARAMETERS], 3),
        abs(filled([PARAMETERS], 4)),
      ];
      const squares = variable(second);
      const step = compile((rate: number) => {
        const mean = add(mul(first, 0.9), mul(gradient, 0.1));
        const square = add(mul(squares, 0.999), mul(mul(gradient, gradient), 0.001));
        assign([
          [first, mean],
          [squares, square],
          [parameters, sub(parameters, div(mul(mean, rate), add(sqrt(square), 1e-8)))],
        ]);
      });
      return repeat(() => step(0.001));
    },
    peers: peers(["PyTorch"], "adam", PARAMETERS),
  },
]);
