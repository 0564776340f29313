/**
 * Instructions run on memory of the caller: a Program of one instruction for each combination of lengths and strides, which
 * is prepared once and bound to the caller's arrays as they are.
 */

import type { Backend, Executable } from "../backends/backend.js";
import type { TypedArray } from "../dtype.js";
import { type BufferKind, INSTRUCTIONS, type MicroDescription, type Opcode, ProgramWriter } from "../program/index.js";
import { getBackend } from "../runtime/backends.js";
import { ProgramCache } from "../runtime/cache.js";

/** A window on an array: the strides of axes count elements and may be negative. */
export interface Operand {
  readonly data: Float32Array | Int32Array;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What one instruction does to its operands. */
export interface Kernel {
  readonly opcode: Opcode;
  /** Outputs stand first among the operands. */
  readonly outputs: number;
  /** Whether outputs are read too: they are the last inputs then. */
  readonly updates: boolean;
  /** The scalars that the micro-program reads, of the current run. */
  readonly scalars: Float64Array;
  readonly micro: MicroDescription | undefined;
  /** Names it among the kernels. */
  readonly id: number;
}

let kernels = 0;

/** Names a kernel. */
export function defineKernel(
  opcode: Opcode,
  { outputs = 1, updates = false, micro }: { outputs?: number; updates?: boolean; micro?: MicroDescription } = {},
): Kernel {
  const count = micro?.code.filter(({ op }) => op === "scalar").length ?? 0;
  return { opcode, outputs, updates, scalars: new Float64Array(count), micro, id: kernels++ };
}

/** Values of the attributes of an instruction, by name. */
export type Attributes = Readonly<Record<string, number>>;

const NO_ATTRIBUTES: Attributes = {};

/**
 * Runs a kernel on the backend in use. Only memory that an operand's strides reach is touched; operands that are read do not
 * overlap the ones that are written.
 */
export function run(
  kernel: Kernel,
  operands: readonly Operand[],
  scalars: readonly number[] = [],
  attributes: Attributes = NO_ATTRIBUTES,
): void {
  const backend = getBackend();
  const words = signatureOf(kernel, operands, attributes);
  const executable = cacheOf(backend).get(words, () => prepare(backend, kernel, operands, attributes));
  const inputs: TypedArray[] = [];
  const outputs: TypedArray[] = [];
  for (let i = 0; i < operands.length; i++) (i < kernel.outputs ? outputs : inputs).push(bound(operands[i] as Operand));
  for (let i = 0; i < kernel.scalars.length; i++) kernel.scalars[i] = scalars[i] as number;
  executable.run({ inputs, outputs, states: [], scalars: kernel.scalars });
}

/** Whether kernels are interpreted in TypeScript, which takes some 20 µs a run: a loop is faster where there is little to do. */
export function isInterpreted(): boolean {
  return getBackend().name === "reference";
}

/** What a Program takes besides its words, roughly. */
const PLAN_BYTES = 4096;

const caches = new WeakMap<Backend, ProgramCache>();

function cacheOf(backend: Backend): ProgramCache {
  let cache = caches.get(backend);
  if (cache === undefined) {
    cache = new ProgramCache();
    caches.set(backend, cache);
  }
  return cache;
}

const signature = new Int32Array(256);

/** Everything the Program depends on: memory that the next call overwrites. */
function signatureOf(kernel: Kernel, operands: readonly Operand[], attributes: Attributes): Int32Array {
  let used = 0;
  signature[used++] = kernel.id;
  for (const operand of operands) {
    const { shape, strides } = operand;
    signature[used++] = operand.offset - lowest(operand);
    for (let axis = 0; axis < shape.length; axis++) {
      signature[used++] = shape[axis] as number;
      signature[used++] = strides[axis] as number;
    }
  }
  for (const name of INSTRUCTIONS[kernel.opcode].attributes) signature[used++] = attributes[name] as number;
  return signature.subarray(0, used);
}

function prepare(
  backend: Backend,
  kernel: Kernel,
  operands: readonly Operand[],
  attributes: Attributes,
): { executable: Executable; bytes: number } {
  const writer = new ProgramWriter();
  writer.scalars = kernel.scalars.length;
  const views = operands.map((operand, i) => {
    const isOutput = i < kernel.outputs;
    const [kind, slot]: [BufferKind, number] = isOutput ? ["output", i] : ["input", i - kernel.outputs];
    const low = lowest(operand);
    const buffer = writer.buffer(
      kind,
      operand.data instanceof Int32Array ? "int32" : "float32",
      highest(operand) - low + 1,
      slot,
    );
    return writer.view(buffer, { ...operand, offset: operand.offset - low });
  });
  const outputs = views.slice(0, kernel.outputs);
  const inputs = [...views.slice(kernel.outputs), ...(kernel.updates ? outputs : [])];
  writer.instruction(kernel.opcode, { outputs, inputs, attributes, micro: kernel.micro });
  const program = writer.finish();
  return { executable: backend.prepare(program, []), bytes: program.byteLength + PLAN_BYTES };
}

/** The array from the first element of an operand on. */
function bound(operand: Operand): TypedArray {
  const low = lowest(operand);
  return low === 0 ? operand.data : operand.data.subarray(low);
}

/** Index of the first element in memory. */
function lowest({ offset, shape, strides }: Operand): number {
  let low = offset;
  for (let axis = 0; axis < shape.length; axis++) {
    const stride = strides[axis] as number;
    if (stride < 0) low += ((shape[axis] as number) - 1) * stride;
  }
  return low;
}

/** Index of the last element in memory. */
function highest({ offset, shape, strides }: Operand): number {
  let high = offset;
  for (let axis = 0; axis < shape.length; axis++) {
    const stride = strides[axis] as number;
    if (stride > 0) high += ((shape[axis] as number) - 1) * stride;
  }
  return high;
}
