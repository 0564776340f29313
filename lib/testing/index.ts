/**
 * The conformance suite of backends: what a machine of your own has to do before programs can rely on it.
 *
 * ```ts
 * import { registerBackend } from "nodegrad";
 * import { conformanceCases } from "nodegrad/testing";
 * import test from "node:test";
 *
 * registerBackend("mine", () => new MyBackend());
 * for (const { name, run } of conformanceCases()) test(name, () => run("mine"));
 * ```
 *
 * The cases know no test runner: `run` throws where the backend is wrong.
 *
 * @packageDocumentation
 */

import type { Backend } from "../backends/backend.js";
import type { TypedArray } from "../dtype.js";
import { BackendError, FormatError } from "../errors.js";
import { getBackend, machineOf } from "../runtime/backends.js";
import { type Drawn, differenceOf, drawCases } from "./arrangements.js";
import { type Job, runJob, runOnReference } from "./job.js";

/** One thing a backend must do. */
export interface ConformanceCase {
  /** Names of cases are different; they begin with the instruction or the rule. */
  readonly name: string;
  /**
   * @param backend The name of a registered backend; default: the one in use.
   * @throws {BackendError} that says where the backend is wrong; whatever the backend throws itself.
   */
  run(backend?: string): void | Promise<void>;
}

/**
 * Every case: each instruction and micro-op over awkward shapes, layouts and values, gradients included, against the reference
 * machine, within bounds derived from how often a result is rounded (0 for most: the same bits); the same bits for 1, 2 and 3
 * threads; runs off the thread; and Programs that are broken.
 *
 * Dtypes that the backend does not have (`backend.dtypes`) it may refuse: the cases that need them pass.
 */
export function conformanceCases(): ConformanceCase[] {
  const drawn = drawCases();
  const first = drawn[0] as Drawn;
  return [
    ...drawn.map((one) => ({
      name: one.job.name,
      run: (name?: string) => checkResults(backendOf(name), one),
    })),
    { name: "runs off the calling thread give the same", run: (name) => checkSubmission(backendOf(name), first) },
    { name: "Programs of any other length are refused", run: (name) => checkLengths(backendOf(name), first.job) },
    { name: "Programs with another first word are refused", run: (name) => checkMark(backendOf(name), first.job) },
  ];
}

function backendOf(name: string | undefined): Backend {
  return name === undefined ? getBackend() : machineOf(name).backend;
}

function checkResults(backend: Backend, drawn: Drawn): void {
  const { job } = drawn;
  if (![...job.outputs, ...job.states].every(({ dtype }) => backend.dtypes.includes(dtype))) return;
  const threads = backend.threads;
  try {
    backend.threads = 1;
    const results = runJob(backend, job);
    const difference = differenceOf(drawn, runOnReference(job), results);
    if (difference !== undefined) throw new BackendError(`${backend.name}: ${job.name}: ${difference}`);
    for (const count of [2, 3]) {
      backend.threads = count;
      if (haveSameBits(results, runJob(backend, job))) continue;
      throw new BackendError(`${backend.name}: ${job.name}: ${count} threads give other bits than one`);
    }
  } finally {
    backend.threads = threads;
  }
}

async function checkSubmission(backend: Backend, { job }: Drawn): Promise<void> {
  const expected = runJob(backend, job);
  const outputs = expected.map((array) => array.slice().fill(77));
  const program = backend.prepare(job.words, []);
  const states = job.states.map(({ dtype, data }) => backend.createState(dtype, data));
  await program.submit({ inputs: job.inputs, outputs, states, scalars: job.scalars }).done;
  program.dispose();
  program.dispose();
  if (!haveSameBits(expected, outputs)) throw new BackendError(`${backend.name}: submit gives other bits than run`);
}

function checkLengths(backend: Backend, { words }: Job): void {
  for (let length = 0; length < words.length; length++) refuse(backend, words.slice(0, length), `${length} words`);
  refuse(backend, Int32Array.of(...words, 0), "a word too many");
}

function checkMark(backend: Backend, { words }: Job): void {
  const other = words.slice();
  other[0] = (other[0] as number) ^ 1;
  refuse(backend, other, "another first word");
}

function refuse(backend: Backend, words: Int32Array, what: string): void {
  try {
    backend.prepare(words, []);
  } catch (error) {
    if (error instanceof FormatError) return;
    throw new BackendError(`${backend.name}: a Program of ${what} must be a FormatError, got ${error}`);
  }
  throw new BackendError(`${backend.name}: a Program of ${what} is accepted`);
}

function haveSameBits(a: readonly TypedArray[], b: readonly TypedArray[]): boolean {
  return a.every((array, i) => array.every((value, j) => Object.is(value, b[i]?.[j])));
}
