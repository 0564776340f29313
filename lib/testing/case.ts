/** What a test case of an instruction is. */

import { vjp } from "../autodiff/index.js";
import type { Tensor } from "../graph/tensor.js";
import { abs } from "../ops/index.js";
import type { Shape } from "../shape.js";
import type { Operand } from "./operands.js";

/** One way to use an instruction. */
export interface Case {
  readonly name: string;
  readonly operands: readonly Operand[];
  build(...operands: Tensor[]): Tensor;
  /**
   * How often a result may have been rounded, k: results may differ by k·u·Σ|terms| with u = 2⁻²⁴ (N. J. Higham,
   * Accuracy and Stability of Numerical Algorithms, §3). 0: they have the same bits.
   */
  readonly roundings: number;
  /** Σ|terms| of every result, from operands in float64; absent: the magnitude of the result itself. */
  magnitude?(...operands: Tensor[]): Tensor;
  /**
   * Operands whose NaN and infinities reach exactly those results that have them among their terms; absent: all. It
   * is left open what becomes of such a filter times the zeros around an image.
   */
  readonly specials?: readonly number[];
}

/** A float32 operand. */
export const f32 = (...shape: number[]): Operand => ({ shape });
/** An int32 operand. */
export const i32 = (shape: Shape, low = -100, high = 100): Operand => ({ shape, dtype: "int32", low, high });

/** The derivative of `fn` in reverse mode: a function of its inputs and of the cotangent. */
export function pullback(fn: (...inputs: Tensor[]) => Tensor, input: number) {
  return (...operands: Tensor[]): Tensor => {
    const inputs = operands.slice(0, -1);
    return vjp(fn, inputs).vjp(operands.at(-1) as Tensor)[input] as Tensor;
  };
}

/** The same function of the magnitudes of its operands: Σ|terms| of anything linear in each with positive coefficients. */
export function ofMagnitudes(fn: (...operands: Tensor[]) => Tensor) {
  return (...operands: Tensor[]): Tensor =>
    fn(...operands.map((operand) => (operand.dtype === "float64" ? abs(operand) : operand)));
}
