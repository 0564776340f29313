/** Nodes that become one kernel, and what a kernel can hold. */

import { InternalError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { MAX_REGISTERS } from "../program/format.js";
import type { ReduceKind } from "../program/opcodes.js";
import type { Shape } from "../shape.js";
import type { Elements } from "./elements.js";

/** Nodes that become one kernel. */
export interface Group {
  /** The node of an instruction: maps that follow it are its epilogue. */
  anchor: Tensor | undefined;
  /** Map nodes, operands first. */
  members: Tensor[];
  /** The reductions whose prologue the members are: one, or several of the same elements. */
  sinks: readonly Tensor[];
  /** The nodes among these whose values the kernel leaves in memory. */
  results: Tensor[];
  /** The shape in which the kernel walks its elements. */
  shape: Shape;
  /** Above the rank of every group this one reads. */
  rank: number;
}

/** A group has at most this many nodes: longer micro-programs gain nothing and compile slowly. */
const MAX_MEMBERS = 48;

/** Operands and results are registers too; what is left is for intermediate values. */
const MAX_OPERANDS = MAX_REGISTERS / 2;

/** Every node of a group, operands first. */
export function nodesOf(group: Group): Tensor[] {
  return [...(group.anchor === undefined ? [] : [group.anchor]), ...group.members, ...group.sinks];
}

/** How a reduction combines elements. */
export function reduceKind(sink: Tensor): ReduceKind {
  if (sink.op.kind !== "reduce") throw new InternalError(`"${sink.op.name}" is not a reduction`);
  return sink.op.reduce;
}

/**
 * Sets what each group leaves in memory: what the run is asked for, and what a group reads that does not compute it
 * itself.
 *
 * @param groupOf The group that answers for each node; others may compute it too, for themselves.
 */
export function findResults(groups: readonly Group[], groupOf: ReadonlyMap<Tensor, Group>, elements: Elements): void {
  const needed = new Set(elements.wanted);
  for (const group of groups) {
    const nodes = nodesOf(group);
    const inside = new Set(nodes);
    for (const node of nodes) {
      for (const operand of elements.operandsOf(node)) if (!inside.has(operand)) needed.add(operand);
    }
  }
  // A Set hands out what is added meanwhile: what views look at.
  for (const node of needed)
    if (node.op.kind === "view") for (const base of elements.operandsOf(node)) needed.add(base);
  for (const group of groups) {
    group.results = nodesOf(group).filter((node) => needed.has(node) && groupOf.get(node) === group);
  }
}

/**
 * Whether one kernel can compute map nodes, with what they follow or feed, over elements of a shape.
 *
 * @param nodes Operands first.
 */
export function fitsKernel(nodes: readonly Tensor[], shape: Shape, elements: Elements): boolean {
  const maps = nodes.filter(({ op }) => op.kind === "map");
  return (
    nodes.length <= MAX_MEMBERS && elements.readableAs(maps, new Set(nodes), shape) && fitsRegisters(nodes, elements)
  );
}

/** Whether a micro-program of these nodes gets by with its registers, as far as can be told before it exists. */
function fitsRegisters(nodes: readonly Tensor[], elements: Elements): boolean {
  const inside = new Set(nodes);
  const lastRead = new Map<Tensor, number>();
  nodes.forEach((node, i) => {
    for (const input of elements.operandsOf(node)) lastRead.set(input, i);
  });
  let live = 0;
  for (const input of lastRead.keys()) if (!inside.has(input)) live++; // loaded before the first step
  if (live > MAX_OPERANDS) return false;
  if (live + nodes.length <= MAX_REGISTERS) return true;
  const escapes = (node: Tensor) =>
    elements.wanted.has(node) || elements.readersOf(node).some((user) => !inside.has(user));
  let most = live;
  nodes.forEach((node, i) => {
    most = Math.max(most, ++live);
    for (const input of new Set(elements.operandsOf(node))) {
      if (lastRead.get(input) === i && !(inside.has(input) && escapes(input))) live--;
    }
  });
  return most <= MAX_REGISTERS;
}
