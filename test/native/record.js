// Records Programs with everything a run of them reads, for the executables of this folder (recording.h):
//
//   node test/native/record.js FOLDER [BYTES]
//
// FOLDER/cases: the conformance cases (lib/testing) with the results of the reference machine and how far another
// may be off, those of at most BYTES bytes (default: all). FOLDER/programs: training steps, large enough that several
// threads share their work.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ReferenceBackend } from "../../dist/backends/reference/index.js";
import { compile, ones, randomNormal, registerBackend, setBackend, tensor } from "../../dist/index.js";
import * as nn from "../../dist/nn/index.js";
import * as optim from "../../dist/optim/index.js";
import { drawCases } from "../../dist/testing/arrangements.js";
import { runOnReference } from "../../dist/testing/job.js";

const MAGIC = 0x3152474e;
const RESULTS = 0x534c5352;

const words = (...values) => Int32Array.from(values);

/** The bytes of typed arrays one behind the other, each rounded up to whole words. */
function bytesOf(arrays) {
  return Buffer.concat(
    arrays.flatMap(({ buffer, byteOffset, byteLength }) => [
      Buffer.from(buffer, byteOffset, byteLength),
      Buffer.alloc(-byteLength & 3),
    ]),
  );
}

/** A recording; `results` are the words of its results. */
function recordingOf({ program, inputs, states, scalars, constants = [] }, results = []) {
  return bytesOf([words(MAGIC, program.length), program, ...constants, ...inputs, ...states, scalars, ...results]);
}

/** What each result of a case is on the reference machine, with a bound for each element where it may be off. */
function resultsOf(drawn) {
  const results = runOnReference(drawn.job);
  const magnitudes = drawn.roundings === 0 ? undefined : drawn.magnitudes();
  return [
    words(RESULTS),
    ...results.flatMap((values, i) => {
      if (magnitudes === undefined) return [words(0), values];
      const bounds = Float64Array.from(magnitudes[i], (terms) => drawn.roundings * (2 ** -24 * terms + 2 ** -150));
      return [words(1), values, bounds];
    }),
  ];
}

/** Writes the cases whose operands and results take at most so many bytes. */
function recordCases(folder, most) {
  let count = 0;
  for (const [i, drawn] of drawCases().entries()) {
    const { words: program, inputs, states, scalars, outputs } = drawn.job;
    if (outputs.some(({ dtype }) => dtype === "float64") || states.some(({ dtype }) => dtype === "float64")) continue;
    const elements = [...inputs, ...outputs].reduce((sum, { length }) => sum + length, 0);
    if (4 * elements > most) continue;
    const data = { program, inputs, states: states.map((state) => state.data), scalars };
    writeFileSync(join(folder, String(i).padStart(4, "0")), recordingOf(data, resultsOf(drawn)));
    count++;
  }
  return count;
}

/** A reference machine that keeps the first run of each Program. */
class Recorder extends ReferenceBackend {
  recordings = [];

  prepare(program, constants) {
    const executable = super.prepare(program, constants);
    const recordings = this.recordings;
    const kept = { program: program.slice(), constants: constants.map((array) => array.slice()) };
    const run = executable.run.bind(executable);
    let first = true;
    executable.run = (bindings) => {
      if (first) {
        const inputs = bindings.inputs.map((array) => array.slice());
        const states = bindings.states.map((state) => state.read());
        recordings.push(recordingOf({ ...kept, inputs, states, scalars: bindings.scalars.slice() }));
      }
      first = false;
      run(bindings);
    };
    return executable;
  }
}

/** Training steps: of images, of sequences, of vectors. */
const trainings = {
  images() {
    const model = new nn.Sequential({
      conv1: new nn.Conv2d(3, 16, 3, { padding: 1, seed: 1 }),
      norm: new nn.BatchNorm2d(16),
      relu1: new nn.Activation("relu"),
      pool: new nn.MaxPool2d(2),
      conv2: new nn.Conv2d(16, 16, 5, { padding: 2, stride: 2, seed: 2 }),
      relu2: new nn.Activation("relu"),
      drop: new nn.Dropout(0.5),
      flatten: new nn.Flatten(),
      fc: new nn.Linear(256, 10, { seed: 3 }),
    });
    return [
      model,
      new optim.Adam(model.parameters(), { learningRate: 0.001 }),
      randomNormal([8, 3, 16, 16], { seed: 4 }),
    ];
  },
  sequences() {
    const model = new nn.Sequential({
      embedding: new nn.Embedding(20, 16, { seed: 1 }),
      flatten: new nn.Flatten(),
      fc1: new nn.Linear(128, 200, { seed: 2 }),
      tanh: new nn.Activation("tanh"),
      fc2: new nn.Linear(200, 10, { seed: 3 }),
    });
    const characters = Int32Array.from({ length: 512 }, (_, i) => (7 * i) % 20);
    const input = tensor(characters, { shape: [64, 8], dtype: "int32" });
    return [model, new optim.RMSProp(model.parameters(), { learningRate: 0.001 }), input];
  },
  vectors() {
    const model = new nn.Sequential({
      fc1: new nn.Linear(150, 300, { seed: 1 }),
      gelu: new nn.Activation("gelu"),
      norm: new nn.LayerNorm(300),
      fc2: new nn.Linear(300, 10, { seed: 2 }),
    });
    const optimizer = new optim.SGD(model.parameters(), { learningRate: 0.1, momentum: 0.9 });
    return [model, optimizer, randomNormal([64, 150], { seed: 5 })];
  },
};

/** Writes the Programs of the trainings. */
function recordPrograms(folder) {
  const recorder = new Recorder();
  registerBackend("recorder", () => recorder);
  setBackend("recorder");
  for (const make of Object.values(trainings)) {
    const [model, optimizer, input] = make();
    const labels = ones([input.shape[0]], { dtype: "int32" });
    const step = compile((x) => {
      const loss = nn.crossEntropy(model.forward(x), labels);
      loss.backward();
      optimizer.step();
      return loss;
    });
    step(input).item();
  }
  recorder.recordings.forEach((recording, i) => {
    writeFileSync(join(folder, String(i).padStart(4, "0")), recording);
  });
  return recorder.recordings.length;
}

const [folder, most = "Infinity"] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node test/native/record.js FOLDER [BYTES]");
const folderOf = (name) => {
  rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
};
const counts = [recordCases(folderOf("cases"), Number(most)), recordPrograms(folderOf("programs"))];
console.log(`record: ${counts[0]} cases and ${counts[1]} programs in ${folder}`);
