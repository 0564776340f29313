/** One misuse of each public function of `nodegrad/program`, and the error it gives. */

import { FormatError, OptionError } from "../../lib/errors.js";
import { type Misuses, program } from "./given.js";

export const programMisuses: Misuses = {
  printProgram: [() => program.printProgram([]), FormatError, "program: must be an Int32Array, got []"],
  readProgram: [() => program.readProgram(new Int32Array(2)), FormatError, "program: header is cut off at word 2"],
  verifyProgram: [
    () => program.verifyProgram(new Float64Array(8)),
    FormatError,
    "program: must be an Int32Array, got Float64Array(8)",
  ],
  constantValue: [
    () => program.constantValue(),
    OptionError,
    "constantValue: needs a micro-instruction, got undefined",
  ],
  givesPositions: [
    () => program.givesPositions("median"),
    OptionError,
    'givesPositions: unknown kind of reduction: "median"; known: sum, prod, max, min, argMax, argMin, variance',
  ],
  "ProgramWriter.buffer": [
    () => new program.ProgramWriter().buffer("heap", "float32", 4, 0),
    OptionError,
    'ProgramWriter.buffer: unknown kind "heap"; expected one of input, state, constant, temp, output',
  ],
  "ProgramWriter.view": [
    () => new program.ProgramWriter().view(0, { offset: 0.5, shape: [2], strides: [1] }),
    OptionError,
    "ProgramWriter.view: a Program holds integers of 32 bits, got 0.5",
  ],
  "ProgramWriter.instruction": [
    () => new program.ProgramWriter().instruction("softmax", { outputs: [0], inputs: [1] }),
    OptionError,
    'ProgramWriter.instruction: attribute "log" is missing: softmax',
  ],
};
