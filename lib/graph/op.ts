/**
 * What an operation is.
 *
 * An op is declared once, with `defineOp`, next to the public function that applies it: its name, its kind,
 * the rule for shape and dtype, both derivatives, and what the compiler needs to turn it into instructions.
 * Passes ask for the kind and the properties below, never for a name.
 */

import type { DType } from "../dtype.js";
import type { MicroOp, Opcode, ReduceKind } from "../program/opcodes.js";
import type { Shape } from "../shape.js";
import type { View } from "../view.js";
import type { Tensor } from "./tensor.js";

/** Values that configure an op; part of the structural hash. */
export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[]>>;

/** What is known of a tensor before it has values. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * One operand's share of a derivative. As a vjp it maps the cotangent of the output to the operand's, as a jvp
 * the operand's tangent to its contribution to the output's. Written with public ops, so it differentiates again.
 *
 * @param tangent Cotangent of `node` (vjp) or tangent of operand `operand` (jvp).
 * @param node The application being differentiated: its `inputs`, `attributes` and itself as the output.
 */
export type DerivativeRule = (tangent: Tensor, node: Tensor, operand: number) => Tensor;

/** A rule per operand (null: no derivative flows there), or one for all operands. */
export type Derivative = readonly (DerivativeRule | null)[] | DerivativeRule;

interface OpDeclaration<A extends Attributes> {
  /** Public name, as it appears in messages and prints. */
  readonly name: string;
  /** Shape and dtype of the result; throws a typed error at the user's line for operands that do not fit. */
  infer(inputs: readonly Tensor[], attributes: A): TensorType;
  /** Reverse mode; null where the op has no derivative. */
  readonly vjp: Derivative | null;
  /** Forward mode; `"linear"`: the op itself applied to the tangent in that operand's place. */
  readonly jvp: Derivative | "linear" | null;
}

/** Element by element; operands of the node's shape, or scalars. */
export interface MapDeclaration<A extends Attributes> extends OpDeclaration<A> {
  readonly kind: "map";
  readonly micro: MicroOp;
  /** The value on constants, where the compiler may compute it: plain JavaScript numbers in, one out. */
  readonly fold?: (...operands: number[]) => number;
  /** Operand `operand` may be dropped when the other one is the constant `value`, to the same bits. */
  readonly identity?: { readonly value: number; readonly operand: 0 | 1 | "either" };
}

/** Combines elements along the axes `attributes.axes`, which stay with length 1. */
export interface ReduceDeclaration<A extends Attributes> extends OpDeclaration<A> {
  readonly kind: "reduce";
  readonly reduce: ReduceKind;
}

/** Moves elements without computing: a view of its only operand. */
export interface ViewDeclaration<A extends Attributes> extends OpDeclaration<A> {
  readonly kind: "view";
  /** The node's elements as a view of the operand's buffer; undefined where only a copy can do it. */
  view(operand: View, node: Tensor): View | undefined;
  /** Whether the elements keep their row-major order: only the axes have other lengths (default false). */
  readonly keepsOrder?: boolean;
  /** Of an op that only permutes axes: axis `i` of the result is axis `axes[i]` of the operand. */
  axes?(attributes: A): readonly number[];
}

/** Lays operands out as parts of a larger tensor, over a constant background. */
export interface AssembleDeclaration<A extends Attributes> extends OpDeclaration<A> {
  readonly kind: "assemble";
  /** Where operand `i` goes, as a view of the contiguous result. */
  part(node: Tensor, operand: number): View;
  /** The value of elements no part covers; undefined when the parts cover all. */
  background(node: Tensor): number | undefined;
}

/** Runs as one instruction of its own. */
export interface InstructionDeclaration<A extends Attributes> extends OpDeclaration<A> {
  readonly kind: "contract" | "window" | "softmax" | "index" | "random";
  readonly opcode: Opcode;
  /** Attribute words of the instruction. */
  words(node: Tensor): Readonly<Record<string, number>>;
  /** The order of axes in which the instruction reads operand `i` (−1: writes the result); absent: as they are. */
  axes?(node: Tensor, operand: number): readonly number[] | undefined;
  /** Another order of axes in which images can lie in memory; absent: the operands are no images. */
  otherOrder?(node: Tensor): readonly number[];
  /** What the instruction gains where operand `i` (−1: the result) lies in that order, in passes over it (default −1). */
  gainOfOther?(node: Tensor, operand: number): number;
  /** Whether the result should lie as the operands do (default false). */
  readonly keepsOrder?: boolean;
  /** Whether (a·b)ᵀ = bᵀ·aᵀ, where ᵀ swaps the last two axes (default false). */
  readonly transposable?: boolean;
}

/** Brings a value in from outside the graph. */
export interface LeafDeclaration<A extends Attributes> extends OpDeclaration<A> {
  readonly kind: "leaf";
  /** What a run binds for it: an array, a variable's memory, a number, or nothing (a number in the Program). */
  readonly source: "input" | "state" | "scalar" | "constant";
}

export type AnyDeclaration<A extends Attributes> =
  | MapDeclaration<A>
  | ReduceDeclaration<A>
  | ViewDeclaration<A>
  | AssembleDeclaration<A>
  | InstructionDeclaration<A>
  | LeafDeclaration<A>;

/** A declared op. */
// biome-ignore lint/suspicious/noExplicitAny: attributes are typed where an op is declared and applied
export type Op<A extends Attributes = any> = AnyDeclaration<A> & {
  /** Number of the op in this process, for hashing. */
  readonly id: number;
};

const declared: Op[] = [];

/** Declares an op. The declaration is the only place that knows its name. */
export function defineOp<A extends Attributes, D extends AnyDeclaration<A>>(
  declaration: D & AnyDeclaration<A>,
): D & { readonly id: number } {
  const op = Object.assign(declaration, { id: declared.length });
  declared.push(op as unknown as Op);
  return op;
}

/** Every op declared so far, by id. */
export function declaredOps(): readonly Op[] {
  return declared;
}
