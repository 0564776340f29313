/** Work so small that what is around it counts: an addition of few numbers, alone and with its gradient. */

import { add, compile, ones, realize, type Tensor, vjp } from "nodegrad";
import { type Case, type Contestant, type Group, nodegrad, type Runner, repeat } from "../../harness/case.js";
import { peers } from "../peers.js";
import { filled, into } from "./kernel.js";

/** Additions in one graph, each of the sum before. */
const CHAIN = 100;

export const small: Group = {
  level: "kernels",
  name: "small work",
  cases: () => [
    ...[1, 64].flatMap((size) => [
      single(`add ${size}, in a compiled function`, 50e-9, () => compiledChain(size), adders(size)),
      single(`add ${size}, lazily`, 1e-6, () => lazyChain(size), adders(size)),
    ]),
    single(
      "add 64, and its gradient, compiled",
      0.5e-6,
      () => compiledGradient(64),
      peers(["PyTorch", "TF.js cpu", "TF.js wasm"], "addGradient", 64),
    ),
  ],
};

/** Nothing here is worth a second thread. */
function single(name: string, seconds: number, start: () => Runner, others: readonly Contestant[]): Case {
  return { name, unit: "addition", threads: 1, target: { seconds }, contestants: [...nodegrad(start), ...others] };
}

function adders(size: number): Contestant[] {
  return peers(["numpy", "PyTorch", "TF.js cpu", "TF.js wasm"], "add", size);
}

/** Sums that need the one before, and whose order nothing can change: y ← b + y. */
function chain(y: Tensor, b: Tensor): Tensor {
  let sum = y;
  for (let i = 0; i < CHAIN; i++) sum = add(sum, b);
  return sum;
}

function compiledChain(size: number): Runner {
  const [a, b, y] = [filled([size], 1), filled([size], 2), filled([size], 3)];
  const run = compile(() => y.assign(chain(a, b)));
  return repeat(run, CHAIN, () => add(a, b).dataSync() as Float32Array);
}

function lazyChain(size: number): Runner {
  const [a, b] = [filled([size], 1), filled([size], 2)];
  realize(a, b);
  return repeat(
    () => realize(chain(a, b)),
    CHAIN,
    () => add(a, b).dataSync() as Float32Array,
  );
}

function compiledGradient(size: number): Runner {
  const [a, b, dy] = [filled([size], 1), filled([size], 2), ones([size]).realize()];
  return into(filled([size], 3), () => vjp(add, [a, b]).vjp(dy)[0] as Tensor);
}
