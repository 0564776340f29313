/** The peers that do single pieces of work, which all of them know by the same words: see bench/peers/README.md. */

import type { Contestant } from "../harness/case.js";

type WithoutName<T> = T extends unknown ? Omit<T, "name"> : never;

const PEERS = {
  OpenBLAS: (work) => ({ program: ["blas.c", "openblas", ...work], flags: ["-ldl", "-lm"] }),
  BLIS: (work) => ({ program: ["blas.c", "blis", ...work], flags: ["-ldl", "-lm"] }),
  oneDNN: (work) => ({ program: ["onednn.cc", ...work], flags: ["-std=c++17", "-ldnnl"] }),
  /** What somebody would write by hand, as the compiler has it. */
  "C loop": (work) => ({ program: ["loops.c", ...work], flags: ["-fopenmp", "-ffast-math", "-lm"] }),
  PyTorch: (work) => ({ script: ["torch_kernels.py", ...work] }),
  numpy: (work) => ({ script: ["numpy_kernels.py", ...work] }),
} satisfies Record<string, (work: readonly string[]) => WithoutName<Contestant>>;

export type PeerName = keyof typeof PEERS;

/** These peers, as contestants at a piece of work. */
export function peers(names: readonly PeerName[], ...work: readonly (string | number)[]): Contestant[] {
  return names.map((name) => ({ name, ...PEERS[name](work.map(String)) }));
}
