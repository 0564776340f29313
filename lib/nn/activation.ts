/** Activation functions as layers. */

import { checkOptions, nearest, OptionError, show } from "../errors.js";
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** Constants of activation functions, for those that have them. */
export interface ActivationOptions {
  /** Of `"leakyRelu"`: the slope on the left of 0 (default 0.01, as in PyTorch; the course has 0.1). */
  readonly slope?: number;
  /** Of `"elu"`: minus the limit on the left (default 1). */
  readonly alpha?: number;
}

/** The functions by name, and the constant each takes. */
const activations = {
  relu: { apply: (x: Tensor) => relu(x), constants: [] },
  leakyRelu: { apply: (x: Tensor, { slope }: ActivationOptions) => leakyRelu(x, slope), constants: ["slope"] },
  elu: { apply: (x: Tensor, { alpha }: ActivationOptions) => elu(x, alpha), constants: ["alpha"] },
  gelu: { apply: (x: Tensor) => gelu(x), constants: [] },
  silu: { apply: (x: Tensor) => silu(x), constants: [] },
  softplus: { apply: (x: Tensor) => softplus(x), constants: [] },
  sigmoid: { apply: (x: Tensor) => sigmoid(x), constants: [] },
  tanh: { apply: (x: Tensor) => tanh(x), constants: [] },
} as const;

/** Names of activation functions; each is the function of that name. */
export type ActivationName = keyof typeof activations;

/**
 * Applies an activation function to every element: `new Activation("relu")`, `new Activation("leakyRelu", { slope: 0.1 })`.
 * Floats of any shape.
 */
export class Activation extends Module {
  /** Which function. */
  readonly activation: ActivationName;
  private readonly options: ActivationOptions;

  /** @throws {OptionError} when there is no such function, or it has no such constant. */
  constructor(activation: ActivationName, options: ActivationOptions = {}) {
    super();
    if (!Object.hasOwn(activations, activation)) {
      const known = Object.keys(activations);
      const near = typeof activation === "string" ? nearest(activation, known) : undefined;
      const hint = near === undefined ? `known: ${known.join(", ")}` : `did you mean "${near}"?`;
      throw new OptionError(`Activation: unknown activation ${show(activation)}; ${hint}`);
    }
    checkOptions(`Activation ${show(activation)}`, options, activations[activation].constants);
    for (const [name, value] of Object.entries(options)) {
      if (Number.isFinite(value)) continue;
      throw new OptionError(`Activation: option "${name}" must be a finite number, got ${show(value)}`);
    }
    this.activation = activation;
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return activations[this.activation].apply(x, this.options);
  }
}
