/** Activation functions. Floats only, unless stated. */

import type { Tensor } from "../graph/tensor.js";
import { greater, where } from "./comparison.js";
import { add, exp, expm1, log1p, maximum, minimum, mul, neg, normalCdf, square, sub } from "./elementwise.js";
import { defineMap, map } from "./map.js";
import type { TensorLike } from "./operands.js";

const tanhOp = defineMap("tanh", "tanh", [(t, n) => mul(t, sub(1, square(n)))]);

/** Hyperbolic tangent. */
export function tanh(x: TensorLike): Tensor {
  return map(tanhOp, [x]);
}

const sigmoidOp = defineMap("sigmoid", "sigmoid", [(t, n) => mul(t, mul(n, sub(1, n)))]);

/** 1 / (1 + e⁻ˣ), without overflow. */
export function sigmoid(x: TensorLike): Tensor {
  return map(sigmoidOp, [x]);
}

// The derivative is read off the output, so that the input need not be kept; at 0 it is 0.
const reluOp = defineMap("relu", "max", [(t, n) => where(greater(n, 0), t, 0), null]);

/** max(x, 0), NaN stays. Also for int32. */
export function relu(x: TensorLike): Tensor {
  return map(reluOp, [x, 0]);
}

/** x for x > 0, `slope`·x otherwise (default 0.01). */
export function leakyRelu(x: TensorLike, slope = 0.01): Tensor {
  return where(greater(x, 0), x, mul(x, slope));
}

/** x for x > 0, `alpha`·(eˣ − 1) otherwise (default 1). Its derivative at 0 is `alpha`. */
export function elu(x: TensorLike, alpha = 1): Tensor {
  // Where the operands of a minimum are equal, the derivative goes to the second.
  return where(greater(x, 0), x, mul(expm1(minimum(0, x)), alpha));
}

/** x · Φ(x) with the normal distribution function Φ (`normalCdf`). */
export function gelu(x: TensorLike): Tensor {
  return mul(x, normalCdf(x));
}

/** x · sigmoid(x), also called swish. */
export function silu(x: TensorLike): Tensor {
  return mul(x, sigmoid(x));
}

/** ln(1 + eˣ), without overflow. */
export function softplus(x: TensorLike): Tensor {
  // −|x| as a minimum: its derivative at 0 is 1, that of |x| would be 0 and lose the ½ of the sigmoid.
  return add(maximum(x, 0), log1p(exp(minimum(neg(x), x))));
}
