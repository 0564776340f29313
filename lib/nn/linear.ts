/** The fully connected layer. */

import { checkOptions, OptionError, show } from "../errors.js";
import { add, matmul, transpose } from "../ops/index.js";
import { checkCount } from "../ops/window.js";
import type { Tensor, Variable } from "../tensor.js";
import { type KaimingOptions, kaimingUniform, splitSeed, uniform } from "./initializers.js";
import { Module } from "./module.js";

/** Options of layers with weights and a bias. */
export interface WeightOptions extends KaimingOptions {
  /** Whether to add a bias (default true). */
  readonly bias?: boolean;
}

/** @internal @throws {OptionError} unless the option `bias` is absent or a boolean. */
export function checkBias(op: string, bias: boolean | undefined): boolean {
  if (bias === undefined || typeof bias === "boolean") return bias ?? true;
  throw new OptionError(`${op}: option "bias" must be true or false, got ${show(bias)}`);
}

/**
 * y = x·Wᵀ + b: `[…, inputs]` → `[…, outputs]`, float32.
 *
 * Weights start as `kaimingUniform`, biases uniform in ±1/√inputs.
 */
export class Linear extends Module {
  /** W: `[outputs, inputs]`. */
  readonly weight: Variable;
  /** b: `[outputs]`. */
  readonly bias: Variable | undefined;

  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, outputs: number, options: WeightOptions = {}) {
    super();
    checkOptions("Linear", options, ["bias", "gain", "seed"]);
    checkCount("Linear", "inputs", inputs);
    checkCount("Linear", "outputs", outputs);
    const [weightSeed, biasSeed] = splitSeed("Linear", options.seed, 2);
    this.weight = kaimingUniform("weight", [outputs, inputs], { gain: options.gain, seed: weightSeed });
    if (checkBias("Linear", options.bias)) {
      this.bias = uniform("bias", [outputs], 1 / Math.sqrt(inputs), { seed: biasSeed });
    }
  }

  /** @throws {ShapeError} when the last axis of x is not as long as there are inputs. */
  forward(x: Tensor): Tensor {
    const product = matmul(x, transpose(this.weight));
    return this.bias === undefined ? product : add(product, this.bias);
  }
}
