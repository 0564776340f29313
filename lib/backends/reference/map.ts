/** `map`: a micro-program over every element. */

import type { Instruction } from "../../program/reader.js";
import { sizeOf } from "../../shape.js";
import type { Step } from "./kernel.js";
import { MicroMachine } from "./micro.js";

export function map(instruction: Instruction): Step {
  const machine = new MicroMachine(instruction);
  const size = sizeOf(instruction.outputs[0]?.shape ?? []);
  return (memory) => machine.writeOutputs(memory, size);
}
