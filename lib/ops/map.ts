/** What operations element by element share: their declaration, and operands of one dtype and shape. */

import { type DType, isFloat } from "../dtype.js";
import { DTypeError } from "../errors.js";
import { isNumber } from "../graph/leaves.js";
import { type DerivativeRule, defineOp, type MapDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { MICRO_OPS, type MicroInfo, type MicroOp } from "../program/opcodes.js";
import { broadcastShapes, type Shape, sameShape } from "../shape.js";
import { broadcastTo } from "./broadcast.js";
import { sameDTypeOperands, type TensorLike } from "./operands.js";

const DOMAINS: { readonly [D in MicroInfo["domain"]]: { accepts(dtype: DType): boolean; what: string } } = {
  float: { accepts: isFloat, what: "float tensors" },
  number: { accepts: (dtype) => isFloat(dtype) || dtype === "int32", what: "float or int32 tensors" },
  comparable: { accepts: () => true, what: "tensors" },
  bool: { accepts: (dtype) => dtype === "bool", what: "bool tensors" },
  any: { accepts: () => true, what: "tensors" },
};

interface MapOptions {
  readonly fold?: MapDeclaration<never>["fold"];
  readonly identity?: MapDeclaration<never>["identity"];
}

/**
 * Declares a map op. The Jacobian is diagonal, so one rule per operand, multiplication by the partial
 * derivative, serves reverse and forward mode alike; null stands for a derivative of zero.
 */
export function defineMap(
  name: string,
  micro: MicroOp,
  partials: readonly (DerivativeRule | null)[] | null,
  options: MapOptions = {},
) {
  const domain = DOMAINS[MICRO_OPS[micro].domain];
  const toBool = MICRO_OPS[micro].result === "bool";
  return defineOp<Record<string, never>, MapDeclaration<Record<string, never>>>({
    name,
    kind: "map",
    micro,
    infer(inputs) {
      const values = inputs[inputs.length - 1] as Tensor; // the last operand, because the first of `where` is a mask
      if (!domain.accepts(values.dtype)) {
        throw new DTypeError(`${name}: needs ${domain.what}, got ${values.dtype}; cast first`);
      }
      let shape: Shape = values.shape;
      for (const input of inputs) if (input.shape.length > shape.length) shape = input.shape;
      return { shape, dtype: toBool ? "bool" : values.dtype };
    },
    vjp: partials,
    jvp: partials,
    ...options,
  });
}

/** Number leaves stay rank 0 (a scalar register); everything else is broadcast to the common shape. */
export function broadcastOperands(op: string, operands: readonly Tensor[]): Tensor[] {
  let shape: Shape = [];
  for (const operand of operands) shape = broadcastShapes(op, shape, operand.shape);
  return operands.map((operand) =>
    sameShape(operand.shape, shape) || isNumber(operand) ? operand : broadcastTo(operand, shape),
  );
}

/** Values of one dtype and shape. */
export function operands(op: string, values: readonly TensorLike[]): Tensor[] {
  return broadcastOperands(op, sameDTypeOperands(op, values));
}

/** Applies a map op to values that are made operands of it. */
export function map(op: ReturnType<typeof defineMap>, values: readonly TensorLike[]): Tensor {
  return apply(op, operands(op.name, values), {});
}
