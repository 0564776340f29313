/** Every kernel of the backend. */

import type { Kernel } from "../kernel.js";
import { convolutionKernels } from "./convolution.js";
import { createKernels } from "./create.js";
import { elementwiseKernels } from "./elementwise.js";
import { indexingKernels } from "./indexing.js";
import { matmulKernels } from "./matmul.js";
import { movementKernels } from "./movement.js";
import { normalizationKernels } from "./normalization.js";
import { poolingKernels } from "./pooling.js";
import { reductionKernels } from "./reduction.js";

export const kernels: readonly Kernel[] = [
  ...convolutionKernels,
  ...createKernels,
  ...elementwiseKernels,
  ...indexingKernels,
  ...matmulKernels,
  ...movementKernels,
  ...normalizationKernels,
  ...poolingKernels,
  ...reductionKernels,
];
