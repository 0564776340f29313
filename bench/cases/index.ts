/** Every group of cases, in the order of the report. */

import type { Group } from "../harness/case.js";
import { blocks } from "./blocks.js";
import { blas } from "./kernels/blas.js";
import { convolutions } from "./kernels/convolutions.js";
import { elementwise } from "./kernels/elementwise.js";
import { fused } from "./kernels/fused.js";
import { movement } from "./kernels/movement.js";
import { normalization } from "./kernels/normalization.js";
import { pooling } from "./kernels/pooling.js";
import { products } from "./kernels/products.js";
import { reductions } from "./kernels/reductions.js";
import { small } from "./kernels/small.js";
import { softmax } from "./kernels/softmax.js";
import { limits } from "./limits.js";
import { load } from "./load.js";
import { memory } from "./memory.js";
import { models } from "./models.js";
import { overhead } from "./overhead.js";
import { tensorflow } from "./tfjs.js";
import { training } from "./training.js";
import { twentyLines } from "./twenty-lines.js";

export const groups: readonly Group[] = [
  limits,
  overhead,
  products,
  convolutions,
  elementwise,
  fused,
  softmax,
  pooling,
  normalization,
  reductions,
  movement,
  small,
  blas,
  blocks,
  training,
  twentyLines,
  load,
  memory,
  models,
  tensorflow,
];
