/**
 * Third pass: in which order images lie in memory, their pixels or the channels of a pixel side by side.
 *
 * The order of the axes is that of whoever writes the network; how a result lies in memory until it is read is the
 * compiler's choice. Convolutions and pooling say what they gain where an image lies in the other order. What a
 * micro-program reads and writes in step, and what a pooling reads and writes, should lie the same way: such images
 * form families, and each family gets the order in which its members and their readers gain most.
 */

import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { sameShape, sizeOf } from "../shape.js";
import { elementsOf } from "./elements.js";
import { type Group, nodesOf } from "./group.js";

/** The permutation that leads from an order of axes to another one. */
type Order = readonly number[];

/** Of images that only maps compute: they follow convolutions, in the layout that these have by default. */
const CHANNELS_LAST: Order = [0, 2, 3, 1];

/** What a copy that turns an image takes, in passes over it that a convolution can save. */
const COPY = 4;

/** What an instruction gains that says nothing: it reads and writes fastest in the order of the axes. */
const UNUSED_TO = -1;

/** @returns The order of results that should not be row-major. */
export function chooseLayouts(graph: Graph, groups: readonly Group[]): ReadonlyMap<Tensor, Order> {
  const families = new Families(groups);
  for (const group of groups) families.addGroup(group);
  for (const root of graph.roots) families.addRead(root, -COPY);
  for (const [, value] of graph.updates) families.addRead(value, -COPY);
  return families.turned();
}

class Families {
  /** The other order of every result that can lie in two. */
  private readonly others = new Map<Tensor, Order>();
  /** An older member of the family of each; itself, if it is the oldest. */
  private readonly older = new Map<Tensor, Tensor>();
  /** What the other order gains, in elements moved, kept with the oldest member. */
  private readonly gains = new Map<Tensor, number>();

  constructor(groups: readonly Group[]) {
    for (const { anchor, results, shape } of groups) {
      if (anchor?.op.kind === "assemble" || shape.length !== 4) continue;
      const other = anchor !== undefined && "opcode" in anchor.op ? anchor.op.otherOrder?.(anchor) : CHANNELS_LAST;
      for (const node of results) {
        if (other === undefined || !sameShape(node.shape, shape)) continue;
        this.others.set(node, other);
        this.older.set(node, node);
      }
    }
  }

  turned(): Map<Tensor, Order> {
    return new Map([...this.others].filter(([node]) => (this.gains.get(this.oldest(node)) ?? 0) > 0));
  }

  /** Adds what the instruction and the micro-program of a group gain. */
  addGroup(group: Group): void {
    const { anchor, members, sinks, results, shape } = group;
    const inStep = [...results];
    if (anchor !== undefined && "opcode" in anchor.op) {
      const { gainOfOther, keepsOrder = false } = anchor.op;
      const gain = (operand: number) => gainOfOther?.(anchor, operand) ?? UNUSED_TO;
      for (const [i, input] of anchor.inputs.entries()) this.addRead(input, gain(i));
      if (keepsOrder) inStep.push(...anchor.inputs.filter((input) => this.others.has(elementsOf(input))));
      const result = results.find((node) => this.others.has(node));
      if (result !== undefined) this.add(result, gain(-1));
    }
    const inside = new Set(nodesOf(group));
    for (const { inputs } of [...members, ...sinks]) {
      inStep.push(...inputs.filter((input) => sameShape(input.shape, shape) && !inside.has(elementsOf(input))));
    }
    this.readInStep(inStep, sizeOf(shape));
  }

  /** Adds what a reader of `node` gains for each element where `node` does not lie in the order of its axes. */
  addRead(node: Tensor, gain: number): void {
    const { base, turn } = look(node);
    const isOther = turn === this.others.get(base)?.join();
    this.add(base, turn === "" ? gain : isOther ? -gain : UNUSED_TO);
  }

  private add(node: Tensor, gain: number): void {
    if (!this.others.has(node)) return;
    const family = this.oldest(node);
    this.gains.set(family, (this.gains.get(family) ?? 0) + gain * sizeOf(node.shape));
  }

  /** Makes one family of what is read and written together; what does not join takes passes of its own. */
  private readInStep(nodes: readonly Tensor[], size: number): void {
    const first = nodes.find((node) => this.others.has(elementsOf(node)) && look(node).turn === "");
    const other = first && (this.others.get(elementsOf(first)) as Order);
    let gain = 0;
    for (const node of nodes) {
      const { base, turn } = look(node);
      if (first !== undefined && turn === "" && this.others.get(base)?.join() === other?.join()) {
        this.unite(elementsOf(first), base);
      } else {
        this.addRead(node, -COPY);
        const isStretched = sizeOf(base.shape) < size;
        if (!isStretched)
          gain += turn !== "" && turn === other?.map((_, axis) => other.indexOf(axis)).join() ? COPY : -COPY;
      }
    }
    if (first !== undefined) this.add(elementsOf(first), (gain * size) / sizeOf(first.shape));
  }

  private unite(a: Tensor, b: Tensor): void {
    const [family, joining] = [this.oldest(a), this.oldest(b)];
    if (family === joining) return;
    this.gains.set(family, (this.gains.get(family) ?? 0) + (this.gains.get(joining) ?? 0));
    this.older.set(joining, family);
  }

  private oldest(node: Tensor): Tensor {
    let family = node;
    for (let older = this.older.get(family) as Tensor; older !== family; older = this.older.get(family) as Tensor) {
      family = older;
    }
    return family;
  }
}

/** What a node shows: memory in the order of its axes (""), permuted so that axes are in this order, or otherwise. */
interface Look {
  readonly base: Tensor;
  readonly turn: string;
}

/** Views of views that are looked through: images seen through more are nobody's gain. */
const MOST_VIEWS = 2;

function look(node: Tensor): Look {
  let base = elementsOf(node);
  let turn = sameShape(base.shape, node.shape) ? "" : "other";
  for (let views = 0; views < MOST_VIEWS && base.storage === undefined && base.op.kind === "view"; views++) {
    turn = views === 0 ? (base.op.axes?.(base.attributes)?.join() ?? "other") : "other";
    base = elementsOf(base.inputs[0] as Tensor);
  }
  return { base, turn };
}
