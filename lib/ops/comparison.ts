/** Comparison, logic, and selection by what they find. Operands broadcast, and numbers take the tensors' dtype. */

import { DTypeError } from "../errors.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { broadcastOperands, defineMap, map } from "./map.js";
import { checkTensor, first, sameDTypeOperands, type TensorLike } from "./operands.js";

// ── comparison and logic; the result is bool ────────────────────────────────────────────────────────────────

const equalOp = defineMap("equal", "eq", null);

/** a = b; false for NaN. Any dtype. */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return map(equalOp, [a, b]);
}

const notEqualOp = defineMap("notEqual", "ne", null);

/** a ≠ b; true for NaN. Any dtype. */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return map(notEqualOp, [a, b]);
}

const lessOp = defineMap("less", "lt", null);

/** a < b; false for NaN. Any dtype. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return map(lessOp, [a, b]);
}

const lessEqualOp = defineMap("lessEqual", "le", null);

/** a ≤ b; false for NaN. Any dtype. */
export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return map(lessEqualOp, [a, b]);
}

const greaterOp = defineMap("greater", "gt", null);

/** a > b; false for NaN. Any dtype. */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return map(greaterOp, [a, b]);
}

const greaterEqualOp = defineMap("greaterEqual", "ge", null);

/** a ≥ b; false for NaN. Any dtype. */
export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  return map(greaterEqualOp, [a, b]);
}

const andOp = defineMap("logicalAnd", "and", null);

/** a ∧ b. bool only. */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return map(andOp, [a, b]);
}

const orOp = defineMap("logicalOr", "or", null);

/** a ∨ b. bool only. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return map(orOp, [a, b]);
}

const notOp = defineMap("logicalNot", "not", null);

/** ¬x. bool only. */
export function logicalNot(x: Tensor): Tensor {
  return map(notOp, [x]);
}

/** a ⊻ b. bool only. */
export function logicalXor(a: Tensor, b: Tensor): Tensor {
  return logicalOr(logicalAnd(a, logicalNot(b)), logicalAnd(logicalNot(a), b));
}

// ── selection ────────────────────────────────────────────────────────────────────────────────────────────────

const whereOp = defineMap("where", "where", [null, (t, n) => where(first(n), t, 0), (t, n) => where(first(n), 0, t)]);

/**
 * `a` where the mask is true, `b` elsewhere; all three broadcast.
 *
 * @param condition A bool tensor.
 * @throws {DTypeError} when the mask is not bool.
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  const mask = checkTensor("where", condition, "condition");
  if (mask.dtype !== "bool") throw new DTypeError(`where: condition must be bool, got ${mask.dtype}`);
  return apply(whereOp, broadcastOperands("where", [mask, ...sameDTypeOperands("where", [a, b])]), {});
}
