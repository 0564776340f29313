/**
 * Second pass: which nodes share a kernel.
 *
 * Map nodes over the same elements join the group that computes one of their operands: a chain of maps becomes one
 * micro-program, maps after a matmul or a convolution its epilogue, and a chain that only feeds a reduction the
 * reduction's prologue. Shapes may differ as long as the elements are the same in the same order.
 *
 * A group is one instruction, so groups must not need each other in a circle. Every group has a rank above the
 * ranks of the groups it reads; a node joins a group only if everything else it reads has a lower rank, and two
 * groups unite only at the same rank, where no path can lead from one to the other. A group that nobody reads yet may
 * rise above what a node reads besides. This misses some legal unions, but needs no search.
 */

import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { unrealisedOperands } from "../graph/walk.js";
import { INSTRUCTIONS, REDUCTIONS } from "../program/opcodes.js";
import { sameShape } from "../shape.js";
import { Elements, elementsOf } from "./elements.js";
import { findResults, fitsKernel, type Group, nodesOf, reduceKind } from "./group.js";
import { joinReductions } from "./join.js";
import { recompute } from "./recompute.js";

/**
 * @param enabled False keeps every node in a kernel of its own, which is how tests check the fused ones.
 * @returns Groups, each after those it reads.
 */
export function fuse(graph: Graph, enabled: boolean): Group[] {
  return new Fusion(graph, enabled).run();
}

class Fusion {
  private readonly groupOf = new Map<Tensor, Group>();
  private readonly order = new Map<Tensor, number>();
  private readonly elements: Elements;
  /** The rank of what a view that reorders elements looks at. */
  private readonly viewRanks = new Map<Tensor, number>();
  /** Groups whose rank is settled, because something outside reads them. */
  private readonly settled = new Set<Group>();
  private readonly nodes: readonly Tensor[];
  /** Reductions that are to become one. */
  private readonly joined: ReadonlyMap<Tensor, readonly Tensor[]>;

  constructor(
    graph: Graph,
    private readonly enabled: boolean,
  ) {
    this.elements = new Elements(graph);
    const order = enabled ? joinReductions(graph.nodes, this.elements) : { nodes: graph.nodes, joined: new Map() };
    this.nodes = order.nodes;
    this.joined = order.joined;
    for (const [i, node] of this.nodes.entries()) this.order.set(node, i);
  }

  run(): Group[] {
    for (const node of this.nodes) {
      if (node.storage !== undefined || node.op.kind === "leaf") continue;
      if (node.op.kind === "view") this.addView(node);
      else if (node.op.kind === "map") this.addMap(node);
      else if (node.op.kind === "reduce") this.addReduce(node);
      else this.start(node, { anchor: node });
    }
    if (this.enabled) this.absorbProducers();
    const groups = [...new Set(this.groupOf.values())];
    const oldest = (group: Group) => this.order.get(nodesOf(group)[0] as Tensor) as number;
    groups.sort((a, b) => a.rank - b.rank || oldest(a) - oldest(b));
    if (this.enabled) recompute(groups, this.groupOf, this.elements, this.order);
    else findResults(groups, this.groupOf, this.elements);
    return groups;
  }

  private addView(node: Tensor): void {
    if (elementsOf(node) === node) this.viewRanks.set(node, this.read(node.inputs[0] as Tensor));
  }

  /** The rank of what is read; it can rise no more. */
  private read(node: Tensor): number {
    const group = this.groupOf.get(elementsOf(node));
    if (group !== undefined) this.settled.add(group);
    return this.rankOf(node);
  }

  private start(node: Tensor, parts: Partial<Group>): void {
    let rank = 1;
    for (const input of unrealisedOperands(node)) rank = Math.max(rank, 1 + this.read(input));
    const shape = (parts.sinks === undefined ? node : (node.inputs[0] as Tensor)).shape;
    this.groupOf.set(node, { anchor: undefined, members: [], sinks: [], results: [], shape, rank, ...parts });
  }

  private rankOf(node: Tensor): number {
    const base = elementsOf(node);
    return this.groupOf.get(base)?.rank ?? this.viewRanks.get(base) ?? 0;
  }

  private addMap(node: Tensor): void {
    const candidates = this.enabled ? this.candidates(node) : [];
    for (const group of candidates) {
      const union = this.unionFor(node, group, candidates);
      if (union === undefined) continue;
      for (const other of union.others) this.unite(group, other);
      group.members.push(node);
      group.rank = union.rank;
      this.groupOf.set(node, group);
      for (const input of this.elements.operandsOf(node)) if (this.groupOf.get(input) !== group) this.read(input);
      return;
    }
    this.start(node, { members: [node] });
  }

  /** Groups that compute an operand of the node and have its elements, highest rank first. */
  private candidates(node: Tensor): Group[] {
    const groups = new Set<Group>();
    for (const input of unrealisedOperands(node)) {
      const group = this.groupOf.get(elementsOf(input));
      if (group === undefined || group.sinks.length > 0 || !sameShape(input.shape, node.shape)) continue;
      if (group.anchor === undefined || takesEpilogue(group.anchor)) groups.add(group);
    }
    return [...groups].sort((a, b) => b.rank - a.rank);
  }

  /** The other groups with which a group must unite to take in a node, and its rank then; undefined if it cannot. */
  private unionFor(
    node: Tensor,
    group: Group,
    candidates: readonly Group[],
  ): { others: Group[]; rank: number } | undefined {
    const united = [group];
    let { anchor, shape, rank } = group;
    for (const input of this.elements.operandsOf(node)) {
      const other = this.groupOf.get(input);
      if (this.rankOf(input) < group.rank || (other !== undefined && united.includes(other))) continue;
      const isLevel = other !== undefined && other.rank === group.rank && candidates.includes(other);
      if (isLevel && (anchor === undefined || other.anchor === undefined)) {
        united.push(other);
        if (other.anchor !== undefined) ({ anchor, shape } = other);
      } else {
        rank = Math.max(rank, 1 + this.rankOf(input));
      }
    }
    if (rank > group.rank && united.some((part) => this.settled.has(part))) return undefined;
    const nodes = this.inOrder([...united.flatMap(nodesOf), node]);
    return fitsKernel(nodes, shape, this.elements) ? { others: united.slice(1), rank } : undefined;
  }

  private unite(group: Group, other: Group): void {
    if (other.anchor !== undefined) {
      group.anchor = other.anchor;
      group.shape = other.shape;
    }
    group.members = this.inOrder([...group.members, ...other.members]);
    for (const node of nodesOf(other)) this.groupOf.set(node, group);
    if (this.settled.has(other)) this.settled.add(group);
  }

  /**
   * Maps that only one later group reads, element for element, become part of it: their results never reach
   * memory. Nothing else waits for them, so no circle can arise whatever the ranks.
   */
  private absorbProducers(): void {
    const groups = [...new Set(this.groupOf.values())].sort((a, b) => b.rank - a.rank);
    for (const group of groups) {
      if (group.anchor !== undefined || group.sinks.length > 0) continue;
      const reader = this.onlyReader(group);
      if (reader === undefined) continue;
      const nodes = this.inOrder([...group.members, ...nodesOf(reader)]);
      if (fitsKernel(nodes, reader.shape, this.elements)) this.unite(reader, group);
    }
  }

  /** The one group that reads a group's results, if it can compute them itself. */
  private onlyReader(group: Group): Group | undefined {
    let reader: Group | undefined;
    for (const member of group.members) {
      if (this.elements.wanted.has(member)) return undefined;
      for (const user of this.elements.readersOf(member)) {
        const other = this.groupOf.get(user);
        if (other === group) continue;
        if (!other?.members.includes(user) || (reader !== undefined && other !== reader)) return undefined;
        reader = other;
      }
    }
    return reader;
  }

  /** A reduction takes in the maps that nothing else reads. */
  private addReduce(node: Tensor): void {
    const source = node.inputs[0] as Tensor;
    const group = this.groupOf.get(elementsOf(source));
    const absorbs =
      this.enabled &&
      group !== undefined &&
      group.anchor === undefined &&
      group.sinks.length === 0 &&
      group.members.every((member) => this.staysInside(member, group, node)) &&
      this.elements.readableAs(group.members, new Set(group.members), source.shape);
    if (absorbs) {
      group.sinks = [node];
      group.shape = source.shape;
      this.groupOf.set(node, group);
    } else {
      this.start(node, { sinks: [node] });
    }
    const partner = this.joined.get(node)?.find((other) => other !== node && this.groupOf.has(other));
    if (partner !== undefined) this.join(this.groupOf.get(partner) as Group, this.groupOf.get(node) as Group);
  }

  /** Unites two reductions of the same elements. Nobody reads either yet, so both may have the higher rank. */
  private join(group: Group, other: Group): void {
    const members = [...new Set([...group.members, ...other.members])];
    const sinks = [...group.sinks, ...other.sinks];
    if (this.settled.has(group) || !fitsKernel([...members, ...sinks], group.shape, this.elements)) return;
    group.members = this.inOrder(members);
    // A byproduct comes after what it is known from.
    const isFirst = (sink: Tensor) => Number(REDUCTIONS[reduceKind(sink)].byproduct !== undefined);
    group.sinks = sinks.sort((a, b) => isFirst(b) - isFirst(a));
    group.rank = Math.max(group.rank, other.rank);
    for (const node of nodesOf(other)) this.groupOf.set(node, group);
  }

  private staysInside(member: Tensor, group: Group, sink: Tensor): boolean {
    if (this.elements.wanted.has(member)) return false;
    return this.elements.readersOf(member).every((user) => user === sink || this.groupOf.get(user) === group);
  }

  private inOrder(nodes: Tensor[]): Tensor[] {
    return nodes.sort((a, b) => (this.order.get(a) as number) - (this.order.get(b) as number));
  }
}

function takesEpilogue(anchor: Tensor): boolean {
  return "opcode" in anchor.op && INSTRUCTIONS[anchor.op.opcode].micro;
}
