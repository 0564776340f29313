/** Finds the native addon: the first binary that loads, speaks this version's Program format and passes its test. */

import { realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import type { TypedArray } from "../../dtype.js";
import { PROGRAM_ABI } from "../../program/format.js";
import type { ProgramMemory } from "../backend.js";
import { candidates } from "./candidates.js";
import { elfProblem } from "./elf.js";

/**
 * What the native binary exports. Programs and states are integer handles, and stale ones are refused. Errors
 * carry the `code` of the class of lib/errors.ts they are meant to be.
 */
export interface Addon {
  /** Version of the Program format it was built for. */
  readonly abi: number;
  /** The instruction set it computes with: the best there is, or what `NODEGRAD_TARGET` asks for. */
  readonly target: string;
  /** The instruction sets this machine can run, best first. */
  readonly targets: readonly string[];
  /** Whether a small computation on the chosen instruction set gives the right result. */
  selfTest(): boolean;
  /** Checks and readies a Program; returns its handle. */
  prepare(words: Int32Array, constants: readonly TypedArray[]): number;
  /** Runs a Program; scalars may be more than it has slots. */
  run(
    program: number,
    inputs: readonly TypedArray[],
    outputs: readonly TypedArray[],
    states: Int32Array,
    scalars: Float64Array,
  ): IndexFault | undefined;
  /**
   * The same on another thread, or on this one where the system has no other; runs of both kinds happen in the order they were asked for.
   *
   * @param outcome Written when the run ends, for who waits by `finish`: one of `OUTCOME`, then the numbers of the
   *   `IndexFault` if there is one, or the bytes that it would have needed.
   */
  runAsync(
    program: number,
    inputs: readonly TypedArray[],
    outputs: readonly TypedArray[],
    states: Int32Array,
    scalars: Float64Array,
    outcome?: Float64Array,
  ): Promise<IndexFault | undefined>;
  /** How each instruction of a Program runs, for people; empty where there was no choice. */
  explain(program: number): string[];
  /** Forgets a Program; runs in flight are not disturbed. */
  disposeProgram(program: number): void;
  /** What a run of the Program takes besides what it binds, in bytes. */
  programMemory(program: number): ProgramMemory;
  /** Zeroed memory for `length` elements of the dtype with this code; returns its handle. */
  createState(dtype: number, length: number): number;
  /** Copies the elements into an array, after the runs in flight. */
  readState(state: number, into: TypedArray): void;
  /** Copies the elements from an array, after the runs in flight. */
  writeState(state: number, from: TypedArray, offset: number): void;
  /** Forgets a state; runs in flight are not disturbed. */
  freeState(state: number): void;
  /** Bytes from the start of a buffer to the first cache line. */
  cacheLineIn(buffer: ArrayBuffer): number;
  /** Waits for the runs in flight, all but the last `left` (default 0). */
  finish(left?: number): void;
  /** How many threads a run may use, from 1 to 256. */
  setThreads(threads: number): void;
  getThreads(): number;
  /** What packed copies of weights may take together, in bytes below 2 GiB; 1 GiB unless it is set. */
  setPackedLimit(bytes: number): void;
  /** What this thread's instance of the addon holds. */
  memory(): NativeMemory;
}

/** First number of the outcome of an asynchronous run; 0 while it is in flight. */
export const OUTCOME = { ran: 1, fault: 2, noMemory: 3 } as const;

/** Numbers of an outcome. */
export const OUTCOME_LENGTH = 5;

/** The first bad index of a run: opcode, element of the index view in row-major order, the index, and its limit. */
export type IndexFault = readonly [opcode: number, position: number, index: number, limit: number];

/** Native memory and what it is for. */
export interface NativeMemory {
  readonly arenaBytes: number;
  readonly stateBytes: number;
  /** Copies of weights in the order their kernels read them. */
  readonly packedBytes: number;
  readonly states: number;
  readonly programs: number;
}

/** What can be wrong with a binary. */
export type LoadFault =
  /** There is no such file. */
  | "missing"
  /** Not a complete library for this platform and processor. */
  | "file"
  /** The system refuses to load it, or it is no addon. */
  | "load"
  /** Built for another version of nodegrad. */
  | "version"
  /** It loads and computes wrong results. */
  | "self-test";

/** Why one candidate was not used. */
export interface LoadFailure {
  readonly path: string;
  readonly fault: LoadFault;
  readonly message: string;
}

/** The addon and where it came from, if one works, and every candidate before it with what was wrong with it. */
export type LoadResult =
  | { readonly addon: Addon; readonly path: string; readonly errors: readonly LoadFailure[] }
  | { readonly errors: readonly LoadFailure[] };

/**
 * Loads the native addon from the first candidate that works.
 *
 * Never throws: a missing addon is a normal state in which the reference backend works.
 *
 * @param paths Where it may lie, best first.
 */
export function loadAddon(paths: readonly string[] = candidates()): LoadResult {
  const errors: LoadFailure[] = [];
  for (const path of paths) {
    try {
      return { addon: loadBinary(path), path, errors };
    } catch (error) {
      const fault = error instanceof Unusable ? error.fault : "load";
      errors.push({ path, fault, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { errors };
}

/** A binary that is not to be used. */
class Unusable extends Error {
  readonly fault: LoadFault;

  constructor(fault: LoadFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Loads one binary and checks it. */
function loadBinary(path: string): Addon {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) throw new Unusable("missing", "no such file");
  if (!facts.isFile()) throw new Unusable("file", "not a file");
  // Node runs a file of any other name as a script, and goes by the name that links lead to.
  const file = realpathSync(path);
  if (!file.endsWith(".node")) throw new Unusable("file", `not the name of an addon: ${file}`);
  const problem = process.platform === "linux" ? elfProblem(file) : undefined;
  if (problem !== undefined) throw new Unusable("file", problem);
  const addon = createRequire(file)(file) as Addon;
  if (typeof addon.abi !== "number") throw new Unusable("version", "an addon, but not nodegrad's");
  if (addon.abi !== PROGRAM_ABI) {
    const versions = `its Program ABI is ${addon.abi}, expected ${PROGRAM_ABI}`;
    throw new Unusable("version", `built for another version: ${versions}`);
  }
  if (!addon.selfTest()) throw new Unusable("self-test", "self-test failed: wrong results on this processor");
  return addon;
}
