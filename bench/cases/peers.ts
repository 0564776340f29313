/** The peers that do single pieces of work, which all of them know by the same words: see bench/peers/README.md. */

import type { Contestant } from "../harness/case.js";
import { flopsOf, type Layer, type Network, trainingFlops } from "../models/networks.js";

type WithoutName<T> = T extends unknown ? Omit<T, "name"> : never;

const PEERS = {
  OpenBLAS: (work) => ({ program: ["blas.c", "openblas", ...work], flags: ["-ldl", "-lm"] }),
  BLIS: (work) => ({ program: ["blas.c", "blis", ...work], flags: ["-ldl", "-lm"] }),
  oneDNN: (work) => ({ program: ["onednn.cc", ...work], flags: ["-std=c++17", "-ldnnl"] }),
  /** What somebody would write by hand, as the compiler has it. */
  "C loop": (work) => ({ program: ["loops.c", ...work], flags: ["-fopenmp", "-ffast-math", "-lm"] }),
  PyTorch: (work) => ({ script: ["torch_kernels.py", ...work] }),
  numpy: (work) => ({ script: ["numpy_kernels.py", ...work] }),
  onnxruntime: (work) => ({ module: ["onnxruntime.js", ...work] }),
  "TF.js wasm": (work) => ({ module: ["tfjs.js", "wasm", ...work] }),
  "TF.js cpu": (work) => ({ module: ["tfjs.js", "cpu", ...work] }),
  "JavaScript loop": (work) => ({ module: ["javascript.js", "loop", ...work] }),
  "@stdlib/blas": (work) => ({ module: ["javascript.js", "stdlib", ...work] }),
  "jax-js": (work) => ({ module: ["jax.js", ...work] }),
  "PyTorch NCHW": (work) => ({ script: ["torch_network.py", ...work, "contiguous_format"] }),
  "PyTorch NHWC": (work) => ({ script: ["torch_network.py", ...work, "channels_last"] }),
} satisfies Record<string, (work: readonly string[]) => WithoutName<Contestant>>;

export type PeerName = keyof typeof PEERS;

/** These peers, as contestants at a piece of work. */
export function peers(names: readonly PeerName[], ...work: readonly (string | number)[]): Contestant[] {
  return names.map((name) => ({ name, ...PEERS[name](work.map(String)) }));
}

/** Operations that JavaScript's libraries do in a second or so, in WebAssembly and without it. */
const WASM_FLOPS = 5e9;
const SCRIPT_FLOPS = 5e8;

/** Whoever can train a network or compute its scores. */
export function networkPeers(
  task: "train" | "infer",
  network: Network,
  batch: number,
  momentum: number,
  threads: number,
): Contestant[] {
  const hasImages = network.input.length > 1;
  const names: PeerName[] = hasImages ? ["PyTorch NHWC", "PyTorch NCHW"] : ["PyTorch NCHW"];
  if (task === "infer") names.unshift("onnxruntime");
  if (threads === 1) names.push(...javaScriptPeers(task, network, batch));
  return peers(names, task, batch, momentum, JSON.stringify(network));
}

/** They have one thread, here no batch normalisation, and some no gradients of convolutions. */
function javaScriptPeers(task: "train" | "infer", network: Network, batch: number): PeerName[] {
  const has = (...kinds: readonly Layer["kind"][]) => network.layers.some(({ kind }) => kinds.includes(kind));
  if (has("batchNorm", "residual")) return [];
  const flops = batch * (task === "train" ? trainingFlops(network) : flopsOf(network.layers, network.input));
  const names: PeerName[] = [];
  if (flops < WASM_FLOPS && (task === "infer" || !has("conv"))) names.push("TF.js wasm");
  if (flops < WASM_FLOPS && task === "train" && !has("conv")) names.push("jax-js");
  if (flops < SCRIPT_FLOPS) names.push("TF.js cpu");
  return names;
}
