/**
 * Computes on a system that starts no thread for the addon, and again when it does; prints a hash of each time's results.
 *
 *     LD_PRELOAD=scarce.so SCARCE=FILE node scarce-threads.js
 */

import { createHash } from "node:crypto";
import { compile, randomNormal, setBackend, setNumThreads, variable } from "nodegrad";
import { relieve, shorten } from "./scarce.js";

setBackend("native");
setNumThreads(4);

/** Runs of both kinds, in an order that shows in the result. */
async function compute() {
  const x = randomNormal([300, 300], { seed: 1, std: 0.1 }).realize();
  const v = variable(randomNormal([300, 300], { seed: 2 }));
  const step = compile((a) => {
    v.assign(v.mul(0.5).add(a.matmul(v)));
    return v.sum();
  });
  const runs = [step.async(x), step.async(x.mul(2)), x.matmul(v).data()];
  step(x);
  const hash = createHash("sha256").update(v.dataSync());
  const [first, second, product] = await Promise.all(runs);
  hash.update(first.dataSync()).update(second.dataSync()).update(product);
  return hash.digest("hex");
}

shorten({ threads: 0 });
const alone = await compute();
const { refused } = relieve();
const together = await compute();
console.log(JSON.stringify({ alone, together, refused }));
