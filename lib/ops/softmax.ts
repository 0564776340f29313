/** Softmax and its logarithm along one axis. Floats only. */

import { checkOptions, ShapeError } from "../errors.js";
import { defineOp, type InstructionDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { normalizeAxis, showShape } from "../shape.js";
import { sum } from "./broadcast.js";
import { exp, mul, neg, sub } from "./elementwise.js";
import { checkFloat, checkTensor, first, second } from "./operands.js";

type AxisAttributes = { readonly axis: number };

const axisOf = (node: Tensor) => (node.attributes as AxisAttributes).axis;

/** The sum along the axis of a node, which stays with length 1. */
function sumAlong(x: Tensor, node: Tensor): Tensor {
  return sum(x, { axes: axisOf(node), keepDims: true });
}

/** What all four instructions say of themselves: they work along the last axis, so the node's axis is shown last. */
function alongAxis(opcode: "softmax" | "softmaxGrad", log: 0 | 1) {
  return {
    kind: "softmax",
    opcode,
    words: () => ({ log }),
    infer: (inputs: readonly Tensor[]) => ({ shape: (inputs[0] as Tensor).shape, dtype: (inputs[0] as Tensor).dtype }),
    axes(node: Tensor) {
      const axis = axisOf(node);
      if (axis === node.rank - 1) return undefined;
      return [...node.shape.keys()].filter((i) => i !== axis).concat(axis);
    },
  } as const;
}

const softmaxOp = defineOp<AxisAttributes, InstructionDeclaration<AxisAttributes>>({
  ...alongAxis("softmax", 0),
  name: "softmax",
  // The Jacobian diag(y) − y·yᵀ is symmetric: both modes are the same.
  vjp: [(t, n) => softmaxGrad(t, n, axisOf(n))],
  jvp: [(t, n) => softmaxGrad(t, n, axisOf(n))],
});

const softmaxGradOp = defineOp<AxisAttributes, InstructionDeclaration<AxisAttributes>>({
  ...alongAxis("softmaxGrad", 0),
  name: "softmaxGrad",
  vjp: [
    (t, n) => softmaxGrad(t, second(n), axisOf(n)),
    (t, n) => {
      const [dy, y] = [first(n), second(n)];
      return sub(mul(t, sub(dy, sumAlong(mul(dy, y), n))), mul(dy, sumAlong(mul(t, y), n)));
    },
  ],
  jvp: [
    (t, n) => softmaxGrad(t, second(n), axisOf(n)),
    (t, n) => {
      const [dy, y] = [first(n), second(n)];
      return sub(mul(t, sub(dy, sumAlong(mul(dy, y), n))), mul(y, sumAlong(mul(t, dy), n)));
    },
  ],
});

/** y(dy − Σ dy·y): the derivative of y = softmax(x). */
export function softmaxGrad(dy: Tensor, y: Tensor, axis: number): Tensor {
  return apply(softmaxGradOp, [dy, y], { axis });
}

const logSoftmaxOp = defineOp<AxisAttributes, InstructionDeclaration<AxisAttributes>>({
  ...alongAxis("softmax", 1),
  name: "logSoftmax",
  vjp: [(t, n) => logSoftmaxGrad(t, n, axisOf(n))],
  jvp: [(t, n) => sub(t, sumAlong(mul(exp(n), t), n))],
});

const logSoftmaxGradOp = defineOp<AxisAttributes, InstructionDeclaration<AxisAttributes>>({
  ...alongAxis("softmaxGrad", 1),
  name: "logSoftmaxGrad",
  vjp: [
    (t, n) => sub(t, sumAlong(mul(t, exp(second(n))), n)),
    (t, n) => neg(mul(mul(t, exp(second(n))), sumAlong(first(n), n))),
  ],
  jvp: [
    (t, n) => logSoftmaxGrad(t, second(n), axisOf(n)),
    (t, n) => neg(mul(mul(t, exp(second(n))), sumAlong(first(n), n))),
  ],
});

/** dy − eʸ Σ dy: the derivative of y = logSoftmax(x) in reverse mode. */
function logSoftmaxGrad(dy: Tensor, y: Tensor, axis: number): Tensor {
  return apply(logSoftmaxGradOp, [dy, y], { axis });
}

/** The axis of a softmax. */
export interface SoftmaxOptions {
  /** The axis along which the exponentials are added; negative ones count from the end (default −1). */
  readonly axis?: number;
}

function checkAxis(op: string, x: Tensor, options: SoftmaxOptions): number {
  checkFloat(op, checkTensor(op, x));
  checkOptions(op, options, ["axis"]);
  if (x.rank === 0) throw new ShapeError(`${op}: needs at least 1 axis, got ${showShape(x.shape)}`);
  return normalizeAxis(op, options.axis ?? -1, x.rank);
}

/**
 * eˣ / Σ eˣ along an axis, in [0, 1] with sum 1. Computed from the maximum, so that nothing overflows. NaN along
 * the whole axis where one element is NaN or +∞, or all are −∞.
 *
 * @throws {OptionError} when the axis is out of range.
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return apply(softmaxOp, [x], { axis: checkAxis("softmax", x, options) });
}

/** x − ln Σ eˣ along an axis: the logarithm of `softmax`, accurate where that is close to 0. NaN as there. */
export function logSoftmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  return apply(logSoftmaxOp, [x], { axis: checkAxis("logSoftmax", x, options) });
}
