/** What TF.js fuses into products and convolutions: a bias and an activation. */

import type { backend_util } from "@tensorflow/tfjs-core";
import type { Tensor } from "../../index.js";
import * as ng from "../../index.js";
import { prelu, relu6 } from "./elementwise.js";

/** The bias and the slopes of `prelu`, if any. */
export interface FusedInputs {
  readonly bias?: Tensor;
  readonly preluActivationWeights?: Tensor;
}

/** Which activation. */
export interface FusedAttributes {
  readonly activation?: backend_util.Activation | null;
  readonly leakyreluAlpha?: number;
}

/** The activation of x + bias; nodegrad's compiler makes it the epilogue of what computes x. */
export function fuse(
  x: Tensor,
  { bias, preluActivationWeights }: FusedInputs,
  { activation, leakyreluAlpha = 0.2 }: FusedAttributes,
): Tensor {
  const y = bias === undefined ? x : x.add(bias);
  switch (activation ?? "linear") {
    case "linear":
      return y;
    case "relu":
      return y.relu();
    case "relu6":
      return relu6(y);
    case "elu":
      return y.elu();
    case "sigmoid":
      return y.sigmoid();
    case "leakyrelu":
      return y.leakyRelu(leakyreluAlpha);
    case "prelu":
      return prelu(y, preluActivationWeights as Tensor);
    default:
      throw new ng.OptionError(`tfjs: unknown activation "${activation}"`);
  }
}
