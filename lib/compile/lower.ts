/**
 * Fourth pass: groups become kernels. Views disappear into the strides of operands, numbers into micro-programs,
 * and where strides cannot express a view, a copy is made.
 */

import { InternalError } from "../errors.js";
import type { AssembleDeclaration, Attributes, InstructionDeclaration } from "../graph/op.js";
import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { givesPositions, INSTRUCTIONS, REDUCE_KINDS } from "../program/opcodes.js";
import { type Shape, sameShape, sizeOf } from "../shape.js";
import { contiguousView, isContiguous, permuteView, reshapeView, type View } from "../view.js";
import { elementsOf, isNumeric } from "./elements.js";
import { type Group, nodesOf, reduceKind } from "./group.js";
import { type Kernel, type KernelParts, newKernel, newValue, type Operand, type Value } from "./kernel.js";
import { MicroBuilder, PASS_THROUGH } from "./micro.js";

/** Kernels and what they exchange with the outside. */
export interface Lowered {
  readonly kernels: Kernel[];
  /** Every value that a run binds: inputs, constants and states in the order of their slots, then outputs. */
  readonly bound: readonly Value[];
  /** Per update: the value of the variable's memory, and the value that overwrites it. */
  readonly updates: readonly { readonly state: Value; readonly value: Value }[];
}

/**
 * @param orders Results that lie in another order of their axes than row-major, as the permutation that leads to it.
 * @param captured Input leaves whose arrays become constants of the Program.
 */
export function lower(
  graph: Graph,
  groups: readonly Group[],
  orders: ReadonlyMap<Tensor, readonly number[]>,
  captured: ReadonlySet<Tensor>,
): Lowered {
  return new Lowering(graph, orders, captured).run(groups);
}

class Lowering {
  private readonly kernels: Kernel[] = [];
  private readonly leaves: Value[] = [];
  private readonly operands = new Map<Tensor, Operand>();
  private readonly slots = new Map<Tensor, number>();

  constructor(
    private readonly graph: Graph,
    private readonly orders: ReadonlyMap<Tensor, readonly number[]>,
    captured: ReadonlySet<Tensor>,
  ) {
    let inputs = 0;
    let constants = 0;
    for (const leaf of graph.inputs) {
      if (captured.has(leaf)) this.bind(leaf, "constant", constants++);
      else this.bind(leaf, "input", inputs++);
    }
    for (const [slot, leaf] of graph.states.entries()) this.bind(leaf, "state", slot);
    for (const [slot, leaf] of graph.scalars.entries()) this.slots.set(leaf, slot);
  }

  run(groups: readonly Group[]): Lowered {
    for (const group of groups) this.lowerGroup(group);
    const taken = new Set<Value>();
    const outputs = this.graph.roots.map((root, slot) => this.output(root, slot, taken));
    const updates = this.graph.updates.map(([leaf, node]) => ({
      state: this.operand(leaf).value,
      value: this.ownValue(node).value,
    }));
    return { kernels: this.kernels, bound: [...this.leaves, ...outputs], updates };
  }

  private bind(leaf: Tensor, kind: Value["kind"], slot: number): void {
    const value = newValue(leaf.dtype, sizeOf(leaf.shape));
    value.kind = kind;
    value.place = slot;
    this.leaves.push(value);
    this.operands.set(leaf, { value, view: contiguousView(leaf.shape) });
  }

  /** The value that holds root number `slot`, row-major: the computed one itself where nothing else claims it. */
  private output(root: Tensor, slot: number, taken: Set<Value>): Value {
    let { value } = this.ownValue(root);
    if (taken.has(value)) value = this.copy({ value, view: contiguousView(root.shape) }, root).value;
    taken.add(value);
    value.kind = "output";
    value.place = slot;
    return value;
  }

  /** A temp that holds exactly the elements of the node in row-major order. */
  private ownValue(node: Tensor): Operand {
    const operand = this.operand(node);
    const whole =
      isContiguous(operand.view) && operand.view.offset === 0 && operand.value.length === sizeOf(node.shape);
    return whole && (operand.value.kind === "temp" || operand.value.kind === "output")
      ? operand
      : this.copy(operand, node);
  }

  /** Where the elements of a node are: at the end of a chain of views that ends at something with memory. */
  private operand(node: Tensor): Operand {
    const views: Tensor[] = [];
    let base = node;
    while (!this.operands.has(base) && base.op.kind === "view") {
      views.push(base);
      base = base.inputs[0] as Tensor;
    }
    let operand = this.operands.get(base) ?? this.fill(base);
    this.operands.set(base, operand);
    for (const view of views.reverse()) {
      operand = this.viewed(operand, view);
      this.operands.set(view, operand);
    }
    return operand;
  }

  private viewed(source: Operand, node: Tensor): Operand {
    if (node.op.kind !== "view") throw new InternalError(`"${node.op.name}" is not a view`);
    const direct = node.op.view(source.view, node);
    if (direct !== undefined) return { value: source.value, view: direct };
    const operand = node.inputs[0] as Tensor;
    const copy = this.copy(source, operand);
    this.operands.set(operand, copy);
    return { value: copy.value, view: node.op.view(copy.view, node) as View };
  }

  /** A number that something other than a micro-program reads. */
  private fill(node: Tensor): Operand {
    const micro = new MicroBuilder(this.numbers);
    return this.emit(node, "map", [], micro.finish([micro.number(node)]));
  }

  private copy(source: Operand, node: Tensor): Operand {
    return this.emit(node, "copy", [source], undefined);
  }

  private emit(node: Tensor, opcode: "map" | "copy", inputs: Operand[], micro: Kernel["micro"]): Operand {
    const result = this.result(node);
    this.add({ opcode, outputs: [result], inputs, micro, nodes: [node] });
    return result;
  }

  private add(parts: KernelParts): Kernel {
    const kernel = newKernel(parts);
    this.kernels.push(kernel);
    return kernel;
  }

  private result(node: Tensor): Operand {
    return { value: newValue(node.dtype, sizeOf(node.shape)), view: contiguousView(node.shape) };
  }

  private readonly numbers = { slotOf: (leaf: Tensor) => this.slots.get(leaf) as number };

  private lowerGroup(group: Group): void {
    const { anchor, sinks } = group;
    if (sinks.length > 0) this.lowerReduce(group);
    else if (anchor === undefined) this.lowerMap(group);
    else if (anchor.op.kind === "assemble") this.lowerAssemble(anchor, anchor.op);
    else if ("opcode" in anchor.op) this.lowerInstruction(group, anchor, anchor.op);
    else throw new InternalError(`"${anchor.op.name}" cannot be lowered`);
  }

  private lowerMap(group: Group): void {
    const micro = new MicroBuilder(this.numbers);
    const inputs = this.loadOperands(micro, group);
    for (const node of group.members) micro.apply(node);
    this.add({
      opcode: "map",
      outputs: group.results.map((node) => this.define(node, group.shape)),
      inputs,
      micro: micro.finish(group.results.map((node) => micro.registerOf(node))),
      nodes: group.members,
    });
  }

  private lowerReduce(group: Group): void {
    let micro = new MicroBuilder(this.numbers);
    let inputs = this.loadOperands(micro, group);
    for (const node of group.members) micro.apply(node);
    const sources = group.sinks.map((sink) => sink.inputs[0] as Tensor);
    if (inputs.length === 0) {
      // Of numbers alone: a reduction takes its shape from an operand, so they are written out first.
      const written = micro;
      inputs = sources.map((source) => this.emit(source, "map", [], written.finish([written.registerOf(source)])));
      micro = new MicroBuilder(this.numbers);
      for (const source of sources) micro.load(source);
    }
    const sink = group.sinks[0] as Tensor;
    const kind = reduceKind(sink);
    const axes = sink.attributes.axes as readonly number[];
    this.add({
      opcode: "reduce",
      outputs: group.sinks.map((node) => this.define(node, node.shape)),
      inputs,
      words: {
        kind: REDUCE_KINDS.indexOf(kind),
        axis: givesPositions(kind) ? (axes[0] as number) : -1,
      },
      micro: micro.finish(sources.map((source) => micro.registerOf(source))),
      nodes: nodesOf(group),
    });
  }

  private lowerInstruction(group: Group, anchor: Tensor, op: InstructionDeclaration<Attributes>): void {
    const permute = (view: View, operand: number) => {
      const axes = op.axes?.(anchor, operand);
      return axes === undefined ? view : permuteView(view, axes);
    };
    const inputs = anchor.inputs.map((input, i) => {
      const { value, view } = this.operand(input);
      return { value, view: permute(view, i) };
    });
    let micro: Kernel["micro"];
    if (group.members.length > 0) {
      const builder = new MicroBuilder(this.numbers);
      builder.load(anchor);
      for (const { value, view } of this.loadOperands(builder, group)) inputs.push({ value, view: permute(view, -1) });
      for (const node of group.members) builder.apply(node);
      micro = builder.finish(group.results.map((node) => builder.registerOf(node)));
    } else if (INSTRUCTIONS[op.opcode].micro) {
      micro = PASS_THROUGH;
    }
    const outputs = group.results.map((node) => {
      const { value, view } = this.define(node, group.shape);
      return { value, view: permute(view, -1) };
    });
    this.add({ opcode: op.opcode, outputs, inputs, words: op.words(anchor), micro, nodes: nodesOf(group) });
  }

  /** A background where parts leave gaps, then every part copied to its place. */
  private lowerAssemble(node: Tensor, op: AssembleDeclaration<Attributes>): void {
    const result = this.define(node, node.shape);
    const background = op.background(node);
    let below: Kernel | undefined;
    if (background !== undefined) {
      const micro = new MicroBuilder(this.numbers);
      const register = micro.constant(background, node.dtype);
      below = this.add({
        opcode: "map",
        outputs: [result],
        inputs: [],
        micro: micro.finish([register]),
        nodes: [node],
      });
    }
    node.inputs.forEach((input, i) => {
      const outputs = [{ value: result.value, view: op.part(node, i) }];
      const part = this.add({ opcode: "copy", outputs, inputs: [this.operand(input)], nodes: [node] });
      if (below !== undefined) part.after.add(below);
    });
  }

  /** Loads what the members and the sinks of a group read from outside, each element once. */
  private loadOperands(micro: MicroBuilder, group: Group): Operand[] {
    const inside = new Set(nodesOf(group));
    const loaded: Operand[] = [];
    for (const node of [...group.members, ...group.sinks]) {
      for (const input of node.inputs) {
        if (inside.has(elementsOf(input)) || micro.knows(input) || isNumeric(input)) continue;
        loaded.push(this.readAs(input, group.shape));
        micro.load(input);
      }
    }
    return loaded;
  }

  /** A node's elements in the axes of a kernel. */
  private readAs(node: Tensor, shape: Shape): Operand {
    const operand = this.operand(node);
    if (sameShape(operand.view.shape, shape)) return operand;
    const view = reshapeView(operand.view, shape);
    if (view !== undefined) return { value: operand.value, view };
    return { value: this.copy(operand, node).value, view: contiguousView(shape) };
  }

  /** The value a node is computed into, as a kernel over elements of a shape writes it. */
  private define(node: Tensor, shape: Shape): Operand {
    const result = this.result(node);
    const axes = this.orders.get(node);
    if (axes !== undefined) {
      const ordered = contiguousView(axes.map((axis) => node.shape[axis] as number));
      const inverse = axes.map((_, axis) => axes.indexOf(axis));
      const turned = { value: result.value, view: permuteView(ordered, inverse) };
      this.operands.set(node, turned);
      return turned;
    }
    this.operands.set(node, result);
    return { value: result.value, view: contiguousView(shape) };
  }
}
