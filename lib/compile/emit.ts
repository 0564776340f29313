/** Last pass: kernels become words. */

import { ProgramWriter } from "../program/writer.js";
import { type Kernel, type Operand, ownerOf, type Value } from "./kernel.js";

/**
 * @param kernels In the order to run them, with every value placed.
 * @param bound Values a run binds even if no kernel touches them, so that slots stay dense.
 */
export function emit(
  kernels: readonly Kernel[],
  bound: readonly Value[],
  scalars: number,
  arenaBlocks: number,
): Int32Array {
  const writer = new ProgramWriter();
  writer.scalars = scalars;
  writer.arenaBlocks = arenaBlocks;
  const buffers = new Map<Value | string, number>();
  const buffer = (value: Value): number => {
    const { kind, dtype, length, place } = value;
    // A temp that takes over memory is the same buffer; a bound slot is one buffer, whichever value stands for it.
    const key = kind === "temp" ? ownerOf(value) : `${kind} ${place}`;
    let number = buffers.get(key);
    if (number === undefined) {
      number = writer.buffer(kind, dtype, length, place);
      buffers.set(key, number);
    }
    return number;
  };
  const views = (operands: readonly Operand[]) => operands.map(({ value, view }) => writer.view(buffer(value), view));
  for (const value of bound) buffer(value);
  for (const kernel of kernels) {
    writer.instruction(kernel.opcode, {
      outputs: views(kernel.outputs),
      inputs: views(kernel.inputs),
      attributes: kernel.words,
      ...(kernel.micro === undefined ? {} : { micro: kernel.micro }),
    });
  }
  return writer.finish();
}
