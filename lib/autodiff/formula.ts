/** Graphs as formulas: what differentiation makes of an expression, to be read. */

import { OptionError } from "../errors.js";
import { isConstant, isNumber } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { StateLeaf } from "../graph/variable.js";
import { topologicalOrder } from "../graph/walk.js";
import { checkTensor } from "../ops/operands.js";
import { valuesOf } from "../runtime/realize.js";
import { showShape } from "../shape.js";

/** How tightly a formula holds together: sums least. A sign holds like a product, but not behind another one. */
const [SUM, SIGN, PRODUCT, POWER, ATOM] = [1, 2, 3, 4, 5];

/** A formula with what is needed to put it into another one. */
export interface Formula {
  readonly text: string;
  readonly binding: number;
  /** The number it stands for, if it is one. */
  readonly value?: number;
  /** What it is the negative of. */
  readonly negated?: Formula;
}

/** Longer formulas are of no use to a reader, and could take all memory: what is used twice is written twice. */
const MAX_LENGTH = 10_000;

/**
 * The expression that computes a tensor, as a formula. Factors of 1, terms of 0 and double signs are left out, numbers are
 * worked out, and reshapes and broadcasts are not shown; nothing else is rearranged. With `grad` it is symbolic differentiation:
 *
 * ```ts
 * const [x, y] = [tensor(2), tensor(3)];
 * formula(grad((x, y) => x.mul(y).add(x.sin()))(x, y), { x, y }); // "cos(x) + y"
 * ```
 *
 * @param x A tensor that has not been computed yet: values have no formula.
 * @param names Tensors by the names they have in the formula. Others appear as the names of variables, as numbers, or
 *   as their types.
 * @throws {OptionError} when it would be longer than 10,000 characters.
 */
export function formula(x: Tensor, names: Readonly<Record<string, Tensor>> = {}): string {
  const named = namesOfNodes("formula", names);
  const known = new Map<Tensor, Formula>();
  const root = checkTensor("formula", x).resolve();
  for (const node of topologicalOrder([root])) {
    const name = named.get(node);
    const found = name === undefined ? formulaOf(node, known) : atom(name);
    if (found.text.length > MAX_LENGTH) throw new OptionError(`formula: longer than ${MAX_LENGTH} characters`);
    known.set(node, found);
  }
  return (known.get(root) as Formula).text;
}

/**
 * @internal The nodes that names stand for.
 *
 * @throws {OptionError} for a name of something else than a tensor.
 */
export function namesOfNodes(op: string, names: Readonly<Record<string, Tensor>>): Map<Tensor, string> {
  return new Map(Object.entries(names).map(([name, tensor]) => [checkTensor(op, tensor, name).resolve(), name]));
}

/** @internal A node in terms of the formulas of its operands. */
export function formulaOf(node: Tensor, known: ReadonlyMap<Tensor, Formula>): Formula {
  if (node.inputs.length === 0) return leaf(node);
  const operands = node.inputs.map((input) => known.get(input) as Formula);
  const [a, b] = operands as [Formula, Formula];
  if (isTransparent(node)) return a;
  const folded = foldedValue(node, operands);
  if (folded !== undefined) return number(folded);
  switch (node.op.name) {
    case "add":
      return sumOf(a, b);
    case "sub":
      return difference(a, b);
    case "mul":
      return node.inputs[0] === node.inputs[1] ? power(a, "²") : product(a, b);
    case "div":
      return b.value === 1 ? a : { text: `${within(a, SIGN)} / ${within(b, POWER)}`, binding: PRODUCT };
    case "neg":
      return negative(a);
    case "pow":
      return power(a, `^${within(b, ATOM)}`);
    case "relu": // the maximum with a number that its name does not mention
      return atom(`relu(${a.text})`);
    default:
      return atom(`${node.op.name}(${operands.map(({ text }) => text).join(", ")})`);
  }
}

/** @internal Whether a node only passes on the values of its operand: axes named anew, or repeated. */
export function isTransparent({ op }: Tensor): boolean {
  return op.kind === "view" && (op.keepsOrder === true || op.name === "broadcastTo");
}

/** @internal A name, a number ≥ 0, or a call: what never needs parentheses. */
export function atom(text: string): Formula {
  return { text, binding: ATOM };
}

function number(value: number): Formula {
  return value < 0 || Object.is(value, -0) ? { ...negative(number(-value)), value } : { ...atom(`${value}`), value };
}

/** A number that is shown as it is, and not calculated with. */
function given(value: number): Formula {
  const { value: _value, ...shown } = number(value);
  return shown;
}

function leaf(node: Tensor): Formula {
  if (isNumber(node)) {
    const { value } = node.attributes as { value: number };
    // Only numbers that are part of the graph are worked out: others may be another one in the next call.
    return isConstant(node) ? number(value) : given(value);
  }
  if (node instanceof StateLeaf) return atom(node.variable.name);
  if (node.rank === 0 && node.storage !== undefined) return given(valuesOf(node)[0] as number);
  return atom(`${node.dtype}${showShape(node.shape)}`);
}

/** The number that an operation on numbers gives. */
function foldedValue({ op }: Tensor, operands: readonly Formula[]): number | undefined {
  if (op.kind !== "map" || op.fold === undefined) return undefined;
  const values = operands.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return values.length === operands.length ? op.fold(...values) : undefined;
}

/** The text of a part, in parentheses where it holds less tightly than its surroundings. */
function within({ text, binding }: Formula, least: number): string {
  return binding < least ? `(${text})` : text;
}

function sumOf(a: Formula, b: Formula): Formula {
  if (a.value === 0) return b;
  if (b.value === 0) return a;
  if (b.negated !== undefined) return difference(a, b.negated);
  return { text: `${a.text} + ${b.text}`, binding: SUM };
}

function difference(a: Formula, b: Formula): Formula {
  if (b.value === 0) return a;
  if (a.value === 0) return negative(b);
  if (b.negated !== undefined) return sumOf(a, b.negated);
  return { text: `${a.text} − ${within(b, PRODUCT)}`, binding: SUM };
}

function product(a: Formula, b: Formula): Formula {
  if (a.value === 0 || b.value === 0) return number(0);
  if (a.value === 1) return b;
  if (b.value === 1) return a;
  if (a.negated !== undefined) return negative(product(a.negated, b));
  if (b.negated !== undefined) return negative(product(a, b.negated));
  return { text: `${within(a, PRODUCT)}·${within(b, POWER)}`, binding: PRODUCT };
}

function negative(a: Formula): Formula {
  if (a.negated !== undefined) return a.negated;
  return { text: `−${within(a, PRODUCT)}`, binding: SIGN, negated: a };
}

function power(base: Formula, exponent: string): Formula {
  return { text: `${within(base, ATOM)}${exponent}`, binding: POWER };
}
