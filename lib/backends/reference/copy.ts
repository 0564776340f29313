/** `copy`: the same elements in another place and order. */

import type { Instruction, ProgramView } from "../../program/reader.js";
import type { Step } from "./kernel.js";
import { Operand } from "./strided.js";

export function copy({ inputs, outputs }: Instruction): Step {
  const from = new Operand(inputs[0] as ProgramView);
  const to = new Operand(outputs[0] as ProgramView);
  return (memory) => to.write(memory, from.read(memory));
}
