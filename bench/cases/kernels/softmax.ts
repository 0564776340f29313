/** Softmax along rows, its logarithm, and cross-entropy with its gradient. */

import { logSoftmax, softmax as softmaxOf, tensor, vjp } from "nodegrad";
import { crossEntropy } from "nodegrad/nn";
import type { Target } from "../../harness/case.js";
import { peers } from "../peers.js";
import { filled, into } from "./kernel.js";
import { type Sweep, sweepGroup } from "./sweep.js";

const SHAPES: readonly (readonly [rows: number, columns: number, target: Target])[] = [
  [4096, 1000, { share: 0.65 }],
  [64, 1000, { ratio: 0.4 }],
  [128, 50_257, { share: 0.6 }],
  [64, 10, { ratio: 0.25 }],
];

const FUNCTIONS = { softmax: softmaxOf, logSoftmax } as const;

export const softmax = sweepGroup("softmax", [
  ...SHAPES.flatMap(([rows, columns, target]) =>
    (["softmax", "logSoftmax"] as const).map((name): Sweep => {
      return {
        name: `${name}, ${rows}×${columns}`,
        bytes: 8 * rows * columns,
        limit: "copy",
        target,
        quick: rows === 4096 && name === "softmax",
        start: () => {
          const x = filled([rows, columns], 1);
          return into(filled([rows, columns], 2), () => FUNCTIONS[name](x));
        },
        peers: peers(["PyTorch", "oneDNN", "onnxruntime"], name, rows, columns),
      };
    }),
  ),
  ...SHAPES.map(([rows, columns]): Sweep => {
    return {
      name: `cross-entropy and its gradient, ${rows}×${columns}`,
      bytes: 8 * rows * columns,
      limit: "copy",
      start: () => {
        const scores = filled([rows, columns], 1);
        const labels = tensor(Int32Array.from({ length: rows }, (_, i) => (7 * i) % columns));
        const one = tensor(1);
        return into(filled([rows, columns], 2), () => {
          const { vjp: pull } = vjp((scores) => crossEntropy(scores, labels), [scores]);
          return pull(one)[0] ?? scores;
        });
      },
      peers: peers(["PyTorch"], "crossEntropy", rows, columns),
    };
  }),
]);
