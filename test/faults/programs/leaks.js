/**
 * Does the same thing many times and watches what the process has in use.
 *
 *     node --expose-gc --max-semi-space-size=1 leaks.js FAMILY RUNS sync|async
 *
 * FAMILY is an opcode, whose cases of the conformance suite are computed by turns, `micro` (those of the micro-operations) or
 * `training` (steps of a compiled training). Prints resident bytes, and those that V8 counts, after each tenth of the
 * runs, and what the addon held after the first and the last of them.
 */

import { compile, getBackend, setBackend, variable } from "nodegrad";
import { Random } from "nodegrad/data";
import { Linear, Sequential } from "nodegrad/nn";
import { SGD } from "nodegrad/optim";
import { microCases, opcodeCases } from "../../../dist/testing/cases.js";
import { layouts } from "../../../dist/testing/operands.js";

setBackend(process.env.NODEGRAD_BACKEND ?? "native");
const [family, runs, mode] = [process.argv[2], Number(process.argv[3]), process.argv[4]];

/** Of a family's cases those with at most so many elements, and so many of them. */
const [MOST_ELEMENTS, MOST_CASES] = [5000, 8];

/** Computations of a family: each builds its graph anew and reads the result. */
function computations() {
  const random = new Random(1);
  const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);
  const cases =
    family === "micro"
      ? Object.values(microCases)
          .flat()
          .map(({ domains, build }) => ({ operands: domains.map((domain) => ({ ...domain, shape: [67] })), build }))
      : opcodeCases[family].filter(
          ({ operands }) => operands.reduce((sum, { shape }) => sum + sizeOf(shape), 0) <= MOST_ELEMENTS,
        );
  const step = Math.max(1, Math.floor(cases.length / MOST_CASES));
  return cases
    .filter(({ operands }, i) => i % step === 0 && operands.every(({ dtype }) => dtype !== "float64"))
    .map(({ operands, build }) => {
      const tensors = operands.map((operand) => layouts.contiguous(operand, random).realize());
      return () => build(...tensors);
    });
}

/** Steps of a small training. */
function training() {
  const model = new Sequential([new Linear(20, 50, { seed: 1 }), new Linear(50, 3, { seed: 2 })]);
  const optimizer = new SGD(model.parameters(), { learningRate: 0.01, momentum: 0.9 });
  const step = compile((x, y) => {
    const loss = model.forward(x).relu().sub(y).square().mean();
    loss.backward();
    optimizer.step();
    return loss;
  });
  const random = new Random(1);
  const draw = (...shape) => layouts.contiguous({ shape }, random);
  const counter = variable([0]);
  return mode === "sync"
    ? () => void step(draw(16, 20), draw(16, 3)).item()
    : async () => {
        await step.async(draw(16, 20), draw(16, 3));
        counter.assign(counter.add(1));
      };
}

function makeRun() {
  if (family === "training") return training();
  const list = computations();
  if (list.length === 0) throw new Error(`${family}: no cases`);
  let next = 0;
  if (mode === "sync") return () => void list[next++ % list.length]().dataSync();
  return () => list[next++ % list.length]().data();
}

const run = makeRun();
const samples = [];
let [firstHeld, lastHeld] = [undefined, undefined];
for (let part = 0; part < 10; part++) {
  for (let i = 0; i < runs / 10; i++) {
    const done = run();
    if (mode === "async") await done;
    else if (i % 100 === 0) await new Promise(setImmediate); // finalizers run between tasks
  }
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  samples.push({ rss, used: heapUsed + external });
  lastHeld = getBackend().memory?.();
  firstHeld ??= lastHeld;
}
console.log(JSON.stringify({ samples, firstHeld, lastHeld }));
