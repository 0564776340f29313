/** Activation functions as layers. */

import { nearest, OptionError, show } from "../errors.js";
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** Functions without parameters of their own, with their usual constants. */
const activations = { relu, leakyRelu, elu, gelu, silu, softplus, sigmoid, tanh } as const;

/** Names of activation functions; each is the function of that name. */
export type ActivationName = keyof typeof activations;

/** Applies an activation function to every element: `new Activation("relu")`. Floats of any shape. */
export class Activation extends Module {
  /** Which function. */
  readonly activation: ActivationName;

  /** @throws {OptionError} when there is no such function. */
  constructor(activation: ActivationName) {
    super();
    if (!Object.hasOwn(activations, activation)) {
      const known = Object.keys(activations);
      const near = typeof activation === "string" ? nearest(activation, known) : undefined;
      const hint = near === undefined ? `known: ${known.join(", ")}` : `did you mean "${near}"?`;
      throw new OptionError(`Activation: unknown activation ${show(activation)}; ${hint}`);
    }
    this.activation = activation;
  }

  forward(x: Tensor): Tensor {
    return activations[this.activation](x);
  }
}
