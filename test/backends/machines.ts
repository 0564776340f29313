/** Programs on the native machine, in a process per instruction set. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { TypedArray } from "../../lib/dtype.js";
import type { Job } from "../../lib/testing/job.js";
import { requireAddon } from "./native-addon.js";

/** What a job gave. */
export interface Outcome {
  readonly outputs: readonly TypedArray[];
  /** Whether other numbers of threads gave the same bits. */
  readonly steady: boolean;
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

/** Node and the addon that a process uses: by default this one's. */
export interface Machine {
  readonly node: string;
  readonly addon: string;
}

/**
 * Runs jobs on the native machine with an instruction set, or the one it chooses for "", in a process of its own.
 *
 * @throws {Error} naming the job that was running, if the process crashed or threw.
 */
export function runOnNative(target: string, jobs: readonly Job[], machine?: Machine): Outcome[] {
  const { node, addon } = machine ?? { node: process.execPath, addon: requireAddon().path };
  const folder = mkdtempSync(join(tmpdir(), "nodegrad-oracle-"));
  const [jobsPath, outcomesPath] = [join(folder, "jobs"), join(folder, "outcomes")];
  try {
    writeFileSync(jobsPath, serialize(jobs));
    const child = spawnSync(node, ["-e", script, addon, jobsPath, outcomesPath], {
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
