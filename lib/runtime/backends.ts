/** Which machine runs Programs now. */

import type { Backend } from "../backends/backend.js";
import { isBundled, loadAddon, NativeBackend } from "../backends/native/index.js";
import { ReferenceBackend } from "../backends/reference/index.js";
import { alignArrays } from "../dtype.js";
import { BackendError, nearest, OptionError, show } from "../errors.js";
import { ProgramCache } from "./cache.js";
import { getConfig } from "./config.js";
import { warnOfFallback } from "./fallback.js";

/** A backend in use, with the Programs compiled for it. */
export interface Machine {
  readonly backend: Backend;
  readonly cache: ProgramCache;
}

const factories = new Map<string, () => Backend>([
  ["reference", () => new ReferenceBackend()],
  ["native", loadNative],
]);

function loadNative(): Backend {
  const loaded = loadAddon();
  if ("addon" in loaded) return new NativeBackend(loaded.addon);
  const reasons = loaded.errors.map(({ path, message }) => `${path}: ${message}`);
  if (isBundled()) reasons.push("nodegrad is in a bundle, away from its addon: leave it out (`external`)");
  throw new BackendError(`setBackend: the native backend cannot be loaded: ${reasons.join("; ")}`);
}

const machines = new Map<string, Machine>();
let current: Machine | undefined;
let chosenThreads: number | undefined;

/**
 * Adds a machine of your own, or replaces one of the same name that has not been used yet.
 *
 * @param name Name for `setBackend`.
 * @param factory Makes the backend when it is first chosen.
 * @throws {OptionError} when the factory is no function.
 * @throws {BackendError} when a backend of this name is in use.
 */
export function registerBackend(name: string, factory: () => Backend): void {
  if (typeof factory !== "function") {
    throw new OptionError(`registerBackend: factory must be a function, got ${show(factory)}`);
  }
  if (machines.has(name)) throw new BackendError(`registerBackend: backend ${show(name)} is in use`);
  factories.set(name, factory);
}

/**
 * Chooses the machine that runs everything from now on. Variables move to it when it first runs them.
 *
 * @param name `"native"`, `"reference"` or a registered name; `"auto"` is native where the addon loads.
 * @throws {BackendError} when there is no such backend or it cannot be loaded.
 */
export function setBackend(name: string): void {
  current = name === "auto" ? automatic() : machineOf(name);
}

/** The backend that runs everything now. */
export function getBackend(): Backend {
  return currentMachine().backend;
}

/** @internal */
export function currentMachine(): Machine {
  if (current === undefined) setBackend(getConfig().backend);
  return current as Machine;
}

/** @internal Runs `body` with another machine in place. */
export function onMachine<T>(machine: Machine, body: () => T): T {
  const outer = current;
  current = machine;
  try {
    return body();
  } finally {
    current = outer;
  }
}

/** @internal The machine of a backend by name, without choosing it. */
export function machineOf(name: string): Machine {
  const known = machines.get(name);
  if (known !== undefined) return known;
  const factory = factories.get(name);
  if (factory === undefined) {
    const near = typeof name === "string" ? nearest(name, [...factories.keys()]) : undefined;
    const hint = near === undefined ? `known: ${[...factories.keys(), "auto"].join(", ")}` : `did you mean "${near}"?`;
    throw new BackendError(`setBackend: unknown backend ${show(name)}; ${hint}`);
  }
  const backend = factory();
  checkBackend(name, backend);
  if (chosenThreads !== undefined) backend.threads = chosenThreads;
  const machine = { backend, cache: new ProgramCache() };
  machines.set(name, machine);
  return machine;
}

/** @throws {BackendError} naming the first part of the contract that a backend from outside lacks. */
function checkBackend(name: string, backend: unknown): asserts backend is Backend {
  const given = Object(backend) as Partial<Backend>;
  const missing =
    (["prepare", "createState", "finish"] as const).find((method) => typeof given[method] !== "function") ??
    (["name", "target"] as const).find((property) => typeof given[property] !== "string") ??
    (Array.isArray(given.dtypes) ? undefined : "dtypes") ??
    (typeof given.threads === "number" ? undefined : "threads");
  if (missing === undefined) return;
  throw new BackendError(`setBackend: backend ${show(name)} lacks "${missing}": its factory returned ${show(backend)}`);
}

function automatic(): Machine {
  try {
    return machineOf("native");
  } catch (error) {
    // Where an instruction set was asked for, another machine is not what was meant.
    if (!(error instanceof BackendError) || getConfig().target !== undefined) throw error;
    warnOfFallback(error.message);
    return machineOf("reference");
  }
}

/** What says where arrays best begin: the machine chosen, or what would be, loaded for the first large array. */
let aligner: Pick<Backend, "startIn"> | undefined;

function chooseAligner(): Pick<Backend, "startIn"> {
  try {
    const { backend } = getConfig();
    return (current ?? machineOf(backend === "auto" ? "native" : backend)).backend;
  } catch {
    return {}; // The first run says what is wrong.
  }
}

alignArrays((buffer) => {
  aligner ??= chooseAligner();
  return aligner.startIn?.(buffer) ?? 0;
});

/**
 * Sets how many threads a run may use, from 1 to 256. Results have the same bits for any number.
 *
 * @throws {OptionError} for anything else.
 */
export function setNumThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new OptionError(`setNumThreads: must be an integer from 1 to 256, got ${show(threads)}`);
  }
  chosenThreads = threads;
  for (const { backend } of machines.values()) backend.threads = threads;
}

/** Number of threads a run may use. */
export function getNumThreads(): number {
  return getBackend().threads;
}
