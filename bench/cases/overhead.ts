/** What nodegrad costs beside the arithmetic: building graphs, finding Programs, compiling, calling. */

import { add, compile, conv2d, matmul, ones, realize, relu, slice, type Tensor, type TensorLike } from "nodegrad";
import { type Case, type Group, nodegrad, type Runner, repeat } from "../harness/case.js";
import { lenet5 } from "../models/networks.js";
import { countNodes, prepareTraining } from "../models/training.js";

const GRAPH_NODES = 200;
const COMPILED_NODES = [50, 500, 5000];
/** Instructions of the Programs from which the cost of one is derived. */
const FEW = 10;
const MANY = 100;

export const overhead: Group = {
  level: "overhead",
  name: "overhead",
  cases: () => [
    single("node", "build a node: add of two tensors", 1e-6, buildAdds),
    single("node", "build a node: add of a tensor and a number", 1e-6, buildAddsOfNumbers),
    single("node", "build a node: matmul", 1e-6, () => buildNodes(ones([8, 8]), (x) => matmul(x, x))),
    single("node", "build a node: conv2d", 1e-6, () => {
      const filters = ones([1, 1, 3, 3]);
      return buildNodes(ones([1, 1, 8, 8]), (x) => conv2d(x, filters, { padding: 1 }));
    }),
    single("run", `realize ${GRAPH_NODES} nodes, Program known`, 50e-6, realizeKnown),
    ...COMPILED_NODES.map((nodes) => single("node", `compile, a node of ${nodes}`, 30e-6, () => compileGraph(nodes))),
    single("node", "compile, a node of the LeNet-5 training step", 30e-6, compileTraining),
    single("call", "call a compiled function: nothing to do", 1e-6, () => repeat(compile(() => undefined))),
    single("call", "call a compiled function: number + 1", 1e-6, callWithNumber),
    single("instruction", "an instruction: add of 64 elements and more", 50e-9, runInstructions),
  ],
};

/** Nothing here runs long enough for a second thread. */
function single(unit: string, name: string, seconds: number, start: () => Runner): Case {
  return { name, unit, threads: 1, target: { seconds }, quick: true, contestants: nodegrad(start) };
}

/** Chains of applications of one op. */
function buildNodes(x: Tensor, apply: (x: Tensor) => Tensor): Runner {
  return repeat(() => {
    let y = x;
    for (let i = 0; i < GRAPH_NODES; i++) y = apply(y);
    return y;
  }, GRAPH_NODES);
}

function buildAdds(): Runner {
  const x = ones([64]).realize();
  return buildNodes(x, (y) => add(y, x));
}

/** A number is a node too. */
function buildAddsOfNumbers(): Runner {
  const run = buildNodes(ones([64]).realize(), (y) => add(y, 3));
  return (count) => run(count) / 2;
}

/** Layers of four nodes, y ← y + max(y·w + b, 0), until there are at least so many nodes. */
function layers(nodes: number, w: Tensor, b: Tensor): Tensor {
  let y = b;
  for (let made = 0; made < nodes; made += 4) y = add(y, relu(add(matmul(y, w), b)));
  return y;
}

/** The graph is built outside the clock; the run of its 100 small instructions is inside. */
function realizeKnown(): Runner {
  const [w, b] = [ones([4, 4]).mul(0.1), ones([4, 4])];
  realize(w, b);
  return (count) => {
    let milliseconds = 0;
    for (let i = 0; i < count; i++) {
      const y = layers(GRAPH_NODES, w, b);
      const start = performance.now();
      realize(y);
      milliseconds += performance.now() - start;
    }
    return milliseconds / 1000 / count;
  };
}

/** A graph that is new each time, because its sizes are, less what realising it costs once it is known. */
function compileGraph(nodes: number): Runner {
  let size = 1;
  return (count) => {
    let milliseconds = 0;
    for (let i = 0; i < count; i++) {
      size++;
      const [w, b] = [ones([4, 4]).mul(0.1), ones([size, 4])];
      realize(w, b);
      milliseconds += realizeTime(layers(nodes, w, b)) - realizeTime(layers(nodes, w, b));
    }
    return milliseconds / 1000 / (count * nodes);
  };
}

/** In milliseconds. */
function realizeTime(y: Tensor): number {
  const start = performance.now();
  realize(y);
  return performance.now() - start;
}

/** The first call of a compiled function, which traces and differentiates too, less a call once it is known. */
function compileTraining(): Runner {
  const training = prepareTraining(lenet5, 1, 0.9);
  const { step, x, y } = training;
  const nodes = countNodes(training);
  return (count) => {
    let seconds = 0;
    for (let i = 0; i < count; i++) {
      const compiled = compile(step);
      const call = repeat(() => compiled(x, y));
      seconds += call(1) - call(1);
    }
    return seconds / (count * nodes);
  };
}

function callWithNumber(): Runner {
  const increment = compile((a: TensorLike) => add(a, 1));
  let i = 0;
  return repeat(() => increment(++i));
}

/**
 * The slope between a short and a long Program. Each sum is one element shorter than the one before, which keeps them
 * instructions of their own.
 */
function runInstructions(): Runner {
  const chain = (length: number) => {
    const x = ones([64 + length]).realize();
    const run = compile((x: Tensor) => {
      let y = x;
      for (let size = 64 + length - 1; size >= 64; size--) y = add(slice(y, [[0, size]]), slice(x, [[0, size]]));
      return y;
    });
    return repeat(() => run(x));
  };
  const [few, many] = [chain(FEW), chain(MANY)];
  return (count) => (many(count) - few(count)) / (MANY - FEW);
}
