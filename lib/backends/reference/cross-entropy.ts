/** `crossEntropy` and `crossEntropyGrad` along the last axis, in float64. */

import type { Instruction, ProgramView } from "../../program/reader.js";
import { checkIndices, withoutRepeats } from "./gather.js";
import type { Step } from "./kernel.js";
import { logSoftmaxRow, softmaxRow } from "./softmax.js";
import { Operand } from "./strided.js";

export function crossEntropy({ opcode, inputs, outputs }: Instruction): Step {
  const [x, labels] = inputs as [ProgramView, ProgramView];
  const classes = x.shape.at(-1) as number;
  const [scores, chosen, out] = [new Operand(x), new Operand(labels), new Operand(outputs[0] as ProgramView)];
  const distinct = new Operand(withoutRepeats(labels));
  return (memory) => {
    checkIndices(opcode, distinct.read(memory), classes);
    const values = scores.readDoubles(memory);
    const logs = new Float64Array(classes);
    const losses = Float64Array.from(chosen.read(memory), (label, row) => {
      logSoftmaxRow(values.subarray(row * classes, (row + 1) * classes), logs);
      // 0 − x rather than −x: a loss of zero is +0.
      return 0 - (logs[label] as number);
    });
    out.write(memory, losses);
  };
}

export function crossEntropyGrad({ opcode, inputs, outputs }: Instruction): Step {
  const [dy, x, labels] = inputs as [ProgramView, ProgramView, ProgramView];
  const classes = x.shape.at(-1) as number;
  const [slopes, scores, chosen] = [new Operand(dy), new Operand(x), new Operand(labels)];
  const distinct = new Operand(withoutRepeats(labels));
  const out = new Operand(outputs[0] as ProgramView);
  return (memory) => {
    checkIndices(opcode, distinct.read(memory), classes);
    const given = slopes.readDoubles(memory);
    const values = scores.readDoubles(memory);
    const result = new Float64Array(values.length);
    for (const [row, label] of chosen.read(memory).entries()) {
      const part = result.subarray(row * classes, (row + 1) * classes);
      softmaxRow(values.subarray(row * classes, (row + 1) * classes), part);
      part[label] = (part[label] as number) - 1;
      for (let i = 0; i < classes; i++) part[i] = (part[i] as number) * (given[row] as number);
    }
    out.write(memory, result);
  };
}
