/** Finds the native addon: the first binary that loads, speaks this version's Program format and passes its test. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TypedArray } from "../../dtype.js";
import { PROGRAM_ABI } from "../../program/format.js";
import type { ProgramMemory } from "../backend.js";

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
   * The same on another thread; runs of both kinds happen in the order they were asked for.
   *
   * @param outcome Written when the run ends, for who waits by `finish`: one of `OUTCOME`, then the numbers of the
   *   `IndexFault` if there is one.
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
export const OUTCOME = { ran: 1, fault: 2, notRun: 3 } as const;

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

/** Why one candidate was not used. */
export interface LoadFailure {
  readonly path: string;
  readonly message: string;
}

/** The addon and where it came from, or every candidate that was tried and what was wrong with it. */
export type LoadResult = { readonly addon: Addon; readonly path: string } | { readonly errors: readonly LoadFailure[] };

// This file lies three folders below the package root in lib/ and in dist/ alike.
const packageRoot = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Loads the native addon from the first candidate that works: node-gyp's build, CMake's build, the prebuilt
 * binary of this platform. A binary named by the environment variable `NODEGRAD_BINARY` is the only candidate:
 * whoever names one wants that one, or an error.
 *
 * Never throws: a missing addon is a normal state in which the reference backend works.
 */
export function loadAddon(): LoadResult {
  const errors: LoadFailure[] = [];
  for (const path of candidates()) {
    try {
      return { addon: loadBinary(path), path };
    } catch (error) {
      errors.push({ path, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { errors };
}

/** Paths where a binary may lie, best first. */
function candidates(): string[] {
  const named = process.env.NODEGRAD_BINARY;
  if (named) return [named];
  return [
    join(packageRoot, "build", "Release", "nodegrad.node"),
    join(packageRoot, "build-cmake", "Release", "nodegrad.node"),
    join(packageRoot, "prebuilds", platformName(), "nodegrad.node"),
  ];
}

/** `linux-x64`, `linux-x64-musl`, `darwin-arm64`, …: the name of a folder in prebuilds/. */
export function platformName(arch: string = process.arch): string {
  const name = `${process.platform}-${arch}`;
  if (process.platform !== "linux") return name;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? `${name}-musl` : name;
}

/** Loads one binary and checks it. */
function loadBinary(path: string): Addon {
  if (!existsSync(path)) throw new Error("no such file");
  const addon = createRequire(import.meta.url)(path) as Addon;
  if (addon.abi !== PROGRAM_ABI) {
    throw new Error(`built for another version: its Program ABI is ${addon.abi}, expected ${PROGRAM_ABI}`);
  }
  if (!addon.selfTest()) throw new Error("self-test failed: wrong results on this processor");
  return addon;
}
