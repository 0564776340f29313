/**
 * Computing: roots become a request, the request a cached Program, the Program one call into the machine.
 */

import type { Bindings, Executable, State } from "../backends/backend.js";
import { compileGraph } from "../compile/index.js";
import type { TypedArray } from "../dtype.js";
import { DTypeError, OptionError, StaleTensorError, show } from "../errors.js";
import { settle } from "../graph/leaves.js";
import { encodeGraph, type Graph, type Request } from "../graph/signature.js";
import { Tensor } from "../graph/tensor.js";
import { activeTrace } from "../graph/trace.js";
import { Variable } from "../graph/variable.js";
import { printProgram } from "../program/print.js";
import { type PendingRun, Storage } from "../storage.js";
import { currentMachine, type Machine } from "./backends.js";
import { getConfig } from "./config.js";
import { debugTrace, warnOfDoubleWork } from "./debug.js";
import { allocateResult, hostValues, stateOn } from "./memory.js";

/**
 * Computes several tensors in one Program, so that they share what they have in common.
 *
 * @throws {IndexError} for an index out of range, {StaleTensorError} for a value that has been assigned since,
 *   {DTypeError} for a dtype the backend does not have.
 */
export function realize(...tensors: readonly Tensor[]): void {
  execute("realize", { roots: unrealised(tensors), updates: [] });
}

/**
 * The same off the calling thread. From the call on the tensors are operands of others as if they had values; who reads
 * one waits for the run, and gets what it fails with.
 */
export async function realizeAsync(...tensors: readonly Tensor[]): Promise<void> {
  await executeAsync("realize", { roots: unrealised(tensors), updates: [] });
}

/**
 * Overwrites variables, all in one Program: every value is computed from what the variables hold before.
 *
 * The loss whose gradients the values are built from is computed along, so that it can still be read afterwards.
 * Inside `compile` the assignment is recorded and becomes part of the compiled function.
 *
 * @throws {ShapeError} or {DTypeError} when a value does not fit its variable.
 */
export function assignAll(updates: readonly (readonly [Variable, Tensor])[], also: readonly Tensor[] = []): void {
  // Before the first update is recorded: values may be made of variables that are updated too.
  const resolved = updates.map(([variable, value]) => [variable, value.resolve()] as const);
  const trace = activeTrace();
  if (trace !== undefined) {
    for (const [variable, value] of resolved) trace.updates.set(variable, value);
    return;
  }
  execute("assign", { roots: unrealised(also), updates: resolved });
}

/** A run that also fails with the runs that should have computed what it read. */
class SubmittedRun implements PendingRun {
  readonly done: Promise<void>;
  #sources: readonly Storage[];
  readonly #run: PendingRun;

  /** @param storages What the run reads. */
  constructor(run: PendingRun, storages: readonly Storage[]) {
    this.#run = run;
    this.#sources = storages.filter(({ pending }) => pending !== undefined);
    this.done = this.#result();
  }

  wait(): void {
    this.#run.wait();
    for (const source of this.#sources) source.wait();
  }

  async #result(): Promise<void> {
    try {
      await this.#run.done;
      for (const source of this.#sources) source.wait();
    } finally {
      this.#sources = []; // Or every run would keep those before it.
    }
  }
}

function unrealised(tensors: readonly Tensor[]): Tensor[] {
  for (const tensor of tensors) {
    if (!(tensor instanceof Tensor)) throw new OptionError(`realize: needs tensors, got ${show(tensor)}`);
  }
  return [...new Set(tensors)].filter((tensor) => tensor.storage === undefined && !(tensor instanceof Variable));
}

function execute(what: string, request: Request): void {
  if (request.roots.length === 0 && request.updates.length === 0) return;
  const run = prepareRun(what, request);
  for (const storage of run.storages) storage.wait();
  run.executable.run(run.bindings);
  run.settle();
}

async function executeAsync(what: string, request: Request): Promise<void> {
  if (request.roots.length === 0 && request.updates.length === 0) return;
  const { executable, bindings, storages, settle } = prepareRun(what, request);
  const run = new SubmittedRun(executable.submit(bindings), storages);
  settle();
  const results = request.roots.map(({ storage }) => storage as Storage);
  const inUse = [...storages, ...results];
  for (const storage of results) storage.pending = run;
  for (const storage of inUse) storage.inFlight++;
  try {
    await run.done;
    for (const storage of results) storage.pending = undefined;
  } catch (error) {
    for (const storage of results) storage.fail(error);
    throw error;
  } finally {
    for (const storage of inUse) storage.inFlight--;
  }
}

interface PreparedRun {
  readonly executable: Executable;
  readonly bindings: Bindings;
  /** What the run reads or writes. */
  readonly storages: readonly Storage[];
  /** Hands results to their tensors and marks old versions of variables as gone. */
  settle(): void;
}

function prepareRun(what: string, request: Request): PreparedRun {
  checkNotTracing(what);
  const machine = currentMachine();
  const { graph, words } = encodeGraph(request);
  const executable = machine.cache.get(words, () => compileFor(machine, graph, new Set()));
  if (getConfig().debug >= 1) warnOfDoubleWork(graph);
  const bindings = bind(machine, graph);
  return {
    executable,
    bindings,
    storages: storagesOf(graph),
    settle() {
      request.roots.forEach((root, slot) => {
        settle(root, new Storage(root.dtype, root.size, bindings.outputs[slot]));
      });
      for (const [variable] of request.updates) variable.advance();
    },
  };
}

/** @internal @throws {OptionError} while a function is being compiled. */
export function checkNotTracing(what: string): void {
  const trace = activeTrace();
  if (trace === undefined) return;
  throw new OptionError(
    `${what}: values do not exist while "${trace.name}" is being compiled; use where() for choices that depend on ` +
      "values, or read them outside",
  );
}

/** @internal Compiles a graph for a machine. */
export function compileFor(
  { backend }: Machine,
  graph: Graph,
  captured: ReadonlySet<Tensor>,
): { executable: Executable; words: Int32Array; bytes: number } {
  for (const { dtype } of graph.nodes) {
    if (!backend.dtypes.includes(dtype)) {
      throw new DTypeError(`realize: the ${backend.name} backend has no ${dtype}; use setBackend("reference") or cast`);
    }
  }
  const trace = debugTrace(getConfig().debug);
  const words = compileGraph(graph, { captured, ...(trace === undefined ? {} : { trace }) });
  const constants = graph.inputs.filter((leaf) => captured.has(leaf)).map(arrayOf);
  const executable = backend.prepare(words, constants);
  trace?.("program", printProgram(words, executable.explain?.()));
  return { executable, words, bytes: words.byteLength };
}

/**
 * @internal The values of an input leaf.
 *
 * @throws {StaleTensorError} when they have been disposed.
 * @throws {OptionError} when there never were any, because it stands for an argument of a compiled function.
 */
export function arrayOf(leaf: Tensor): TypedArray {
  const storage = storageOf(leaf);
  storage.wait();
  return dataOf(storage);
}

function storageOf({ storage }: Tensor): Storage {
  if (storage !== undefined) return storage;
  throw new OptionError("realize: a tensor made while a function was compiled has no values; return it from there");
}

function bind({ backend }: Machine, graph: Graph): Bindings {
  const scalars = new Float64Array(graph.scalars.length);
  graph.scalars.forEach((leaf, slot) => {
    scalars[slot] = leaf.attributes.value as number;
  });
  // Loops, because a stack trace of ten frames should still reach the caller's line.
  const inputs: TypedArray[] = [];
  for (const leaf of graph.inputs) inputs.push(dataOf(storageOf(leaf)));
  const states: State[] = [];
  for (const leaf of graph.states) states.push(stateOn(backend, leaf.variable));
  const outputs = graph.roots.map((root) => allocateResult(root.dtype, root.size));
  return { inputs, outputs, states, scalars };
}

function storagesOf(graph: Graph): Storage[] {
  return [...graph.inputs.map((leaf) => leaf.storage as Storage), ...graph.states.map((leaf) => leaf.variable.memory)];
}

/**
 * The values of a tensor, computed if need be.
 *
 * @returns The memory itself: callers copy before they hand it out.
 */
export function valuesOf(tensor: Tensor): TypedArray {
  if (tensor instanceof Variable) return variableValues(tensor);
  if (tensor.storage === undefined) realize(tensor);
  return arrayOf(tensor);
}

/** The values of a tensor, computed off the calling thread if need be; otherwise as `valuesOf`. */
export async function valuesOfAsync(tensor: Tensor): Promise<TypedArray> {
  if (tensor instanceof Variable) return variableValues(tensor);
  if (tensor.storage === undefined) await realizeAsync(tensor);
  await tensor.storage?.pending?.done;
  return arrayOf(tensor);
}

function variableValues(variable: Variable): TypedArray {
  checkNotTracing("realize");
  return hostValues(variable);
}

function dataOf(storage: Storage): TypedArray {
  const { data } = storage;
  if (data !== undefined) return data;
  storage.wait(); // Says what the run that should have computed the values failed with.
  throw new StaleTensorError("realize: a tensor was used after it had been disposed");
}
