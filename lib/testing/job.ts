/** A Program with what a run of it binds: what any machine can be asked to do. */

import type { Backend } from "../backends/backend.js";
import { ReferenceBackend } from "../backends/reference/index.js";
import { compileGraph } from "../compile/index.js";
import { allocate, type DType, dtypeInfo, type TypedArray } from "../dtype.js";
import { encodeGraph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";

/** A Program and what a run of it binds. */
export interface Job {
  readonly name: string;
  readonly words: Int32Array;
  readonly inputs: readonly TypedArray[];
  readonly states: readonly { readonly dtype: DType; readonly code: number; readonly data: TypedArray }[];
  readonly scalars: Float64Array;
  readonly outputs: readonly { readonly dtype: DType; readonly length: number }[];
}

/** The job of computing tensors. */
export function jobOf(name: string, roots: readonly Tensor[]): Job {
  const { graph } = encodeGraph({ roots, updates: [] });
  return {
    name,
    words: compileGraph(graph),
    inputs: graph.inputs.map((leaf) => leaf.storage?.data as TypedArray),
    states: graph.states.map(({ dtype, variable }) => ({
      dtype,
      code: dtypeInfo[dtype].code,
      data: variable.memory.data as TypedArray,
    })),
    scalars: Float64Array.from(graph.scalars, (leaf) => leaf.attributes.value as number),
    outputs: roots.map(({ dtype, size }) => ({ dtype, length: size })),
  };
}

/** The outputs of a job on a backend. They start as garbage: an element that is not written shows. */
export function runJob(backend: Backend, { words, inputs, states, scalars, outputs }: Job): TypedArray[] {
  const results = outputs.map(({ dtype, length }) => allocate(dtype, length).fill(77));
  const memory = states.map(({ dtype, data }) => backend.createState(dtype, data));
  const program = backend.prepare(words, []);
  program.run({ inputs, outputs: results, states: memory, scalars });
  program.dispose();
  return results;
}

/** The outputs of a job on the reference machine. */
export function runOnReference(job: Job): TypedArray[] {
  return runJob(new ReferenceBackend(), job);
}
