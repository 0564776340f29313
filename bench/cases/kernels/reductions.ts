/** Sums, means and maxima of matrices along either axis. */

import { max, mean, sum } from "nodegrad";
import { peers } from "../peers.js";
import { filled, into } from "./kernel.js";
import { type Sweep, sweepGroup } from "./sweep.js";

const FUNCTIONS = { sum, mean, max } as const;
const SHAPES = [
  [256, 256],
  [1000, 1000],
  [2048, 2048],
] as const;

export const reductions = sweepGroup(
  "reductions",
  ([0, 1] as const).flatMap((axis) =>
    (["sum", "mean", "max"] as const).flatMap((name) =>
      SHAPES.map(([rows, columns]): Sweep => {
        return {
          name: `${name} of ${rows}×${columns} along ${axis === 0 ? "columns" : "rows"}`,
          bytes: 4 * rows * columns,
          limit: "read",
          target: { share: 0.85 },
          quick: name === "sum" && rows === 1000,
          start: () => {
            const x = filled([rows, columns], 1);
            return into(filled([axis === 0 ? columns : rows], 2), () => FUNCTIONS[name](x, { axes: axis }));
          },
          peers: peers(["PyTorch", "numpy"], "reduce", name, axis, rows, columns),
        };
      }),
    ),
  ),
);
