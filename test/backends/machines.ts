/** The same Programs on two machines: the reference here, the native one in a process per instruction set. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import { compileGraph } from "../../lib/compile/index.js";
import { allocate, type DType, dtypeInfo, type TypedArray } from "../../lib/dtype.js";
import { encodeGraph } from "../../lib/graph/signature.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { requireAddon } from "./native-addon.js";

/** A Program and what a run of it binds. */
export interface Job {
  readonly name: string;
  readonly words: Int32Array;
  readonly inputs: readonly TypedArray[];
  readonly states: readonly { readonly dtype: DType; readonly code: number; readonly data: TypedArray }[];
  readonly scalars: Float64Array;
  readonly outputs: readonly { readonly dtype: DType; readonly length: number }[];
}

/** What a job gave. */
export interface Outcome {
  readonly outputs: readonly TypedArray[];
  /** Whether other numbers of threads gave the same bits. */
  readonly steady: boolean;
}

/** The job of computing tensors. */
export function jobOf(name: string, roots: readonly Tensor[]): Job {
  const { graph } = encodeGraph({ roots, updates: [] });
  return {
    name,
    words: compileGraph(graph),
    inputs: graph.inputs.map((leaf) => leaf.storage?.data as TypedArray),
    states: graph.states.map(({ dtype, variable }) => ({
      dtype,
      code: dtypeInfo[dtype].code,
      data: variable.memory.data as TypedArray,
    })),
    scalars: Float64Array.from(graph.scalars, (leaf) => leaf.attributes.value as number),
    outputs: roots.map(({ dtype, size }) => ({ dtype, length: size })),
  };
}

/** The outputs of a job on the reference machine. */
export function runOnReference({ words, inputs, states, scalars, outputs }: Job): TypedArray[] {
  const backend = new ReferenceBackend();
  const results = outputs.map(({ dtype, length }) => allocate(dtype, length));
  const memory = states.map(({ dtype, data }) => backend.createState(dtype, data));
  backend.prepare(words, []).run({ inputs, outputs: results, states: memory, scalars });
  return results;
}

/**
 * What the child does. It announces each job before it runs it, so that a crash has a name. Outputs start as garbage:
 * an element that is not written shows.
 */
const script = `
  const { readFileSync, writeFileSync, writeSync } = require("node:fs");
  const { deserialize, serialize } = require("node:v8");
  const [, addonPath, jobsPath, outcomesPath] = process.argv;
  const addon = require(addonPath);
  const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array };
  const run = (job, threads) => {
    addon.setThreads(threads);
    const states = job.states.map(({ code, data }) => {
      const state = addon.createState(code, data.length);
      addon.writeState(state, data, 0);
      return state;
    });
    const outputs = job.outputs.map(({ dtype, length }) => new arrays[dtype](length).fill(77));
    const program = addon.prepare(job.words, []);
    const fault = addon.run(program, job.inputs, outputs, Int32Array.from(states), job.scalars);
    if (fault) throw new Error("index out of range: " + fault);
    addon.disposeProgram(program);
    return outputs;
  };
  const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  const outcomes = deserialize(readFileSync(jobsPath)).map((job) => {
    writeSync(1, job.name + "\\n");
    const outputs = run(job, 1);
    const steady = [2, 3].every((threads) => run(job, threads).every((array, i) => bytes(array).equals(bytes(outputs[i]))));
    return { outputs, steady };
  });
  writeFileSync(outcomesPath, serialize(outcomes));
`;

/**
 * Runs jobs on the native machine with an instruction set, in a process of its own.
 *
 * @throws {Error} naming the job that was running, if the process crashed or threw.
 */
export function runOnNative(target: string, jobs: readonly Job[]): Outcome[] {
  const folder = mkdtempSync(join(tmpdir(), "nodegrad-oracle-"));
  const [jobsPath, outcomesPath] = [join(folder, "jobs"), join(folder, "outcomes")];
  try {
    writeFileSync(jobsPath, serialize(jobs));
    const child = spawnSync(process.execPath, ["-e", script, requireAddon().path, jobsPath, outcomesPath], {
      env: { ...process.env, NODEGRAD_TARGET: target },
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    if (child.status !== 0) {
      const last = child.stdout.trim().split("\n").at(-1);
      throw new Error(`${target}: ended with ${child.signal ?? child.status} in "${last}": ${child.stderr}`);
    }
    return deserialize(readFileSync(outcomesPath)) as Outcome[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
