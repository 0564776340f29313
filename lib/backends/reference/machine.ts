/** A Program made ready for the reference machine, and its runs. */

import { allocate, shortage, type TypedArray } from "../../dtype.js";
import { BackendError } from "../../errors.js";
import { ARENA_BLOCK, type BufferKind } from "../../program/format.js";
import type { ProgramBuffer } from "../../program/reader.js";
import { verifyProgram } from "../../program/verify.js";
import type { Bindings, Executable, PendingRun, ProgramMemory } from "../backend.js";
import { checkBindings, checkConstants } from "../check.js";
import type { Arena } from "./arena.js";
import { checkArray, checkCount } from "./bindings.js";
import type { Step } from "./kernel.js";
import { kernels } from "./kernels.js";
import type { RunQueue } from "./queue.js";
import { ReferenceState } from "./state.js";

/** What the machine keeps of a Program. */
interface Prepared {
  /** The buffers of each kind by slot; temps in any order. */
  readonly buffers: { readonly [K in BufferKind]: readonly ProgramBuffer[] };
  readonly constants: readonly TypedArray[];
  readonly steps: readonly Step[];
  readonly arenaBlocks: number;
  readonly scalars: number;
}

/** A run that waits for its turn. */
class QueuedRun implements PendingRun {
  readonly done: Promise<void>;
  readonly #queue: RunQueue;
  #failure: { readonly error: unknown } | undefined;

  constructor(queue: RunQueue, run: () => void) {
    this.#queue = queue;
    this.done = this.#result(
      queue.add(() => {
        try {
          run();
        } catch (error) {
          this.#failure = { error };
          throw error;
        }
      }),
    );
  }

  wait(): void {
    this.#queue.finish();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #result(result: Promise<void>): Promise<void> {
    try {
      await result;
    } catch (error) {
      // The stack of the queue says nothing; from here it leads to who awaits the run.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  }
}

export class ReferenceExecutable implements Executable {
  readonly #arena: Arena;
  readonly #queue: RunQueue;
  /** Undefined after `dispose`. */
  #prepared: Prepared | undefined;

  /**
   * @throws {FormatError} when the Program is malformed.
   * @throws {BackendError} when the constants do not fit it.
   */
  constructor(words: Int32Array, constants: readonly TypedArray[], arena: Arena, queue: RunQueue) {
    this.#arena = arena;
    this.#queue = queue;
    this.#prepared = prepare(words, constants);
  }

  run(bindings: Bindings): void {
    this.#queue.finish();
    this.#run(bindings);
  }

  submit(bindings: Bindings): PendingRun {
    return new QueuedRun(this.#queue, () => this.#run(bindings));
  }

  /** Kernels of this machine allocate what they need as they run: it is not counted. */
  memory(): ProgramMemory {
    if (this.#prepared === undefined) throw new BackendError("memory: the Program was disposed");
    const { arenaBlocks, constants } = this.#prepared;
    const constantBytes = constants.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    return { temporaries: arenaBlocks * ARENA_BLOCK, workspace: 0, constants: constantBytes };
  }

  dispose(): void {
    this.#queue.finish();
    this.#prepared = undefined;
  }

  #run(bindings: Bindings): void {
    if (this.#prepared === undefined) throw new BackendError("run: the Program was disposed");
    const arrays = this.#bind(this.#prepared, bindings);
    const memory = { arrays, scalars: bindings.scalars };
    try {
      for (const step of this.#prepared.steps) step(memory);
    } catch (error) {
      throw shortage(error, "run: not enough memory for what an instruction needs while it works");
    }
  }

  /** The elements of every buffer, by its number. */
  #bind({ buffers, constants, arenaBlocks, scalars }: Prepared, bindings: Bindings): TypedArray[] {
    const arrays: TypedArray[] = [];
    checkBindings(bindings);
    const bindAll = (kind: "input" | "output", bound: readonly TypedArray[]) => {
      checkCount(`run: ${kind}s`, bound.length, buffers[kind].length);
      for (const { index, place, dtype, length } of buffers[kind]) {
        checkArray(`run: ${kind} ${place}`, bound[place], dtype, length);
        arrays[index] = bound[place] as TypedArray;
      }
    };
    bindAll("input", bindings.inputs);
    bindAll("output", bindings.outputs);
    checkCount("run: states", bindings.states.length, buffers.state.length);
    for (const buffer of buffers.state) arrays[buffer.index] = stateMemory(buffer, bindings.states[buffer.place]);
    for (const { index, place } of buffers.constant) arrays[index] = constants[place] as TypedArray;
    checkCount("run: scalars", bindings.scalars.length, scalars);
    this.#arena.reserve(arenaBlocks);
    for (const buffer of buffers.temp) arrays[buffer.index] = this.#arena.view(buffer);
    return arrays;
  }
}

function prepare(words: Int32Array, constants: readonly TypedArray[]): Prepared {
  checkConstants(constants);
  const { buffers, instructions, arenaBlocks, scalars } = verifyProgram(words);
  const ofKind = (kind: BufferKind) =>
    buffers.filter((buffer) => buffer.kind === kind).sort((a, b) => a.place - b.place);
  const byKind = {
    input: ofKind("input"),
    state: ofKind("state"),
    constant: ofKind("constant"),
    temp: ofKind("temp"),
    output: ofKind("output"),
  };
  checkCount("prepare: constants", constants.length, byKind.constant.length);
  return {
    buffers: byKind,
    constants: byKind.constant.map(({ dtype, length, place }) => {
      const array = constants[place] as TypedArray;
      checkArray(`prepare: constant ${place}`, array, dtype, length);
      const copy = allocate(dtype, array.length);
      copy.set(array);
      return copy;
    }),
    steps: instructions.map((instruction) => kernels[instruction.opcode](instruction)),
    arenaBlocks,
    scalars,
  };
}

function stateMemory({ place, dtype, length }: ProgramBuffer, state: unknown): TypedArray {
  const what = `run: state ${place}`;
  if (!(state instanceof ReferenceState)) throw new BackendError(`${what}: made by another backend`);
  if (state.dtype !== dtype) throw new BackendError(`${what}: is ${state.dtype}; expected ${dtype}`);
  checkArray(what, state.data, dtype, length);
  return state.data;
}
