/** `softmax` and `softmaxGrad` along the last axis, in float64. */

import type { Instruction, ProgramView } from "../../program/reader.js";
import type { Step } from "./kernel.js";
import { Operand } from "./strided.js";

export function softmax({ inputs, outputs, attributes }: Instruction): Step {
  const x = inputs[0] as ProgramView;
  const length = x.shape.at(-1) as number;
  const [source, out] = [new Operand(x), new Operand(outputs[0] as ProgramView)];
  const row = attributes.log === 1 ? logSoftmaxRow : softmaxRow;
  return (memory) => {
    const values = source.readDoubles(memory);
    const result = new Float64Array(values.length);
    for (let at = 0; at < values.length; at += length) {
      row(values.subarray(at, at + length), result.subarray(at, at + length));
    }
    out.write(memory, result);
  };
}

export function softmaxGrad({ inputs, outputs, attributes }: Instruction): Step {
  const [dy, y] = inputs as [ProgramView, ProgramView];
  const length = y.shape.at(-1) as number;
  const [gradient, source, out] = [new Operand(dy), new Operand(y), new Operand(outputs[0] as ProgramView)];
  const row = attributes.log === 1 ? logSoftmaxGradRow : softmaxGradRow;
  return (memory) => {
    const slopes = gradient.readDoubles(memory);
    const values = source.readDoubles(memory);
    const result = new Float64Array(values.length);
    for (let at = 0; at < values.length; at += length) {
      row(slopes.subarray(at, at + length), values.subarray(at, at + length), result.subarray(at, at + length));
    }
    out.write(memory, result);
  };
}

/** exp(x − max) / Σ exp(x − max): the shift keeps the largest exponential at 1. */
export function softmaxRow(x: Float64Array, out: Float64Array): void {
  const shift = maximum(x);
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    const e = Math.exp((x[i] as number) - shift);
    out[i] = e;
    total += e;
  }
  for (let i = 0; i < x.length; i++) out[i] = (out[i] as number) / total;
}

/** (x − max) − log Σ exp(x − max). */
export function logSoftmaxRow(x: Float64Array, out: Float64Array): void {
  const shift = maximum(x);
  let total = 0;
  for (let i = 0; i < x.length; i++) total += Math.exp((x[i] as number) - shift);
  const log = Math.log(total);
  for (let i = 0; i < x.length; i++) out[i] = (x[i] as number) - shift - log;
}

/** y (dy − Σ dy·y). */
function softmaxGradRow(dy: Float64Array, y: Float64Array, out: Float64Array): void {
  let total = 0;
  for (let i = 0; i < y.length; i++) total += (dy[i] as number) * (y[i] as number);
  for (let i = 0; i < y.length; i++) out[i] = (y[i] as number) * ((dy[i] as number) - total);
}

/** dy − eʸ Σ dy, where y is the log-softmax. */
function logSoftmaxGradRow(dy: Float64Array, y: Float64Array, out: Float64Array): void {
  let total = 0;
  for (let i = 0; i < y.length; i++) total += dy[i] as number;
  for (let i = 0; i < y.length; i++) out[i] = (dy[i] as number) - Math.exp(y[i] as number) * total;
}

/** The largest element; NaN if there is one. */
function maximum(x: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, x[i] as number);
  return largest;
}
