/**
 * Before fusing: which reductions are to become one, because they read the same elements. Mean and variance of a
 * normalisation are such, and Σ dy and Σ dy·(x − μ) of its gradient.
 *
 * One instruction computes them when the last of them can be computed. So the nodes are put in an order in which they stand
 * side by side: what reads the earlier ones waits until after the last, which must not need it.
 */

import type { Tensor } from "../graph/tensor.js";
import { unrealisedOperands } from "../graph/walk.js";
import { givesPositions } from "../program/opcodes.js";
import { sameShape } from "../shape.js";
import { type Elements, elementsOf, storedSize } from "./elements.js";
import { reduceKind } from "./group.js";

/** Reductions of one instruction, at most: each has arrays in the L1 cache. */
const MAX_JOINED = 4;

/** For how many earlier reductions at most a reduction is tried, the nearest first. */
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
  const joined = new Map(reductions.map((node) => [node, [node]]));
  let order = nodes;
  const joinAll = (fits: (a: Tensor, b: Tensor) => boolean) => {
    reductions.forEach((later, i) => {
      for (let [k, tries] = [i - 1, 0]; k >= 0 && tries < MAX_TRIES; k--) {
        const earlier = reductions[k] as Tensor;
        const [own, others] = [joined.get(later) as Tensor[], joined.get(earlier) as Tensor[]];
        if (own.length > 1 || others.length === MAX_JOINED) continue;
        if (!walkAlike(earlier, later) || !fits(earlier, later)) continue;
        const moved = sideBySide(order, others, later);
        tries++;
        if (moved === undefined) continue;
        order = moved;
        others.push(later);
        joined.set(later, others);
        return;
      }
    });
  };
  // First a variance and the sum of its mean, which are one computation.
  const isAlone = (node: Tensor) => joined.get(node)?.length === 1;
  joinAll((a, b) => isAlone(a) && (isVarianceWithSum(a, b) || isVarianceWithSum(b, a)));
  joinAll((a, b) => combineAlike(joined.get(a) as Tensor[], b) && shareOperand(a, b, elements));
  return { nodes: order, joined };
}

/** Whether two reductions walk the same axes and leave results of one type. */
function walkAlike(a: Tensor, b: Tensor): boolean {
  return sameShape(sourceOf(a).shape, sourceOf(b).shape) && sameShape(a.shape, b.shape) && a.dtype === b.dtype;
}

function sourceOf(reduction: Tensor): Tensor {
  return reduction.inputs[0] as Tensor;
}

function isVarianceWithSum(a: Tensor, b: Tensor): boolean {
  const isOne = elementsOf(sourceOf(a)) === elementsOf(sourceOf(b));
  return isOne && reduceKind(a) === "variance" && reduceKind(b) === "sum";
}

function combineAlike(joined: readonly Tensor[], node: Tensor): boolean {
  const kind = reduceKind(node);
  return kind !== "variance" && !givesPositions(kind) && joined.every((other) => reduceKind(other) === kind);
}

/** Whether the maps below two reductions read the same memory, and as much of it as they reduce. */
function shareOperand(a: Tensor, b: Tensor, elements: Elements): boolean {
  const { size } = sourceOf(a);
  const below = mapsBelow(a, elements);
  return [...mapsBelow(b, elements)].some((node) => below.has(node) && storedSize(node) >= size);
}

/** What a reduction reads, and the maps below read in turn. */
function mapsBelow(reduction: Tensor, elements: Elements): Set<Tensor> {
  const found = new Set(elements.operandsOf(reduction));
  for (const node of found) {
    if (found.size > MAX_SEARCHED) break;
    // A Set hands out what is added meanwhile.
    if (node.op.kind === "map") for (const operand of elements.operandsOf(node)) found.add(operand);
  }
  return found;
}

/** The order with `earlier`, and what needs them, moved up to `later`; undefined where one needs another. */
function sideBySide(
  order: readonly Tensor[],
  earlier: readonly Tensor[],
  later: Tensor,
): readonly Tensor[] | undefined {
  const own = new Set([...earlier, later]);
  const places = [...own].map((node) => order.indexOf(node));
  const [first, last] = [Math.min(...places), Math.max(...places)];
  const waiting = new Set<Tensor>();
  const kept: Tensor[] = [];
  const waits = (node: Tensor) => unrealisedOperands(node).some((input) => own.has(input) || waiting.has(input));
  for (const node of order.slice(first, last + 1)) {
    const isWaiting = waits(node);
    if (own.has(node)) {
      if (isWaiting) return undefined;
    } else if (isWaiting) {
      waiting.add(node);
    } else {
      kept.push(node);
    }
  }
  return [...order.slice(0, first), ...kept, ...own, ...waiting, ...order.slice(last + 1)];
}
