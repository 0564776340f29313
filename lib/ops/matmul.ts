/** The matrix product. */

import { ShapeError } from "../errors.js";
import { defineOp, type InstructionDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { broadcastShapes, checkShape, type Shape, showShape, sizeOf } from "../shape.js";
import { broadcastTo } from "./broadcast.js";
import { reshape, transpose } from "./movement.js";
import { checkFactors, first, second } from "./operands.js";

const matmulOp = defineOp<Record<string, never>, InstructionDeclaration<Record<string, never>>>({
  name: "matmul",
  kind: "contract",
  opcode: "matmul",
  words: () => ({}),
  transposable: true,
  infer([a, b]) {
    const { shape, dtype } = a as Tensor;
    return { shape: checkShape("matmul", [...shape.slice(0, -1), (b as Tensor).shape.at(-1) as number]), dtype };
  },
  vjp: [(t, n) => matmul(t, transpose(second(n))), (t, n) => matmul(transpose(first(n)), t)],
  jvp: "linear",
});

/**
 * The matrix product `[…, m, k] · […, k, n] → […, m, n]`. Leading axes broadcast as a batch; a rank-1 operand
 * is a row on the left, a column on the right, and its axis goes from the result. Floats only.
 *
 * @throws {ShapeError} when the inner dimensions differ or the batches do not broadcast.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkFactors("matmul", a, b);
  if (a.rank === 0 || b.rank === 0) {
    throw new ShapeError(`matmul: operands need at least 1 axis, got ${showShape(a.shape)} · ${showShape(b.shape)}`);
  }
  const left = a.rank === 1 ? reshape(a, [1, ...a.shape]) : a;
  const right = b.rank === 1 ? reshape(b, [...b.shape, 1]) : b;
  const [k, other] = [left.shape.at(-1), right.shape.at(-2)];
  if (k !== other) {
    throw new ShapeError(
      `matmul: inner dimensions differ: ${showShape(a.shape)} · ${showShape(b.shape)} (${k} ≠ ${other})`,
    );
  }
  const batch = broadcastShapes("matmul", left.shape.slice(0, -2), right.shape.slice(0, -2));
  const product = foldBatch(left, right, batch);
  const kept: number[] = [...batch];
  if (a.rank > 1) kept.push(left.shape.at(-2) as number);
  if (b.rank > 1) kept.push(right.shape.at(-1) as number);
  return reshape(product, kept);
}

/** A batch against one shared right matrix is a single product with more rows; everything else broadcasts. */
function foldBatch(left: Tensor, right: Tensor, batch: Shape): Tensor {
  if (left.rank > 2 && right.rank === 2) {
    const rows = reshape(left, [sizeOf(left.shape.slice(0, -1)), left.shape.at(-1) as number]);
    const product = apply(matmulOp, [rows, right], {});
    return reshape(product, [...left.shape.slice(0, -1), right.shape.at(-1) as number]);
  }
  // The leaf of a variable stays a leaf where there is nothing to stretch.
  const stretch = (x: Tensor) => broadcastTo(x.resolve(), [...batch, ...x.shape.slice(-2)]);
  return apply(matmulOp, [stretch(left), stretch(right)], {});
}
