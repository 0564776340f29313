/** The fully connected layer. */

import { checkOptions } from "../errors.js";
import { add, matmul, transpose } from "../ops/index.js";
import { checkCount } from "../ops/window.js";
import type { Tensor, Variable } from "../tensor.js";
import { Module } from "./module.js";
import { WEIGHT_OPTIONS, type WeightOptions, weightsAndBias } from "./weights.js";

/**
 * y = x·Wᵀ + b: `[…, inputs]` → `[…, outputs]`, float32.
 *
 * Weights start as the `initializer` says, biases uniform in ±1/√inputs.
 */
export class Linear extends Module {
  /** W: `[outputs, inputs]`. */
  readonly weight: Variable;
  /** b: `[outputs]`. */
  readonly bias: Variable | undefined;

  /** @throws {OptionError} for sizes that are no positive integers and options that are unknown or wrong. */
  constructor(inputs: number, outputs: number, options: WeightOptions = {}) {
    super();
    checkOptions("Linear", options, WEIGHT_OPTIONS);
    const shape = [checkCount("Linear", "outputs", outputs), checkCount("Linear", "inputs", inputs)];
    ({ weight: this.weight, bias: this.bias } = weightsAndBias("Linear", shape, outputs, options));
  }

  /** @throws {ShapeError} when the last axis of x is not as long as there are inputs. */
  forward(x: Tensor): Tensor {
    const product = matmul(x, transpose(this.weight));
    return this.bias === undefined ? product : add(product, this.bias);
  }
}
