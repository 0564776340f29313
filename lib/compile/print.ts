/** Prints of what the passes leave, for `NODEGRAD_DEBUG`. */

import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { ARENA_BLOCK } from "../program/format.js";
import { showShape } from "../shape.js";
import { type Group, nodesOf } from "./group.js";
import type { Kernel, Value } from "./kernel.js";
import type { MemoryPlan } from "./memory.js";

/** One line per node: number, op, operands, attributes, type. */
export function printNodes(graph: Graph): string {
  const number = new Map<Tensor, number>();
  const lines = graph.nodes.map((node, i) => {
    number.set(node, i);
    const operands = node.storage === undefined ? node.inputs.map((input) => `%${number.get(input)}`).join(", ") : "";
    const attributes = Object.entries(node.attributes).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    return `%${i} = ${node.op.name}(${operands})${attributes.join("")} : ${node.dtype}${showShape(node.shape)}`;
  });
  const names = (nodes: readonly Tensor[]) => nodes.map((node) => `%${number.get(node)}`).join(", ");
  if (graph.roots.length > 0) lines.push(`return ${names(graph.roots)}`);
  for (const [leaf, value] of graph.updates) lines.push(`assign %${number.get(leaf)} ← %${number.get(value)}`);
  return lines.join("\n");
}

/** One line per group: the ops it unites. */
export function printGroups(groups: readonly Group[]): string {
  return groups
    .map(
      (group, i) =>
        `${i}: ${nodesOf(group)
          .map((node) => node.op.name)
          .join(" + ")}`,
    )
    .join("\n");
}

/** One line per kernel, in order. */
export function printSchedule(kernels: readonly Kernel[]): string {
  return kernels
    .map((kernel, i) => {
      const outputs = kernel.outputs.map(({ value }) => showHome(value)).join(", ");
      return `${i}: ${kernel.opcode} → ${outputs}${kernel.nodes.length > 1 ? ` (${kernel.nodes.length} nodes)` : ""}`;
    })
    .join("\n");
}

function showHome({ kind, place, dtype, length, takesOver }: Value): string {
  return `${kind}@${place} ${dtype}×${length}${takesOver === undefined ? "" : " in place"}`;
}

/** Size of the arena before and after planning. */
export function printMemory({ arenaBlocks, unplannedBlocks }: MemoryPlan): string {
  const kib = (blocks: number) => `${((blocks * ARENA_BLOCK) / 1024).toFixed(1)} KiB`;
  return `arena ${kib(arenaBlocks)} (without sharing ${kib(unplannedBlocks)})`;
}
