/** Every kernel of the backend. */

import type { Kernel } from "../kernel.js";
import { complexKernels } from "./complex.js";
import { convolutionKernels } from "./convolution.js";
import { createKernels } from "./create.js";
import { depthKernels } from "./depth.js";
import { einsumKernels } from "./einsum.js";
import { elementwiseKernels } from "./elementwise.js";
import { fftKernels } from "./fft.js";
import { imageKernels } from "./image.js";
import { indexingKernels } from "./indexing.js";
import { matmulKernels } from "./matmul.js";
import { morphologyKernels } from "./morphology.js";
import { movementKernels } from "./movement.js";
import { normalizationKernels } from "./normalization.js";
import { poolingKernels } from "./pooling.js";
import { raggedKernels } from "./ragged.js";
import { reductionKernels } from "./reduction.js";
import { resizeKernels } from "./resize.js";
import { scanKernels } from "./scan.js";
import { searchKernels } from "./search.js";
import { sparseKernels } from "./sparse.js";
import { stringKernels } from "./strings.js";

export const kernels: readonly Kernel[] = [
  ...complexKernels,
  ...convolutionKernels,
  ...createKernels,
  ...depthKernels,
  ...einsumKernels,
  ...elementwiseKernels,
  ...fftKernels,
  ...imageKernels,
  ...indexingKernels,
  ...matmulKernels,
  ...morphologyKernels,
  ...movementKernels,
  ...normalizationKernels,
  ...poolingKernels,
  ...raggedKernels,
  ...reductionKernels,
  ...resizeKernels,
  ...scanKernels,
  ...searchKernels,
  ...sparseKernels,
  ...stringKernels,
];
