/** What a picture of a graph shows: each operation with its value and its gradient. */

import { isFloat } from "../../dtype.js";
import { checkOptions, OptionError, show } from "../../errors.js";
import { isNumber } from "../../graph/leaves.js";
import type { Tensor } from "../../graph/tensor.js";
import { topologicalOrder } from "../../graph/walk.js";
import { onesLike } from "../../ops/create.js";
import { alias } from "../../ops/movement.js";
import { checkTensor } from "../../ops/operands.js";
import { realize, valuesOf } from "../../runtime/realize.js";
import { showShape } from "../../shape.js";
import { checkScalar } from "../arguments.js";
import { atom, type Formula, formulaOf, isTransparent, namesOfNodes } from "../formula.js";
import { backpropagate } from "../reverse.js";
import { showValues } from "../show-values.js";

/** What to show in the picture of a graph. */
export interface PictureOptions {
  /** Tensors by the names they have in the picture. Other leaves appear as variables' names, as numbers, or as types. */
  readonly names?: Readonly<Record<string, Tensor>>;
  /** Whether to show the derivatives of the output (default: if it is a float scalar). */
  readonly gradients?: boolean;
}

/** A leaf or an operation. */
export interface PictureNode {
  /** What stands in the node: the name of a leaf, the sign or name of an operation. */
  readonly label: string;
  /** How it is computed, such as `"q = x + y"`; of a leaf its name. */
  readonly expression: string;
  /** Its value, which flows forward; of a leaf that is a number `""`, as its label says it. */
  readonly value: string;
  /** The derivative of the output by it, which flows backward; `""` where there is none. */
  readonly gradient: string;
  /** Positions of the nodes it is computed from, each once. */
  readonly operands: readonly number[];
}

/** Larger graphs are of no use to a reader. */
const MAX_NODES = 1000;

/** Elements of the largest tensor whose values are shown. */
const MAX_ELEMENTS = 4;

/** Operations that have a sign. */
const SIGNS: Readonly<Record<string, string>> = { add: "+", sub: "−", mul: "×", div: "÷", neg: "−", pow: "^" };

/**
 * The graph of a tensor, operands before what is computed from them, the output last. Other views of the same values are
 * left out, as in formulas, and numbers stand in the operations. The tensors themselves stay as they are: nothing but
 * copies gets values.
 *
 * @throws {OptionError} when an option is wrong, or there are more than 1,000 nodes.
 * @throws {GradientError} when derivatives are asked for that do not exist.
 */
export function pictureOf(op: string, output: Tensor, options: PictureOptions): PictureNode[] {
  checkOptions(op, options, ["names", "gradients"]);
  const root = checkTensor(op, output, "output").resolve();
  const { names = {}, gradients = root.size === 1 && isFloat(root.dtype) } = options;
  if (typeof gradients !== "boolean") {
    throw new OptionError(`${op}: option "gradients" must be true or false, got ${show(gradients)}`);
  }
  const given = [...namesOfNodes(op, names)];
  // The name of a view is one of what it views, unless that has its own.
  const named = new Map([...given.map(([node, name]) => [behindViews(node), name] as const), ...given]);
  const drawn = (node: Tensor) => drawnOperands(node, named);
  const shown = topologicalOrder([behindViews(root)], drawn);
  if (shown.length > MAX_NODES) throw new OptionError(`${op}: more than ${MAX_NODES} nodes: ${shown.length}`);

  const values = textsOf(shown, gradients ? gradientsOf(op, root, shown) : []);
  const expressions = expressionsOf(topologicalOrder([root]), shown, named);
  const positions = new Map(shown.map((node, i) => [node, i]));
  return shown.map((node, i) => {
    const { label, expression } = expressions[i] as Pick<PictureNode, "label" | "expression">;
    const { value, gradient } = values[i] as Pick<PictureNode, "value" | "gradient">;
    const operands = drawn(node).map((operand) => positions.get(operand) as number);
    const name = operands.length > 0 ? named.get(node) : undefined;
    const forward = name === undefined ? value : `${name} = ${value}`;
    return { label, expression, value: forward === label ? "" : forward, gradient, operands };
  });
}

/** What a node shows, if it is but another view of the same values. */
function behindViews(node: Tensor): Tensor {
  let seen = node;
  while (isTransparent(seen)) seen = seen.inputs[0] as Tensor;
  return seen;
}

/** Operands with a node of their own, each once: numbers stand in the operation, unless it has nothing else. */
function drawnOperands(node: Tensor, named: ReadonlyMap<Tensor, string>): Tensor[] {
  const operands = node.inputs.map(behindViews);
  const others = operands.filter((operand) => !isNumber(operand) || named.has(operand));
  return [...new Set(others.length > 0 ? others : operands)];
}

/** The derivative of the output by each node that it depends on; none for integers. */
function gradientsOf(op: string, root: Tensor, nodes: readonly Tensor[]): (Tensor | undefined)[] {
  checkScalar(op, root, "gradients need");
  const floats = nodes.filter(({ dtype }) => isFloat(dtype));
  const found = backpropagate(op, [root], [onesLike(root)], floats);
  const gradients = new Map(floats.map((node, i) => [node, found[i]]));
  return nodes.map((node) => gradients.get(node));
}

/** Values and gradients as texts, all from one run. */
function textsOf(nodes: readonly Tensor[], gradients: readonly (Tensor | undefined)[]) {
  const small = (node: Tensor | undefined) => (node && node.size <= MAX_ELEMENTS ? alias(node) : undefined);
  const copies = nodes.map((node, i) => ({ value: small(node), gradient: small(gradients[i]) }));
  realize(...copies.flatMap(({ value, gradient }) => [value, gradient].filter((copy) => copy !== undefined)));
  const text = (node: Tensor, copy: Tensor | undefined) =>
    copy === undefined ? `${node.dtype}${showShape(node.shape)}` : showValues(valuesOf(copy));
  return copies.map(({ value, gradient }, i) => {
    const slope = gradients[i];
    return { value: text(nodes[i] as Tensor, value), gradient: slope === undefined ? "" : text(slope, gradient) };
  });
}

/** What stands in each node, and how it is computed from named ones and from v1, v2, …. */
function expressionsOf(order: readonly Tensor[], shown: readonly Tensor[], named: ReadonlyMap<Tensor, string>) {
  const known = new Map<Tensor, Formula>();
  const found = new Map<Tensor, Pick<PictureNode, "label" | "expression">>();
  const wanted = new Set(shown);
  let steps = 0;
  for (const node of order) {
    const formula = formulaOf(node, known);
    if (!wanted.has(node)) {
      known.set(node, formula);
    } else if (node.inputs.length === 0) {
      const label = named.get(node) ?? formula.text;
      known.set(node, named.has(node) ? atom(label) : formula);
      found.set(node, { label, expression: label });
    } else {
      const name = named.get(node) ?? `v${++steps}`;
      known.set(node, atom(name));
      found.set(node, {
        label: labelOf(node, drawnOperands(node, named), known),
        expression: `${name} = ${formula.text}`,
      });
    }
  }
  return shown.map((node) => found.get(node));
}

/** The sign or name of an operation, with the numbers among its operands that have no node. */
function labelOf({ op, inputs }: Tensor, drawn: readonly Tensor[], known: ReadonlyMap<Tensor, Formula>): string {
  if (op.name === "mul" && inputs[0] === inputs[1]) return "²";
  const numbers = inputs.map((input) => (drawn.includes(behindViews(input)) ? undefined : known.get(input)?.text));
  const sign = SIGNS[op.name];
  // The number of relu is one that its name does not mention.
  if (numbers.every((text) => text === undefined) || op.name === "relu") return sign ?? op.name;
  if (sign === undefined) return `${op.name}(${numbers.map((text) => text ?? "·").join(", ")})`;
  return numbers
    .map((text) => text ?? "")
    .join(` ${sign} `)
    .trim();
}
