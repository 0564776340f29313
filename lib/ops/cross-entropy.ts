/** The cross-entropy of a softmax with labels, and its derivative, without the softmax in between. */

import { DTypeError } from "../errors.js";
import { defineOp, type InstructionDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { sum } from "./broadcast.js";
import { ones } from "./create.js";
import { cast, mul } from "./elementwise.js";
import { expandDims, squeeze } from "./movement.js";
import { checkFloat, first, second, third } from "./operands.js";
import { softmax, softmaxGrad } from "./softmax.js";

type NoAttributes = Readonly<Record<never, never>>;

const words = () => ({});

/** The sum along the last axis, which stays with length 1. */
const alongRows = (x: Tensor) => sum(x, { axes: -1, keepDims: true });

const crossEntropyOp = defineOp<NoAttributes, InstructionDeclaration<NoAttributes>>({
  name: "crossEntropy",
  kind: "softmax",
  opcode: "crossEntropy",
  words,
  infer: ([x, labels]) => ({ shape: (labels as Tensor).shape, dtype: (x as Tensor).dtype }),
  vjp: [(t, n) => crossEntropyGrad(t, first(n), second(n)), null],
  jvp: [(t, n) => alongRows(mul(t, slope(first(n), second(n)))), null],
});

const crossEntropyGradOp = defineOp<NoAttributes, InstructionDeclaration<NoAttributes>>({
  name: "crossEntropyGrad",
  kind: "softmax",
  opcode: "crossEntropyGrad",
  words,
  infer: ([, x]) => ({ shape: (x as Tensor).shape, dtype: (x as Tensor).dtype }),
  vjp: [
    (t, n) => alongRows(mul(t, slope(second(n), third(n)))),
    (t, n) => softmaxGrad(mul(t, first(n)), softmax(second(n)), n.rank - 1),
    null,
  ],
  jvp: [
    (t, n) => crossEntropyGrad(t, second(n), third(n)),
    (t, n) => mul(first(n), softmaxGrad(t, softmax(second(n)), n.rank - 1)),
    null,
  ],
});

/** dy · (softmax(x) − [i is the label]): what reaches the scores. */
function crossEntropyGrad(dy: Tensor, x: Tensor, labels: Tensor): Tensor {
  return apply(crossEntropyGradOp, [dy, x, labels], {});
}

/** softmax(x) − [i is the label]. */
function slope(x: Tensor, labels: Tensor): Tensor {
  return crossEntropyGrad(ones(labels.shape, { dtype: x.dtype }), x, labels);
}

/**
 * ln Σ eˣ − x[label] for each row of scores.
 *
 * @param op Name of the loss, for messages.
 * @param x Scores `[…, classes]`, float.
 * @param labels `[…]`, int32 or uint8, of the shape of the rows.
 */
export function labelLosses(op: string, x: Tensor, labels: Tensor): Tensor {
  checkFloat(op, x);
  if (labels.dtype !== "int32" && labels.dtype !== "uint8") {
    throw new DTypeError(`${op}: labels must be int32 or uint8, got ${labels.dtype}`);
  }
  const column = expandDims(labels.dtype === "uint8" ? cast(labels, "int32") : labels, -1);
  return squeeze(apply(crossEntropyOp, [x, column], {}), { axes: -1 });
}
