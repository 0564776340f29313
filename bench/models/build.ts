/** Networks built from nodegrad's operations, with parameters that every peer has too. */

import {
  add,
  assign,
  batchNorm,
  conv2d,
  flatten,
  globalAvgPool2d,
  matmul,
  maxPool2d,
  moments,
  mul,
  relu,
  reshape,
  type Tensor,
  tensor,
  transpose,
  type Variable,
  variable,
} from "nodegrad";
import { numbers } from "../harness/numbers.js";
import { type Layer, type Network, shapeAfter } from "./networks.js";

/** Sequence of the first parameter's numbers; the next ones have the next. */
const FIRST_SEED = 10;
/** Share of a batch's statistics in the running ones. */
const NEW_SHARE = 0.1;

export interface Model {
  /** What is trained. */
  readonly parameters: readonly Variable[];
  /** Normalises with the statistics of the batch and keeps them running, or with the running ones. */
  forward(x: Tensor, training: boolean): Tensor;
}

type Apply = Model["forward"];

export function build({ layers, input }: Network): Model {
  const builder = new Builder();
  const forward = builder.sequence(layers, input);
  return { parameters: builder.parameters, forward };
}

class Builder {
  readonly parameters: Variable[] = [];
  #seed = FIRST_SEED;

  sequence(layers: readonly Layer[], input: readonly number[]): Apply {
    let shape = input;
    const applied = layers.map((layer) => {
      const apply = this.#layer(layer, shape);
      shape = shapeAfter(layer, shape);
      return apply;
    });
    return (x, training) => applied.reduce((x, apply) => apply(x, training), x);
  }

  #layer(layer: Layer, shape: readonly number[]): Apply {
    const [channels = 0] = shape;
    switch (layer.kind) {
      case "conv":
        return this.#conv(layer, channels);
      case "linear": {
        const weight = this.#parameter([layer.features, channels], channels);
        const bias = this.#parameter([layer.features]);
        return (x) => add(matmul(x, transpose(weight)), bias);
      }
      case "batchNorm":
        return this.#batchNorm(channels);
      case "residual": {
        const [body, shortcut] = [this.sequence(layer.body, shape), this.sequence(layer.shortcut, shape)];
        return (x, training) => add(body(x, training), shortcut(x, training));
      }
      case "relu":
        return relu;
      case "maxPool": {
        const { kernel, stride, padding } = layer;
        return (x) => maxPool2d(x, { kernel, stride, padding });
      }
      case "meanPool":
        return (x) => globalAvgPool2d(x);
      case "flatten":
        return (x) => flatten(x, { startAxis: 1 });
    }
  }

  #conv({ filters, kernel, stride, padding, bias }: Layer & { readonly kind: "conv" }, channels: number): Apply {
    const weight = this.#parameter([filters, channels, kernel, kernel], channels * kernel ** 2);
    if (!bias) return (x) => conv2d(x, weight, { stride, padding });
    const shift = this.#parameter([filters]);
    return (x) => add(conv2d(x, weight, { stride, padding }), reshape(shift, [filters, 1, 1]));
  }

  #batchNorm(channels: number): Apply {
    const [gamma, beta] = [this.#near(1, channels), this.#near(0, channels)];
    this.parameters.push(gamma, beta);
    const running = { mean: this.#near(0, channels), variance: this.#near(1, channels) };
    return (x, training) => {
      if (!training) return batchNorm(x, { ...running, gamma, beta });
      const batch = moments(x, { axes: [0, 2, 3] });
      assign(
        (["mean", "variance"] as const).map((name) => {
          return [running[name], add(mul(running[name], 1 - NEW_SHARE), mul(batch[name], NEW_SHARE))] as const;
        }),
      );
      return batchNorm(x, { ...batch, gamma, beta });
    };
  }

  /** Weights with which a layer of so many terms keeps the scale of what it gets, or small biases. */
  #parameter(shape: readonly number[], terms?: number): Variable {
    const scale = terms === undefined ? 0.1 : 2 * Math.sqrt(6 / terms);
    const parameter = this.#scaled(shape, scale, 0);
    this.parameters.push(parameter);
    return parameter;
  }

  #near(center: number, channels: number): Variable {
    return this.#scaled([channels], 0.1, center);
  }

  #scaled(shape: readonly number[], scale: number, center: number): Variable {
    const values = numbers(
      shape.reduce((a, b) => a * b, 1),
      this.#seed++,
    );
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * scale + center;
    return variable(tensor(values, { shape }));
  }
}
