/** The rules of micro-programs: registers are assigned before they are read, and every operand has the right dtype. */

import type { DType } from "../dtype.js";
import { DTYPES, isFloat } from "../dtype.js";
import { MAX_REGISTERS } from "./format.js";
import { MICRO_OPS, type MicroInfo } from "./opcodes.js";
import type { Instruction, MicroInstruction, MicroProgram } from "./reader.js";
import type { Check } from "./verify.js";

/**
 * Checks a micro-program by walking it once with the dtype of each register.
 *
 * @param handedIn The dtypes of the registers that the instruction fills, in order.
 * @param scalars Number of scalars a run binds.
 */
export function verifyMicro(
  { opcode, outputs }: Instruction,
  { registers, results, code }: MicroProgram,
  handedIn: readonly DType[],
  scalars: number,
  check: Check,
): void {
  check(
    registers >= handedIn.length && registers <= MAX_REGISTERS,
    () => `${registers} registers; expected ${handedIn.length} to ${MAX_REGISTERS}`,
  );
  const types: (DType | undefined)[] = [...handedIn];
  const read = (register: number): DType => {
    const dtype = types[register];
    check(dtype !== undefined, () => `register ${register} is read before it is assigned`);
    return dtype as DType;
  };
  for (const step of code) {
    check(step.dst >= 0 && step.dst < registers, () => `${step.op} writes register ${step.dst} of ${registers}`);
    types[step.dst] = resultType(step, read, scalars, check);
  }
  // A reduction decides itself what dtype its output has.
  if (opcode === "reduce") return;
  outputs.forEach((output, i) => {
    const dtype = read(results[i] as number);
    check(dtype === output.buffer.dtype, () => `output ${i} is ${output.buffer.dtype}, its register ${dtype}`);
  });
}

/** The dtype of each register after the micro-program has run. */
export function registerTypes({ code }: MicroProgram, handedIn: readonly DType[]): (DType | undefined)[] {
  const types: (DType | undefined)[] = [...handedIn];
  for (const step of code) types[step.dst] = MICRO_OPS[step.op].result === "bool" ? "bool" : step.dtype;
  return types;
}

function resultType(
  { op, dtype, a, b, c }: MicroInstruction,
  read: (register: number) => DType,
  scalars: number,
  check: Check,
): DType {
  const { operands, domain, result }: MicroInfo = MICRO_OPS[op];
  check(inDomain(dtype, domain), () => `${op} does not compute on ${dtype}`);
  const expect = (register: number, expected: DType) => {
    const actual = read(register);
    check(actual === expected, () => `${op} expects ${expected} in register ${register}, which holds ${actual}`);
  };
  if (op === "scalar") check(a >= 0 && a < scalars, () => `scalar ${a} of ${scalars}`);
  if (op === "cast") {
    const source = DTYPES[b];
    check(source !== undefined, () => `cast from an unknown dtype: ${b}`);
    expect(a, source as DType);
  } else {
    if (operands > 0) expect(a, op === "where" ? "bool" : dtype);
    if (operands > 1) expect(b, dtype);
    if (operands > 2) expect(c, dtype);
  }
  return result === "bool" ? "bool" : dtype;
}

function inDomain(dtype: DType, domain: MicroInfo["domain"]): boolean {
  switch (domain) {
    case "float":
      return isFloat(dtype);
    case "number":
      return isFloat(dtype) || dtype === "int32";
    case "bool":
      return dtype === "bool";
    case "comparable":
    case "any":
      return true;
  }
}
