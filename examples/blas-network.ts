/**
 * The network of brain.js on BLAS, for `blas-brain.ts`: the weights of a layer lie in one array, and the rows that brain.js knows
 * are windows on it. Its errors of the inputs, which nothing uses, are left out.
 */

import { createRequire } from "node:module";
import { saxpy, sgemv, sger, sscal } from "nodegrad/blas";

/** A module of the older kind, whose names `import` does not find. */
export const { NeuralNetwork } = createRequire(import.meta.url)("brain.js") as typeof import("brain.js");

const perRow = ["weights", "changes"] as const;
const perNode = ["biases", "outputs", "deltas", "errors"] as const;
type Layer = Record<(typeof perRow)[number] | (typeof perNode)[number], Float32Array> & { m: number; n: number };

/** Rows in one array; each becomes the window on its part. */
function join(rows: Float32Array[] = [], width = 0): Float32Array {
  const all = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    all.set(row, i * width);
    rows[i] = all.subarray(i * width, (i + 1) * width);
  }
  return all;
}

export class FastNetwork extends NeuralNetwork {
  declare sizes: number[];
  declare trainOpts: { learningRate: number; momentum: number };
  private input: Float32Array = new Float32Array(0);
  private layers: Layer[] = [];

  initialize(): void {
    (NeuralNetwork.prototype as unknown as FastNetwork).initialize.call(this);
    const kept = this as unknown as Record<string, Float32Array[] & Float32Array[][]>;
    this.layers = this.sizes.slice(1).map((m, i) => {
      const n = this.sizes[i] as number;
      const matrices = perRow.map((name) => [name, join(kept[name]?.[i + 1], n)]);
      return { m, n, ...Object.fromEntries([...matrices, ...perNode.map((name) => [name, kept[name]?.[i + 1]])]) };
    });
  }

  runInput(given: Float32Array | number[]): Float32Array {
    this.input = Float32Array.from(given);
    return this.layers.reduce((x, { m, n, weights, biases, outputs }) => {
      outputs.set(biases);
      sgemv("row-major", "no-transpose", m, n, 1, weights, n, x, 1, 1, outputs, 1);
      for (let i = 0; i < m; i++) outputs[i] = 1 / (1 + Math.exp(-(outputs[i] as number)));
      return outputs;
    }, this.input);
  }

  calculateDeltas(target: Float32Array): void {
    this.layers.reduceRight<Layer | undefined>((next, layer) => {
      const { m, outputs, deltas, errors } = layer;
      if (next === undefined) for (let i = 0; i < m; i++) errors[i] = (target[i] as number) - (outputs[i] as number);
      else sgemv("row-major", "transpose", next.m, m, 1, next.weights, m, next.deltas, 1, 0, errors, 1);
      for (let i = 0; i < m; i++)
        deltas[i] = (errors[i] as number) * (outputs[i] as number) * (1 - (outputs[i] as number));
      return layer;
    }, undefined);
  }

  adjustWeights(): void {
    const { learningRate, momentum } = this.trainOpts;
    this.layers.reduce((x, { m, n, weights, changes, biases, outputs, deltas }) => {
      sscal(m * n, momentum, changes, 1);
      sger("row-major", m, n, learningRate, deltas, 1, x, 1, changes, n);
      saxpy(m * n, 1, changes, 1, weights, 1);
      saxpy(m, learningRate, deltas, 1, biases, 1);
      return outputs;
    }, this.input);
  }
}
