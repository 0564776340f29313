/** Valid arguments of `nodegrad/program`. */

import { ProgramWriter } from "../../lib/program/index.js";
import { copyProgram } from "./core.js";
import { each, type Table } from "./given.js";

const view = { offset: 0, shape: [2], strides: [1] };

/** A writer that has a buffer and a view of each kind. */
function writer(): ProgramWriter {
  const begun = new ProgramWriter();
  for (const kind of ["output", "input"] as const) begun.view(begun.buffer(kind, "float32", 2, 0), view);
  return begun;
}

const micro = { registers: 1, results: [0], code: [{ op: "add", dtype: "float32", dst: 0, a: 0, b: 0 }] };

export const programs: Table = {
  ...each("printProgram readProgram verifyProgram", () => [copyProgram()]),
  constantValue: () => [{ op: "constant", dtype: "float32", dst: 0, a: 0, b: 1072693248, c: 0 }],
  givesPositions: (d) => [d.pick(["sum", "argMax"])],
  ProgramWriter: () => [],
  "ProgramWriter.buffer": (d) => [writer(), d.pick(["input", "output", "state"]), "float32", 4, 1],
  "ProgramWriter.view": () => [writer(), 0, view],
  "ProgramWriter.instruction": () => [writer(), "map", { outputs: [0], inputs: [1], micro }],
  "ProgramWriter.finish": () => [writer()],
};
