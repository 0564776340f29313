/** Prints micro-programs as expressions. */

import { MICRO_OPS, type MicroOp } from "./opcodes.js";
import { constantValue, type MicroInstruction, type MicroProgram } from "./reader.js";

/** What a register holds. `uses` counts how often it is read: what is read twice gets a name. */
interface Value {
  text: string;
  /** Binding strength of the outermost operator. */
  strength: number;
  uses: number;
  readonly operands: readonly Value[];
  /** The instruction that made it; absent for what the register was handed. */
  readonly instruction?: MicroInstruction;
}

const ATOM = 9;

/** Operators, the strongest binding highest. Brackets on the right keep the order of evaluation visible. */
const operators: { readonly [K in MicroOp]?: readonly [sign: string, strength: number] } = {
  or: ["or", 1],
  and: ["and", 2],
  eq: ["=", 3],
  ne: ["≠", 3],
  lt: ["<", 3],
  le: ["≤", 3],
  gt: [">", 3],
  ge: ["≥", 3],
  add: ["+", 4],
  sub: ["-", 4],
  mul: ["·", 5],
  div: ["/", 5],
};

/**
 * `{ max(product + in0, 0) }`; results of several outputs are separated by commas, and values read more than once
 * are named first: `{ t0 = exp(in0); t0 / (t0 + 1) }`. Empty where the first register passes through unchanged.
 *
 * @param hasProduct Whether register 0 holds the product of the instruction.
 * @param inputs Number of views loaded into the registers that follow.
 */
export function printMicro({ results, code }: MicroProgram, hasProduct: boolean, inputs: number): string {
  if (code.length === 0 && results.length === 1 && results[0] === 0) return "";
  const registers: Value[] = [];
  if (hasProduct) registers.push(atom("product"));
  for (let i = 0; i < inputs; i++) registers.push(atom(`in${i}`));

  const read = (register: number): Value => {
    // An unassigned register, in a Program that would not pass verification.
    const value = registers[register] ?? atom(`r${register}`);
    value.uses++;
    return value;
  };
  const made: Value[] = [];
  for (const instruction of code) {
    const { op, dst, a, b, c } = instruction;
    const operands = [a, b, c].slice(0, MICRO_OPS[op].operands).map(read);
    const value = { text: "", strength: ATOM, uses: 0, operands, instruction };
    registers[dst] = value;
    made.push(value);
  }
  const outputs = results.map(read);

  const statements: string[] = [];
  for (const value of made) {
    render(value);
    if (value.uses < 2 || value.operands.length === 0) continue;
    const name = `t${statements.length}`;
    statements.push(`${name} = ${value.text}`);
    value.text = name;
    value.strength = ATOM;
  }
  return `{ ${[...statements, outputs.map((value) => value.text).join(", ")].join("; ")} }`;
}

function atom(text: string): Value {
  return { text, strength: ATOM, uses: 0, operands: [] };
}

/** Writes the text of a value from the texts of its operands. */
function render(value: Value): void {
  const { instruction, operands } = value;
  if (instruction === undefined) return;
  const { op, dtype } = instruction;
  const [a, b, c] = operands as [Value, Value, Value];
  const operator = operators[op];
  if (operator) {
    const [sign, strength] = operator;
    value.strength = strength;
    value.text = `${bracketed(a, strength)} ${sign} ${bracketed(b, strength + 1)}`;
  } else if (op === "mulAdd") {
    value.strength = 4;
    value.text = `${bracketed(a, 5)} · ${bracketed(b, 6)} + ${bracketed(c, 5)}`;
  } else if (op === "neg") {
    value.strength = 6;
    value.text = `-${bracketed(a, 7)}`;
  } else if (op === "constant") {
    const number = constantValue(instruction);
    value.text = Object.is(number, -0) ? "-0" : `${number}`;
  } else if (op === "scalar") {
    value.text = `s${instruction.a}`;
  } else {
    value.text = `${op === "cast" ? dtype : op}(${operands.map((operand) => operand.text).join(", ")})`;
  }
}

function bracketed({ text, strength }: Value, least: number): string {
  return strength >= least ? text : `(${text})`;
}
