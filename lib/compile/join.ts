/**
 * Before fusing: which reductions are to become one, because they read the same elements. Mean and variance of a
 * normalisation are such, and Σ dy and Σ dy·(x − μ) of its gradient.
 *
 * One instruction computes them when the last of them can be computed. So the nodes are put in an order in which they stand
 * side by side: what reads the earlier ones waits until after the last, which must not need it.
 */

import type { Tensor } from "../graph/tensor.js";
import { unrealisedOperands } from "../graph/walk.js";
import { REDUCTIONS } from "../program/opcodes.js";
import { type Elements, elementsOf, storedSize } from "./elements.js";
import { reduceKind } from "./group.js";

/** Reductions of one instruction, at most: each has arrays in the L1 cache. */
const MAX_JOINED = 4;

/** With how many earlier reductions at most a reduction is tried, the nearest first. */
const MAX_TRIES = 4;

/** How many maps below a reduction are searched for what it reads. */
const MAX_SEARCHED = 16;

/** Nodes, each after its operands, with joined reductions side by side. */
export interface JoinedOrder {
  readonly nodes: readonly Tensor[];
  /** For each reduction those that are to become one with it, and itself. */
  readonly joined: ReadonlyMap<Tensor, readonly Tensor[]>;
}

/** @param nodes Operands first. */
export function joinReductions(nodes: readonly Tensor[], elements: Elements): JoinedOrder {
  const reductions = nodes.filter((node) => node.storage === undefined && node.op.kind === "reduce");
  const order = new Order(nodes);
  const joined = new Map(reductions.map((node) => [node, [node]]));
  const groupOf = (node: Tensor) => joined.get(node) as Tensor[];

  /** Joins each reduction that is alone with earlier ones of an operand, if they fit and can stand side by side. */
  const joinAll = (
    operandsOf: (reduction: Tensor) => readonly Tensor[],
    fits: (group: readonly Tensor[], later: Tensor) => boolean,
  ) => {
    const earlier = new Earlier();
    for (const later of reductions) {
      const operands = operandsOf(later);
      if (groupOf(later).length === 1) {
        const groups = new Set(earlier.nearest(later, operands).map(groupOf));
        const found = [...groups].find((group) => fits(group, later) && order.bringTogether(group, later));
        if (found !== undefined) {
          found.push(later);
          joined.set(later, found);
        }
      }
      earlier.add(later, operands);
    }
  };
  // First what is a byproduct of another, as the sum is of a variance: the two are one computation.
  joinAll(
    (node) => [elementsOf(sourceOf(node))],
    ([first, ...others], later) =>
      others.length === 0 && (isByproduct(first as Tensor, later) || isByproduct(later, first as Tensor)),
  );
  const isAbreast = (node: Tensor) => groupOf(node).every((other) => REDUCTIONS[reduceKind(other)].abreast);
  joinAll(
    (node) => (isAbreast(node) ? largeOperands(node, elements) : []),
    (group) => group.length < MAX_JOINED,
  );
  return { nodes: order.nodes, joined };
}

function sourceOf(reduction: Tensor): Tensor {
  return reduction.inputs[0] as Tensor;
}

/** Whether `b` is known on the way to `a`. */
function isByproduct(b: Tensor, a: Tensor): boolean {
  return REDUCTIONS[reduceKind(a)].byproduct === reduceKind(b);
}

/** The memory that the maps below a reduction read, where it is as much as is reduced. */
function largeOperands(reduction: Tensor, elements: Elements): readonly Tensor[] {
  const found = new Set(elements.operandsOf(reduction));
  for (const node of found) {
    if (found.size > MAX_SEARCHED) break;
    // A Set hands out what is added meanwhile.
    if (node.op.kind === "map") for (const operand of elements.operandsOf(node)) found.add(operand);
  }
  const { size } = sourceOf(reduction);
  return [...found].filter((node) => storedSize(node) >= size);
}

/** Reductions by what they read, and by how they walk it: those of one key leave results of one shape and dtype. */
class Earlier {
  private readonly lists = new Map<Tensor, Map<string, Tensor[]>>();
  private readonly places = new Map<Tensor, number>();

  add(reduction: Tensor, operands: readonly Tensor[]): void {
    this.places.set(reduction, this.places.size);
    const key = keyOf(reduction);
    for (const operand of operands) {
      const lists = this.lists.get(operand) ?? new Map<string, Tensor[]>();
      this.lists.set(operand, lists);
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [reduction]);
      else list.push(reduction);
    }
  }

  /** Some that read one of the operands like `reduction`, the last first. */
  nearest(reduction: Tensor, operands: readonly Tensor[]): Tensor[] {
    const key = keyOf(reduction);
    const lists = operands.map((operand) => this.lists.get(operand)?.get(key)?.slice(-MAX_TRIES) ?? []);
    const place = (node: Tensor) => this.places.get(node) as number;
    return [...new Set(lists.flat())].sort((a, b) => place(b) - place(a)).slice(0, MAX_TRIES);
  }
}

function keyOf(reduction: Tensor): string {
  const kind = reduceKind(reduction);
  return [REDUCTIONS[kind].byproduct ?? kind, sourceOf(reduction).shape, reduction.shape, reduction.dtype].join(" ");
}

/** Nodes, each after its operands, in an order that changes. */
class Order {
  readonly nodes: Tensor[];
  private readonly places: Map<Tensor, number>;

  constructor(nodes: readonly Tensor[]) {
    this.nodes = [...nodes];
    this.places = new Map(nodes.map((node, i) => [node, i]));
  }

  /** Moves `earlier`, and what needs them, up to `later`; false where one needs another. */
  bringTogether(earlier: readonly Tensor[], later: Tensor): boolean {
    const own = new Set([...earlier, later]);
    const places = Array.from(own, (node) => this.places.get(node) as number);
    const [first, last] = [Math.min(...places), Math.max(...places)];
    const waiting = new Set<Tensor>();
    const kept: Tensor[] = [];
    const waits = (node: Tensor) => unrealisedOperands(node).some((input) => own.has(input) || waiting.has(input));
    for (const node of this.nodes.slice(first, last + 1)) {
      const isWaiting = waits(node);
      if (own.has(node)) {
        if (isWaiting) return false;
      } else if (isWaiting) {
        waiting.add(node);
      } else {
        kept.push(node);
      }
    }
    for (const [i, node] of [...kept, ...own, ...waiting].entries()) {
      this.nodes[first + i] = node;
      this.places.set(node, first + i);
    }
    return true;
  }
}
