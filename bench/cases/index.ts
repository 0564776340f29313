/** Every group of cases, in the order of the report. */

import type { Group } from "../harness/case.js";
import { convolutions } from "./kernels/convolutions.js";
import { products } from "./kernels/products.js";
import { limits } from "./limits.js";
import { overhead } from "./overhead.js";
import { training } from "./training.js";
import { twentyLines } from "./twenty-lines.js";

export const groups: readonly Group[] = [limits, overhead, products, convolutions, training, twentyLines];
