/** Layer normalisation as a layer. */

import { checkBoolean } from "../data/check.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { layerNorm, ones, zeros } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { checkShape, type Shape, showShape, sizeOf } from "../shape.js";
import { type Tensor, type Variable, variable } from "../tensor.js";
import { checkEpsilon } from "./batch-norm.js";
import { Module } from "./module.js";

/** Options of `LayerNorm`. */
export interface LayerNormLayerOptions {
  /** ε, added to the variance (default 1e-5). */
  readonly epsilon?: number;
  /** Whether there are γ and β to learn (default true). */
  readonly affine?: boolean;
}

/**
 * (x − μ) / √(σ² + ε) · γ + β with mean μ and population variance σ² over the last axes of each example:
 * `[…, ...shape]` → the same. It does the same in training and in evaluation.
 */
export class LayerNorm extends Module {
  /** γ, of the shape that is normalised, 1 at first. */
  readonly weight: Variable | undefined;
  /** β, of the same shape, 0 at first. */
  readonly bias: Variable | undefined;
  private readonly shape: Shape;
  private readonly epsilon: number;

  /**
   * @param shape Lengths of the axes that are normalised together, the last of x; a number for the last one.
   * @throws {OptionError} for a shape without elements and options that are unknown or out of range.
   */
  constructor(shape: number | Shape, options: LayerNormLayerOptions = {}) {
    super();
    checkOptions("LayerNorm", options, ["epsilon", "affine"]);
    const { epsilon = 1e-5, affine = true } = options;
    this.shape = checkShape("LayerNorm", typeof shape === "number" ? [shape] : shape);
    if (this.shape.length === 0 || sizeOf(this.shape) === 0) {
      throw new OptionError(`LayerNorm: shape must have elements, got ${show(shape)}`);
    }
    this.epsilon = checkEpsilon("LayerNorm", epsilon);
    if (checkBoolean("LayerNorm", "affine", affine)) {
      this.weight = variable(ones(this.shape), { name: "weight" });
      this.bias = variable(zeros(this.shape), { name: "bias" });
    }
  }

  /** @throws {ShapeError} when the last axes of x have other lengths. */
  forward(x: Tensor): Tensor {
    const { shape, epsilon, weight: gamma, bias: beta } = this;
    checkTensor("LayerNorm", x, "x");
    const first = x.rank - shape.length;
    if (first < 0 || !shape.every((length, i) => x.shape[first + i] === length)) {
      throw new ShapeError(`LayerNorm: the last axes of x must be ${showShape(shape)}, got ${showShape(x.shape)}`);
    }
    return layerNorm(x, { axes: shape.map((_, i) => first + i), gamma, beta, epsilon });
  }
}
