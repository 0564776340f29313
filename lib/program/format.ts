/**
 * The Program: one `Int32Array` that says everything a machine needs to know to run a graph many times.
 *
 * ```
 * header   HEADER_WORDS: magic, version, buffers, views, instructions, code words, arena blocks, scalars
 * buffers  BUFFER_WORDS each: kind, dtype, length in elements, place
 * views    VIEW_WORDS each: buffer, element offset, rank, shape[MAX_RANK], strides[MAX_RANK] (unused: 0)
 * code     instructions, each
 *            [opcode | words << 16] [outputs | inputs << 16] [output views…] [input views…] [attributes…]
 *          and, where the instruction has a micro-program,
 *            [registers] [micro-instructions] [result register of each output] then MICRO_WORDS each:
 *            [micro-op] [dtype] [destination register] [a] [b] [c]
 * ```
 *
 * The registers of a micro-program start with what the instruction hands it: the product (for matmul and
 * the convolutions, register 0) and then one element of each extra input view, in order. Registers are
 * assigned before they are read; an input register may be assigned again.
 *
 * `place` of a buffer is its offset in the arena in ARENA_BLOCK bytes for a temp, and its slot among the
 * inputs, states, constants or outputs that a run binds otherwise.
 */

import { MAX_RANK } from "../shape.js";

/** First word of every Program: "NGRP". */
export const PROGRAM_MAGIC = 0x4e475250;

/** Version of the word format and of the meaning of instructions; also what the addon's `abi` must equal. */
export const PROGRAM_ABI = 3;

/** Words of the header, at the indices in `Header`. */
export const HEADER_WORDS = 8;

export const Header = {
  magic: 0,
  abi: 1,
  buffers: 2,
  views: 3,
  instructions: 4,
  codeWords: 5,
  arenaBlocks: 6,
  scalars: 7,
} as const;

export const BUFFER_WORDS = 4;
export const VIEW_WORDS = 3 + 2 * MAX_RANK;
export const MICRO_WORDS = 6;

/** Unit of arena offsets and alignment of every buffer, in bytes: a cache line and an AVX-512 register. */
export const ARENA_BLOCK = 64;

/** A micro-program has at most this many registers, so that a block of each stays in the L1 cache. */
export const MAX_REGISTERS = 32;

/** An instruction has at most this many words, so that its length fits its first word. */
export const MAX_INSTRUCTION_WORDS = 0x7fff;

/** What a buffer is and who owns its memory, at the index that encodes it. */
export const BUFFER_KINDS = ["input", "state", "constant", "temp", "output"] as const;
export type BufferKind = (typeof BUFFER_KINDS)[number];
