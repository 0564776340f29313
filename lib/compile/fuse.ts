/**
 * Second pass: which nodes share a kernel.
 *
 * Map nodes of one shape join the group that computes one of their operands: a chain of maps becomes one
 * micro-program, maps after a matmul or a convolution its epilogue, and a chain that only feeds a reduction the
 * reduction's prologue.
 *
 * A group is one instruction, so groups must not need each other in a circle. Every group has a rank above the
 * ranks of the groups it reads; a node joins a group only if everything else it reads has a lower rank, and two
 * groups unite only at the same rank, where no path can lead from one to the other. This misses some legal
 * unions, but needs no search.
 */

import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { readersOf, unrealisedOperands } from "../graph/walk.js";
import { MAX_REGISTERS } from "../program/format.js";
import { INSTRUCTIONS } from "../program/opcodes.js";
import { sameShape } from "../shape.js";

/** Nodes that become one kernel. */
export interface Group {
  /** The node of an instruction: maps that follow it are its epilogue. */
  anchor: Tensor | undefined;
  /** Map nodes, operands first. */
  members: Tensor[];
  /** The reduction whose prologue the members are. */
  sink: Tensor | undefined;
  /** Above the rank of every group this one reads. */
  readonly rank: number;
}

/** A group has at most this many map nodes: longer micro-programs gain nothing and compile slowly. */
const MAX_MEMBERS = 48;

/** Operands and results are registers too; what is left is for intermediate values. */
const MAX_OPERANDS = MAX_REGISTERS / 2;

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
  private readonly users: Map<Tensor, Tensor[]>;
  /** The rank of what a view looks at. */
  private readonly viewRanks = new Map<Tensor, number>();
  private readonly wanted: Set<Tensor>;

  constructor(
    private readonly graph: Graph,
    private readonly enabled: boolean,
  ) {
    this.wanted = new Set([...graph.roots, ...graph.updates.map(([, value]) => value)]);
    this.users = readersOf(graph.nodes);
    for (const [i, node] of graph.nodes.entries()) this.order.set(node, i);
  }

  run(): Group[] {
    for (const node of this.graph.nodes) {
      if (node.storage !== undefined || node.op.kind === "leaf") continue;
      if (node.op.kind === "view") this.viewRanks.set(node, this.rankOf(node.inputs[0] as Tensor));
      else if (node.op.kind === "map") this.addMap(node);
      else if (node.op.kind === "reduce") this.addReduce(node);
      else this.start(node, { anchor: node });
    }
    if (this.enabled) this.absorbProducers();
    const groups = [...new Set(this.groupOf.values())];
    const oldest = (group: Group) => this.order.get(nodesOf(group)[0] as Tensor) as number;
    return groups.sort((a, b) => a.rank - b.rank || oldest(a) - oldest(b));
  }

  private start(node: Tensor, parts: Partial<Group>): void {
    let rank = 1;
    for (const input of unrealisedOperands(node)) rank = Math.max(rank, 1 + this.rankOf(input));
    this.groupOf.set(node, { anchor: undefined, members: [], sink: undefined, rank, ...parts });
  }

  private rankOf(node: Tensor): number {
    return this.groupOf.get(node)?.rank ?? this.viewRanks.get(node) ?? 0;
  }

  private addMap(node: Tensor): void {
    const candidates = this.enabled ? this.candidates(node) : [];
    const group = candidates.find((candidate) => this.canJoin(node, candidate, candidates));
    if (group === undefined) {
      this.start(node, { members: [node] });
      return;
    }
    for (const other of candidates) if (other !== group && other.rank === group.rank) this.unite(group, other);
    group.members.push(node);
    this.groupOf.set(node, group);
  }

  /** Groups that compute an operand of the node and have its shape, highest rank first. */
  private candidates(node: Tensor): Group[] {
    const groups = new Set<Group>();
    for (const input of unrealisedOperands(node)) {
      const group = this.groupOf.get(input);
      if (group === undefined || group.sink !== undefined || !sameShape(input.shape, node.shape)) continue;
      if (group.anchor === undefined || takesEpilogue(group.anchor)) groups.add(group);
    }
    return [...groups].sort((a, b) => b.rank - a.rank);
  }

  private canJoin(node: Tensor, group: Group, candidates: readonly Group[]): boolean {
    const united = [group];
    for (const input of unrealisedOperands(node)) {
      const other = this.groupOf.get(input);
      if (this.rankOf(input) < group.rank || (other !== undefined && united.includes(other))) continue;
      if (other === undefined || other.rank !== group.rank || !candidates.includes(other)) return false;
      united.push(other);
    }
    if (united.filter(({ anchor }) => anchor !== undefined).length > 1) return false;
    const nodes = [...new Set(united.flatMap(nodesOf))].sort((a, b) => this.position(a) - this.position(b));
    return nodes.length < MAX_MEMBERS && this.fitsRegisters([...nodes, node]);
  }

  private unite(group: Group, other: Group): void {
    group.anchor ??= other.anchor;
    group.members = [...group.members, ...other.members].sort((a, b) => this.position(a) - this.position(b));
    for (const node of nodesOf(other)) this.groupOf.set(node, group);
  }

  /**
   * Maps that only one later group reads, element for element, become part of it: their results never reach
   * memory. Nothing else waits for them, so no circle can arise whatever the ranks.
   */
  private absorbProducers(): void {
    const groups = [...new Set(this.groupOf.values())].sort((a, b) => b.rank - a.rank);
    for (const group of groups) {
      if (group.anchor !== undefined || group.sink !== undefined) continue;
      const reader = this.onlyReader(group);
      if (reader === undefined) continue;
      const nodes = [...group.members, ...nodesOf(reader)].sort((a, b) => this.position(a) - this.position(b));
      if (nodes.length <= MAX_MEMBERS && this.fitsRegisters(nodes)) this.unite(reader, group);
    }
  }

  /** The one group that reads a group's results, if it can compute them itself. */
  private onlyReader(group: Group): Group | undefined {
    let reader: Group | undefined;
    for (const member of group.members) {
      if (this.wanted.has(member)) return undefined;
      for (const user of this.users.get(member) ?? []) {
        const other = this.groupOf.get(user);
        if (other === group) continue;
        const elementwise = other?.members.includes(user) && sameShape(user.shape, member.shape);
        if (!elementwise || (reader !== undefined && other !== reader)) return undefined;
        reader = other;
      }
    }
    return reader;
  }

  /** A reduction takes in the maps that nothing else reads. */
  private addReduce(node: Tensor): void {
    const group = this.groupOf.get(node.inputs[0] as Tensor);
    const absorbs =
      this.enabled &&
      group !== undefined &&
      group.anchor === undefined &&
      group.sink === undefined &&
      group.members.every((member) => this.staysInside(member, group, node));
    if (absorbs) {
      group.sink = node;
      this.groupOf.set(node, group);
    } else {
      this.start(node, { sink: node });
    }
  }

  private staysInside(member: Tensor, group: Group, sink: Tensor): boolean {
    if (this.wanted.has(member)) return false;
    return (this.users.get(member) ?? []).every((user) => user === sink || this.groupOf.get(user) === group);
  }

  /** Whether a micro-program of these nodes gets by with its registers, as far as can be told before it exists. */
  private fitsRegisters(nodes: readonly Tensor[]): boolean {
    const inside = new Set(nodes);
    const lastRead = new Map<Tensor, number>();
    nodes.forEach((node, i) => {
      for (const input of unrealisedOperands(node)) lastRead.set(input, i);
    });
    let live = 0;
    for (const input of lastRead.keys()) if (!inside.has(input)) live++; // loaded before the first step
    if (live > MAX_OPERANDS) return false;
    if (live + nodes.length <= MAX_REGISTERS) return true;
    const escapes = (node: Tensor) =>
      this.wanted.has(node) || (this.users.get(node) ?? []).some((user) => !inside.has(user));
    let most = live;
    nodes.forEach((node, i) => {
      most = Math.max(most, ++live);
      for (const input of new Set(unrealisedOperands(node))) {
        if (lastRead.get(input) === i && !(inside.has(input) && escapes(input))) live--;
      }
    });
    return most <= MAX_REGISTERS;
  }

  private position(node: Tensor): number {
    return this.order.get(node) as number;
  }
}

/** Every node of a group, operands first. */
export function nodesOf(group: Group): Tensor[] {
  const nodes = group.anchor === undefined ? [...group.members] : [group.anchor, ...group.members];
  if (group.sink !== undefined) nodes.push(group.sink);
  return nodes;
}

function takesEpilogue(anchor: Tensor): boolean {
  return "opcode" in anchor.op && INSTRUCTIONS[anchor.op.opcode].micro;
}
