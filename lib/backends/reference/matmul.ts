/** `matmul`: batches of matrix products, accumulated in float64, then a micro-program. */

import type { Instruction, ProgramView } from "../../program/reader.js";
import { sizeOf } from "../../shape.js";
import { gemm } from "./gemm.js";
import type { Step } from "./kernel.js";
import { MicroMachine } from "./micro.js";
import { Operand } from "./strided.js";

export function matmul(instruction: Instruction): Step {
  const [a, b] = instruction.inputs as [ProgramView, ProgramView];
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1) as number;
  const batches = sizeOf(a.shape.slice(0, -2));
  const left = new Operand(a);
  const right = new Operand(transposed(b));
  const machine = new MicroMachine(instruction, a.buffer.dtype);
  return (memory) => {
    const rows = left.readDoubles(memory);
    const columns = right.readDoubles(memory);
    const product = new Float64Array(batches * m * n);
    for (let i = 0; i < batches; i++) {
      gemm(
        { m, n, k },
        rows.subarray(i * m * k, (i + 1) * m * k),
        columns.subarray(i * n * k, (i + 1) * n * k),
        product.subarray(i * m * n, (i + 1) * m * n),
      );
    }
    machine.writeOutputs(memory, product.length, product);
  };
}

/** The view with its last two axes exchanged. */
function transposed(view: ProgramView): ProgramView {
  const swap = (values: readonly number[]) => [
    ...values.slice(0, -2),
    values.at(-1) as number,
    values.at(-2) as number,
  ];
  return { ...view, shape: swap(view.shape), strides: swap(view.strides) };
}
