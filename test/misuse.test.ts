/** A misuse of every public function: its error has its class, its code, exactly this message, and leads to the caller's line. */

import { describe, expect, it } from "vitest";
import * as typed from "../lib/index.js";
import { callablesOf } from "./fuzz/callables.js";
import { blasMisuses } from "./misuse/blas.js";
import { classicalMisuses } from "./misuse/classical.js";
import { coreMisuses } from "./misuse/core.js";
import { dataMisuses, ioMisuses } from "./misuse/data.js";
import { foundMisuses } from "./misuse/found.js";
import * as given from "./misuse/given.js";
import { nnMisuses } from "./misuse/layers.js";
import { modelsMisuses, trainMisuses } from "./misuse/models.js";
import { optimMisuses } from "./misuse/optimisers.js";
import { programMisuses } from "./misuse/program.js";

const entries = {
  nodegrad: [typed, coreMisuses],
  nn: [given.nn, nnMisuses],
  optim: [given.optim, optimMisuses],
  data: [given.data, dataMisuses],
  io: [given.io, ioMisuses],
  models: [given.models, modelsMisuses],
  train: [given.train, trainMisuses],
  classical: [given.classical, classicalMisuses],
  blas: [given.blas, blasMisuses],
  program: [given.program, programMisuses],
} as const;

const exported = new Set(Object.values(entries).flatMap(([module]) => Object.values(module)));

/** Functions of which nothing can be wrong: they take nothing, or anything. */
const WITHOUT_MISUSE: Readonly<Record<string, readonly string[]>> = {
  nodegrad: [
    ..."NodegradError ShapeError DTypeError OptionError GradientError BackendError IndexError".split(" "),
    ..."StaleTensorError StorageBusyError FormatError NetworkError InternalError".split(" "),
    ..."getAccuracy getBackend getNumThreads info randomState ReferenceBackend ReferenceBackend.finish".split(" "),
    ...["Tensor.dispose", "Tensor.[Symbol.dispose]", "Tensor.[nodejs.util.inspect.custom]"],
  ],
  nn: [
    ..."Flatten Module Module.modules Module.variables Module.parameters Module.eval Module.state".split(" "),
    ...["ModelSummary.toString", "ModelSummary.[nodejs.util.inspect.custom]"],
  ],
  optim: ["Optimizer.state", "Optimizer.zeroGrad"],
  // greyOf is arithmetic of three elements, whatever they are.
  data: ["DataLoader.[Symbol.asyncIterator]", "Random.bell", "Random.uint32", "greyOf"],
  train: [
    ..."History History.toJSON History.toCSV History.state EarlyStopping.state".split(" "),
    // Trainings call them.
    ..."EarlyStopping.onStart EarlyStopping.onEpochEnd EarlyStopping.onEnd".split(" "),
  ],
  classical: "Classifier Regressor Transform BinaryClassifier SimpleNeuron".split(" "),
  program: ["ProgramWriter", "ProgramWriter.finish"],
};

/** The methods of tensors are the functions of their names: see there. */
const isFunctionToo = (name: string) => name.startsWith("Tensor.") && name.slice("Tensor.".length) in typed;

/** The first frame of a stack that lies in a file, and not in nodegrad's. */
function firstFrameOutside({ stack = "" }: Error): string | undefined {
  const frames = stack.split("\n").filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  return frames.find((frame) => !frame.includes("/lib/") && !frame.includes("node:"));
}

async function errorOf(use: () => unknown): Promise<typed.NodegradError> {
  try {
    await use();
  } catch (error) {
    return error as typed.NodegradError;
  }
  return expect.fail("nothing was thrown");
}

async function checkMisuse([use, type, message]: given.Misuse): Promise<void> {
  const error = await errorOf(use);
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ name: type.name, message });
  expect(error.code).toBe(new type("").code);
  expect(firstFrameOutside(error)).toContain("/test/misuse");
}

describe.each(Object.entries(entries))("misuse of %s", (entry, [module, misuses]) => {
  it("has a case of every function", () => {
    const named = Object.keys(misuses).filter((name) => !name.includes("()"));
    const all = callablesOf(module, exported).map(({ name }) => name);
    const expected = all.filter((name) => !isFunctionToo(name) && !WITHOUT_MISUSE[entry]?.includes(name));
    expect(named.filter((name) => !isFunctionToo(name)).sort()).toEqual(expected.sort());
  });

  it.each(Object.entries(misuses))("%s", (_, misuse) => checkMisuse(misuse));
});

describe("misuse found at random", () => {
  it.each(Object.entries(foundMisuses))("%s", (_, misuse) => checkMisuse(misuse));
});
