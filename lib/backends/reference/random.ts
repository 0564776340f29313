/** `random`: bits, uniform and normal numbers from Philox. */

import { allocate } from "../../dtype.js";
import { RANDOM_KINDS, type RandomKind } from "../../program/opcodes.js";
import type { Instruction, ProgramView } from "../../program/reader.js";
import type { Step } from "./kernel.js";
import { philox4x32, type Words } from "./philox.js";
import { Operand } from "./strided.js";

export function random({ inputs, outputs, attributes }: Instruction): Step {
  const seed = new Operand(inputs[0] as ProgramView);
  const output = outputs[0] as ProgramView;
  const out = new Operand(output);
  const stream = attributes.stream as number;
  const draw = draws[RANDOM_KINDS[attributes.kind as number] as RandomKind];
  return (memory) => {
    const [k0, k1] = seed.read(memory);
    const result = allocate(output.buffer.dtype, out.size);
    for (let block = 0; block * 4 < out.size; block++) {
      // A tensor has fewer than 2³¹ elements, so the high word of the block number is 0.
      const four = draw(philox4x32([block, 0, stream, 0], [k0 as number, k1 as number]));
      for (let i = block * 4; i < Math.min(block * 4 + 4, out.size); i++) result[i] = four[i % 4] as number;
    }
    out.write(memory, result);
  };
}

/** Four elements from the four words of a counter. */
const draws: { readonly [K in RandomKind]: (words: Words) => Words } = {
  bits: (words) => words,
  uniform: ([w0, w1, w2, w3]) => [fraction(w0), fraction(w1), fraction(w2), fraction(w3)],
  normal: ([w0, w1, w2, w3]) => [...normalPair(w0, w1), ...normalPair(w2, w3)],
};

/** The upper 24 bits as a fraction in [0, 1), exact in float32. */
function fraction(word: number): number {
  return (word >>> 8) * 2 ** -24;
}

/** Two independent normal numbers (G. E. P. Box, M. E. Muller 1958); the logarithm's argument is in (0, 1]. */
function normalPair(w0: number, w1: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(fraction(w0) + 2 ** -24));
  const angle = 2 * Math.PI * fraction(w1);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
