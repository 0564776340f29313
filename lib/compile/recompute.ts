/**
 * The end of fusing: what to compute again rather than keep in memory.
 *
 * A result that only micro-programs read may be computed by each of them from its operands instead: x − μ of a
 * normalisation costs one subtraction where it is read, but a pass over memory to write it and another to read it.
 * Results are taken up one by one, the last ones first, so that a chain of them goes from its end. Each is computed again
 * where that is less work for the memory and keeps no more of it in use.
 */

import { dtypeInfo } from "../dtype.js";
import type { Tensor } from "../graph/tensor.js";
import { MICRO_OPS } from "../program/opcodes.js";
import { type Elements, isNumeric, storedSize } from "./elements.js";
import { findResults, fitsKernel, type Group, nodesOf } from "./group.js";

/** Writing moves a byte twice: a line of the cache is fetched before it is written, and written back later. */
const WRITE = 2;

/** A step of a micro-program takes about as long as moving this many bytes for each element. */
const STEP = 1;

/** How many bytes may be kept alive for one that no longer is: x and a mean for x − μ, not a and b for a + b. */
const LEEWAY = 1.25;

/**
 * Sets the results of groups.
 *
 * @param groups Those that are left with nothing to do go.
 * @param groupOf The group that computes each node.
 * @param order The position of each node in the graph.
 */
export function recompute(
  groups: Group[],
  groupOf: ReadonlyMap<Tensor, Group>,
  elements: Elements,
  order: ReadonlyMap<Tensor, number>,
): void {
  findResults(groups, groupOf, elements);
  const results = groups.flatMap((group) => group.results);
  const positionOf = (node: Tensor) => order.get(node) as number;
  results.sort((a, b) => positionOf(b) - positionOf(a));
  const recomputation = new Recomputation(results, groupOf, elements, positionOf);
  for (const node of results) recomputation.consider(node);
  const left = groups.filter((group) => nodesOf(group).length > 0);
  groups.splice(0, groups.length, ...left);
  findResults(groups, groupOf, elements);
}

class Recomputation {
  /** Nodes whose values are in memory. */
  private readonly stored: Set<Tensor>;
  /** The groups that compute a node. */
  private readonly groupsWith = new Map<Tensor, Set<Group>>();

  constructor(
    results: readonly Tensor[],
    private readonly groupOf: ReadonlyMap<Tensor, Group>,
    private readonly elements: Elements,
    private readonly positionOf: (node: Tensor) => number,
  ) {
    this.stored = new Set(results);
    for (const [node, group] of groupOf) this.groupsWith.set(node, new Set([group]));
  }

  /** Has a result computed by its readers where that pays. */
  consider(node: Tensor): void {
    if (this.elements.wanted.has(node) || !isCheap(node)) return;
    const home = this.groupOf.get(node) as Group;
    const readers = this.readersOf(node);
    const steps = readers && this.stepsTo(node, home);
    if (steps === undefined || !this.pays(node, steps, readers as Set<Group>)) return;
    for (const reader of readers as Set<Group>) {
      reader.members = this.inOrder([...reader.members, ...steps]);
      for (const step of steps) this.groupsWith.get(step)?.add(reader);
    }
    this.stored.delete(node);
    this.removeUnused(node, home);
  }

  /** The groups that read a result from memory; undefined unless all of them do so in micro-programs. */
  private readersOf(node: Tensor): Set<Group> | undefined {
    const readers = new Set<Group>();
    for (const user of this.elements.readersOf(node)) {
      for (const group of this.groupsWith.get(user) ?? [undefined]) {
        if (group === undefined || user === group.anchor) return undefined;
        if (!group.members.includes(node)) readers.add(group);
      }
    }
    return readers;
  }

  /** The maps that compute a result from what is in memory; undefined where they are not cheap. */
  private stepsTo(node: Tensor, home: Group): Set<Tensor> | undefined {
    const steps = new Set([node]);
    for (const step of steps) {
      if (!isCheap(step)) return undefined;
      for (const operand of this.elements.operandsOf(step)) {
        if (!this.stored.has(operand) && this.groupsWith.get(operand)?.has(home)) steps.add(operand); // a Set goes on
      }
    }
    return steps;
  }

  private pays(node: Tensor, steps: Set<Tensor>, readers: ReadonlySet<Group>): boolean {
    const operands = new Set<Tensor>();
    for (const step of steps) {
      for (const operand of this.elements.operandsOf(step)) {
        if (!steps.has(operand) && !isNumeric(operand)) operands.add(operand);
      }
    }
    const size = bytesOf(node);
    let moved = 0;
    let lastRank = 0;
    for (const reader of readers) {
      for (const operand of operands) if (!this.knows(reader, operand)) moved += bytesOf(operand);
      moved += STEP * steps.size * node.size;
      lastRank = Math.max(lastRank, reader.rank);
    }
    if (moved >= (WRITE + readers.size) * size) return false;
    let kept = 0;
    for (const operand of operands) if (this.lastRankOf(operand) < lastRank) kept += bytesOf(operand);
    if (kept > LEEWAY * size) return false;
    return [...readers].every((reader) =>
      fitsKernel(this.inOrder([...new Set([...nodesOf(reader), ...steps])]), reader.shape, this.elements),
    );
  }

  /** Whether a group has a node's elements in a register anyway. */
  private knows(group: Group, node: Tensor): boolean {
    if (this.groupsWith.get(node)?.has(group)) return true;
    return this.elements.readersOf(node).some((user) => this.groupsWith.get(user)?.has(group));
  }

  /** The rank of the last group that reads an operand. */
  private lastRankOf(operand: Tensor): number {
    let rank = 0;
    for (const user of this.elements.readersOf(operand)) {
      for (const group of this.groupsWith.get(user) ?? []) rank = Math.max(rank, group.rank);
    }
    return rank;
  }

  /** Drops a node from the group it is computed by, where nothing there reads it either, and then its operands. */
  private removeUnused(node: Tensor, home: Group): void {
    const unused = [node];
    for (const next of unused) {
      const isRead = this.elements.readersOf(next).some((user) => this.groupsWith.get(user)?.has(home));
      if (isRead || this.stored.has(next) || !home.members.includes(next)) continue;
      home.members = home.members.filter((member) => member !== next);
      this.groupsWith.get(next)?.delete(home);
      unused.push(...this.elements.operandsOf(next));
    }
  }

  private inOrder(nodes: Tensor[]): Tensor[] {
    return [...new Set(nodes)].sort((a, b) => this.positionOf(a) - this.positionOf(b));
  }
}

function isCheap({ op }: Tensor): boolean {
  return op.kind === "map" && !MICRO_OPS[op.micro].costly;
}

/** Bytes in memory of what a node is or looks at. */
function bytesOf(node: Tensor): number {
  return storedSize(node) * dtypeInfo[node.dtype].bytes;
}
