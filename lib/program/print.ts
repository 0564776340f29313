/**
 * Prints a Program for people, like SQL's EXPLAIN:
 *
 * ```
 * program: 4 buffers, 4 views, 1 instruction, 0 scalars, arena 0 bytes
 * buffers
 *   %0  input 0   float32 × 6 = 24 bytes
 *   …
 * code
 *   0  matmul  %3[2, 4] = %0[2, 3] · %1[3, 4]ᵀ, in0 %2[2, 4](0, 1)  { max(product + in0, 0) }
 * ```
 *
 * A view is its buffer's number, its offset if there is one, and its shape; then nothing where it is contiguous,
 * `ᵀ` where exchanging the last two axes would make it so, and its strides in parentheses otherwise. What a machine
 * says about how it runs an instruction follows behind `--`.
 */

import { dtypeInfo } from "../dtype.js";
import { showShape } from "../shape.js";
import { isContiguous } from "../view.js";
import { ARENA_BLOCK } from "./format.js";
import {
  ACCURACIES,
  INSTRUCTIONS,
  type InstructionInfo,
  type Opcode,
  POOL_KINDS,
  RANDOM_KINDS,
  REDUCE_KINDS,
} from "./opcodes.js";
import { printMicro } from "./print-micro.js";
import { type Instruction, type ProgramBuffer, type ProgramView, readProgram } from "./reader.js";

/**
 * A Program in readable form, one line per buffer and per instruction.
 *
 * @param words The words described in `format.ts`. They need not pass `verifyProgram`.
 * @param notes What a machine says about each instruction: `Executable.explain` of `backend.ts`.
 * @throws {FormatError} when they cannot be decoded.
 */
export function printProgram(words: Int32Array, notes: readonly string[] = []): string {
  const { buffers, views, instructions, scalars, arenaBlocks } = readProgram(words);
  const counts = [
    plural(buffers.length, "buffer"),
    plural(views.length, "view"),
    plural(instructions.length, "instruction"),
    plural(scalars, "scalar"),
    `arena ${plural(arenaBlocks * ARENA_BLOCK, "byte")}`,
  ];
  const bufferRows = buffers.map((buffer) => [`%${buffer.index}`, showPlace(buffer), showSize(buffer)]);
  const codeRows = instructions.map((instruction) => [
    `${instruction.index}`,
    instruction.opcode,
    showOperands(instruction) + (notes[instruction.index] ? `  -- ${notes[instruction.index]}` : ""),
  ]);
  return [`program: ${counts.join(", ")}`, "buffers", ...align(bufferRows), "code", ...align(codeRows), ""].join("\n");
}

/** Rows as lines: the first column to the right, the others to the left. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) => {
    const cells = row.map((cell, i) => (i === 0 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)));
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** 12,345. */
function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

function showPlace({ kind, place }: ProgramBuffer): string {
  return kind === "temp" ? `temp @${grouped(place * ARENA_BLOCK)}` : `${kind} ${place}`;
}

function showSize({ dtype, length }: ProgramBuffer): string {
  return `${dtype} × ${grouped(length)} = ${plural(length * dtypeInfo[dtype].bytes, "byte")}`;
}

/** `%7+12[64, 500]ᵀ`. */
function showView({ buffer, offset, shape, strides }: ProgramView): string {
  const place = `%${buffer.index}${offset === 0 ? "" : `+${offset}`}${showShape(shape)}`;
  if (isContiguous({ offset, shape, strides })) return place;
  if (shape.length >= 2 && isContiguous({ offset, shape: swapLast(shape), strides: swapLast(strides) }))
    return `${place}ᵀ`;
  return `${place}(${strides.join(", ")})`;
}

function swapLast(values: readonly number[]): number[] {
  return [...values.slice(0, -2), values.at(-1) as number, values.at(-2) as number];
}

/** How the operands of an opcode are joined where there is a sign for it. */
const signs: { readonly [K in Opcode]?: string } = { matmul: " · ", conv2d: " ⋆ " };

function showOperands(instruction: Instruction): string {
  const { opcode, outputs, inputs, attributes, micro } = instruction;
  const info: InstructionInfo = INSTRUCTIONS[opcode];
  const own = info.extra === "micro" ? info.inputs : inputs.length;
  const operands = inputs
    .slice(0, own)
    .map(showView)
    .join(signs[opcode] ?? ", ");
  const extra = inputs.slice(own).map((view, i) => `in${i} ${showView(view)}`);
  const parts = [
    `${outputs.map(showView).join(", ")} = ${[operands, ...extra].filter((text) => text !== "").join(", ")}`.trimEnd(),
    showAttributes(opcode, attributes),
  ];
  if (micro) parts.push(printMicro(micro, info.inputs > 0, inputs.length - own));
  return parts.filter((part) => part !== "").join("  ");
}

/** Names of what an attribute `kind` counts. */
const kinds: { readonly [K in Opcode]?: readonly string[] } = {
  reduce: REDUCE_KINDS,
  pool: POOL_KINDS,
  poolGrad: POOL_KINDS,
  random: RANDOM_KINDS,
};

/** `max, kernel 2×2, stride 2×2, pad 0×0, countIncludePadding 0`. */
function showAttributes(opcode: Opcode, attributes: Readonly<Record<string, number>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const pair = /^(.+)(H|Top)$/.exec(name);
    if (name === "kind") parts.push(kinds[opcode]?.[value] ?? `kind ${value}`);
    else if (name === "accuracy") parts.push(ACCURACIES[value] ?? `accuracy ${value}`);
    else if (pair) parts.push(`${pair[1]} ${value}×${attributes[pair[1] + (pair[2] === "H" ? "W" : "Left")]}`);
    else if (/(W|Left)$/.test(name) || (name === "axis" && value === -1)) continue;
    else parts.push(`${name} ${value}`);
  }
  return parts.join(", ");
}
