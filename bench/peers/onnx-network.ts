/** Networks as graphs of ONNX operators, with the parameters that bench/models/build.ts gives them. */

import { numbers } from "../harness/numbers.js";
import { type Layer, type Network, shapeAfter } from "../models/networks.js";
import type { Constant, Graph, Operator } from "./onnx.js";

/** Sequence of the first parameter's numbers; the next ones have the next. */
const FIRST_SEED = 10;

export function networkGraph({ layers, input }: Network, batch: number): Graph {
  const builder = new Builder();
  const scores = builder.sequence(layers, "x", input);
  const shape = layers.reduce((shape, layer) => shapeAfter(layer, shape), input);
  return {
    operators: [...builder.operators, { type: "Identity", inputs: [scores], output: "y" }],
    inputs: [{ name: "x", shape: [batch, ...input] }],
    output: { name: "y", shape: [batch, ...shape] },
    constants: builder.constants,
  };
}

class Builder {
  readonly operators: Operator[] = [];
  readonly constants: Constant[] = [];

  /** Adds layers; the name of what they give. */
  sequence(layers: readonly Layer[], x: string, input: readonly number[]): string {
    let [name, shape] = [x, input];
    for (const layer of layers) {
      name = this.#layer(layer, name, shape);
      shape = shapeAfter(layer, shape);
    }
    return name;
  }

  #layer(layer: Layer, x: string, shape: readonly number[]): string {
    const [channels = 0] = shape;
    switch (layer.kind) {
      case "conv": {
        const { filters, kernel, bias } = layer;
        const weight = this.#constant([filters, channels, kernel, kernel], 2 * Math.sqrt(6 / (channels * kernel ** 2)));
        return this.#apply("Conv", [x, weight, ...(bias ? [this.#constant([filters], 0.1)] : [])], windowOf(layer));
      }
      case "linear": {
        const weight = this.#constant([layer.features, channels], 2 * Math.sqrt(6 / channels));
        return this.#apply("Gemm", [x, weight, this.#constant([layer.features], 0.1)], { transB: 1 });
      }
      case "batchNorm":
        return this.#apply("BatchNormalization", [
          x,
          ...[1, 0, 0, 1].map((center) => this.#constant([channels], 0.1, center)),
        ]);
      case "residual": {
        const body = this.sequence(layer.body, x, shape);
        return this.#apply("Add", [body, this.sequence(layer.shortcut, x, shape)]);
      }
      case "relu":
        return this.#apply("Relu", [x]);
      case "maxPool":
        return this.#apply("MaxPool", [x], { kernel_shape: [layer.kernel, layer.kernel], ...windowOf(layer) });
      case "meanPool":
        return this.#apply("Flatten", [this.#apply("GlobalAveragePool", [x])]);
      case "flatten":
        return this.#apply("Flatten", [x]);
    }
  }

  #apply(type: string, inputs: readonly string[], attributes: Operator["attributes"] = {}): string {
    const output = `${type}${this.operators.length}`;
    this.operators.push({ type, inputs, output, attributes });
    return output;
  }

  #constant(shape: readonly number[], scale: number, center = 0): string {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = numbers(size, FIRST_SEED + this.constants.length);
    for (let i = 0; i < size; i++) values[i] = (values[i] as number) * scale + center;
    const name = `parameter${this.constants.length}`;
    this.constants.push({ name, shape, values });
    return name;
  }
}

function windowOf({ stride, padding }: { readonly stride: number; readonly padding: number }) {
  return { strides: [stride, stride], pads: [padding, padding, padding, padding] };
}
