/** Programs of TensorFlow.js, the same on nodegrad and on the backends that it comes with. */

import { createRequire } from "node:module";
import type { Case, Contestant, Group, Target } from "../harness/case.js";
import type { ProgramName } from "../tfjs/programs.js";

interface Row {
  readonly name: string;
  readonly program: ProgramName;
  readonly unit: string;
  readonly target: Target;
  /** What nodegrad is measured on: the backend itself, or what it takes beyond the core. */
  readonly own?: string;
  /** Backends beside it. */
  readonly peers: readonly string[];
}

const NAMES: Readonly<Record<string, string>> = {
  cpu: "TF.js cpu",
  wasm: "TF.js wasm",
  "core-alone": "TF.js core alone",
};

/** cpu takes long, and some targets are shares of its time. */
const MOST_SECONDS = 10;

/** wasm has no gradients of convolutions and embeddings. */
const ROWS: readonly Row[] = [
  {
    name: "MobileNet v1 1.0/224, batch 1",
    program: "mobileNet",
    unit: "image",
    target: { ratio: 0.25 },
    peers: ["wasm"],
  },
  {
    name: "MNIST CNN, trainOnBatch of 64",
    program: "mnistCnn",
    unit: "step",
    target: { ratio: 0.006 },
    peers: ["cpu"],
  },
  {
    name: "MLP 784-128-10, an epoch of 2560",
    program: "mlp",
    unit: "epoch",
    target: { ratio: 0.1 },
    peers: ["wasm", "cpu"],
  },
  {
    name: "embedding + LSTM, trainOnBatch of 32",
    program: "lstm",
    unit: "step",
    target: { ratio: 0.1 },
    peers: ["cpu"],
  },
  {
    name: "embedding + LSTM, the core's own cost",
    program: "lstm",
    unit: "step",
    target: { ratio: 2 },
    peers: ["core-alone"],
  },
  {
    name: "add + dispose of one element",
    program: "addition",
    unit: "call",
    target: { ratio: 1 },
    peers: ["cpu", "wasm"],
  },
  {
    name: "add + dispose, beyond the core's own cost",
    program: "addition",
    unit: "call",
    target: { seconds: 0.6e-6 },
    own: "beyond-core",
    peers: [],
  },
];

export const tensorflow: Group = {
  level: "models",
  name: "TensorFlow.js",
  cases: (threads) => (isInstalled() ? threads.filter((count) => count === 1).flatMap(() => ROWS.map(caseOf)) : []),
};

/** The package is a development dependency: without it there are no programs. */
function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve("@tensorflow/tfjs");
    return true;
  } catch {
    return false;
  }
}

/** The peers have one thread here, and so has nodegrad. */
function caseOf({ name, program, unit, target, own = "nodegrad", peers }: Row): Case {
  const contestant = (name: string, backend: string): Contestant => ({
    name,
    module: ["../tfjs/main.js", backend, program],
  });
  return {
    name,
    unit,
    threads: 1,
    target,
    mostSeconds: MOST_SECONDS,
    quick: program === "mlp",
    contestants: [
      contestant("nodegrad", own),
      ...peers.map((backend) => contestant(NAMES[backend] ?? backend, backend)),
    ],
  };
}
