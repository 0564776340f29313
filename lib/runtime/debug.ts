/** What `NODEGRAD_DEBUG` prints. */

import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { showShape } from "../shape.js";

/** The least level at which each print of the compiler appears. */
const LEVEL_OF_PASS: Readonly<Record<string, number>> = { graph: 2, groups: 2, schedule: 3, memory: 1, program: 4 };

/** A receiver of the compiler's prints, or undefined where the level asks for none. */
export function debugTrace(level: number): ((pass: string, text: string) => void) | undefined {
  if (level < 1) return undefined;
  return (pass, text) => {
    if (level >= (LEVEL_OF_PASS[pass] ?? 1)) process.stderr.write(`nodegrad: ${pass}\n${text}\n`);
  };
}

const computed = new WeakSet<Tensor>();

/** Warns when a matmul or convolution that an earlier run has computed is computed again. */
export function warnOfDoubleWork(graph: Graph): void {
  const roots = new Set(graph.roots);
  for (const node of graph.nodes) {
    if (node.storage !== undefined || (node.op.kind !== "contract" && node.op.kind !== "window")) continue;
    if (computed.has(node)) {
      process.emitWarning(
        `${node.op.name} of ${node.dtype}${showShape(node.shape)} is computed again; realize() it together with what ` +
          "was read before",
        { code: "NODEGRAD_DOUBLE_WORK" },
      );
    }
    if (!roots.has(node)) computed.add(node);
  }
}
