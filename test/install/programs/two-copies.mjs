// Two versions of nodegrad in one process: each computes, and they know nothing of each other's tensors.

import { createRequire } from "node:module";
import * as one from "nodegrad";
import * as oneOptim from "nodegrad/optim";
import compute from "./compute.cjs";

const { nodegrad: other, optim: otherOptim } = createRequire(import.meta.url)("dependent");
await compute(one, oneOptim);
await compute(other, otherOptim);
try {
  one.tensor([1]).add(other.tensor([2]));
} catch (error) {
  console.log(JSON.stringify(`${error.name}: ${error.message}`));
}
