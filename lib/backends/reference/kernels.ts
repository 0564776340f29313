/** The kernel of every opcode. */

import type { Opcode } from "../../program/opcodes.js";
import { conv2d, conv2dGradInput, conv2dGradWeight } from "./conv.js";
import { copy } from "./copy.js";
import { crossEntropy, crossEntropyGrad } from "./cross-entropy.js";
import { gather, scatterAdd } from "./gather.js";
import type { Kernel } from "./kernel.js";
import { map } from "./map.js";
import { matmul } from "./matmul.js";
import { pool, poolGrad } from "./pool.js";
import { random } from "./random.js";
import { reduce } from "./reduce.js";
import { softmax, softmaxGrad } from "./softmax.js";

export const kernels: { readonly [K in Opcode]: Kernel } = {
  map,
  reduce,
  matmul,
  conv2d,
  conv2dGradInput,
  conv2dGradWeight,
  pool,
  poolGrad,
  softmax,
  softmaxGrad,
  crossEntropy,
  crossEntropyGrad,
  gather,
  scatterAdd,
  copy,
  random,
};
