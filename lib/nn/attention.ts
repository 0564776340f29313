/**
 * Attention: averages of values, weighted by how well their keys fit a query.
 *
 * A. Vaswani et al., "Attention is all you need", 2017.
 */

import { checkBoolean } from "../data/check.js";
import { checkOptions, DTypeError, OptionError, ShapeError } from "../errors.js";
import {
  add,
  arange,
  dropout,
  expandDims,
  greaterEqual,
  logicalAnd,
  matmul,
  mul,
  reshape,
  type SeedOptions,
  softmax,
  split,
  transpose,
  where,
  zeros,
} from "../ops/index.js";
import { checkFloat, checkTensor } from "../ops/operands.js";
import { checkCount } from "../ops/window.js";
import { broadcastShapes, sameShape, showShape } from "../shape.js";
import { type Tensor, type Variable, variable } from "../tensor.js";
import { checkRate } from "./dropout.js";
import { splitSeed, xavierUniform } from "./initializers.js";
import { Linear } from "./linear.js";
import { Module } from "./module.js";

/** Options of attention. */
export interface AttentionOptions {
  /**
   * Which keys each query may see: bool, of a shape that broadcasts to `[…, queries, keys]`. (PyTorch's
   * `MultiheadAttention` takes the opposite.) A query that sees none gives NaN.
   */
  readonly mask?: Tensor;
  /** Whether query i sees the keys up to i only (default false). */
  readonly causal?: boolean;
}

/**
 * softmax(q·kᵀ / √d)·v, with the softmax over the keys.
 *
 * @param query `[…, queries, d]`, float.
 * @param key `[…, keys, d]`.
 * @param value `[…, keys, e]`.
 * @param options And `dropRate`: the probability with which each weight is dropped (default 0).
 * @returns `[…, queries, e]`.
 * @throws {ShapeError} when lengths differ, leading axes do not broadcast, or the mask does not to the weights' shape.
 * @throws {DTypeError} unless all are floats of one dtype, and the mask is bool.
 * @throws {OptionError} for an option that is unknown or wrong.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions & { readonly dropRate?: number } = {},
): Tensor {
  const op = "scaledDotProductAttention";
  for (const [name, tensor] of Object.entries({ query, key, value })) {
    checkFloat(op, checkTensor(op, tensor, name));
    if (tensor.rank < 2) {
      throw new ShapeError(`${op}: ${name} must have at least 2 axes […, length, d], got ${showShape(tensor.shape)}`);
    }
  }
  checkOptions(op, options, ["mask", "causal", "dropRate"]);
  const [d, keys] = [query.shape.at(-1) as number, key.shape.at(-2)];
  if (key.shape.at(-1) !== d || value.shape.at(-2) !== keys) {
    const given = [query, key, value].map(({ shape }) => showShape(shape)).join(", ");
    throw new ShapeError(`${op}: query, key and value do not fit: ${given}; expected […, q, d], […, k, d], […, k, e]`);
  }
  // The query is scaled, which has fewer elements than the products.
  const scores = matmul(mul(query, 1 / Math.sqrt(d)), transpose(key));
  const visible = visibleKeys(op, scores, options);
  if (visible !== undefined && !sameShape(broadcastShapes(op, visible.shape, scores.shape), scores.shape)) {
    const shapes = `${showShape(visible.shape)} to ${showShape(scores.shape)}`;
    throw new ShapeError(`${op}: mask does not broadcast to […, queries, keys]: ${shapes}`);
  }
  const weights = softmax(visible === undefined ? scores : where(visible, scores, Number.NEGATIVE_INFINITY));
  const { dropRate = 0 } = options;
  return matmul(checkRate(op, "dropRate", dropRate) === 0 ? weights : dropout(weights, { rate: dropRate }), value);
}

/** Which scores count, bool; undefined where all do. */
function visibleKeys(op: string, scores: Tensor, { mask, causal = false }: AttentionOptions): Tensor | undefined {
  if (mask !== undefined && checkTensor(op, mask, "mask").dtype !== "bool") {
    throw new DTypeError(`${op}: the mask must be bool, got ${mask.dtype}`);
  }
  if (!checkBoolean(op, "causal", causal)) return mask;
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const past = greaterEqual(expandDims(arange(queries, { dtype: "int32" }), 1), arange(keys, { dtype: "int32" }));
  return mask === undefined ? past : logicalAnd(mask, past);
}

/** Options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions extends SeedOptions {
  /** Whether to add biases (default true). */
  readonly bias?: boolean;
  /** Probability with which each weight is dropped while training (default 0). */
  readonly dropRate?: number;
}

/**
 * Attention by several heads side by side, each over its own linear functions of queries, keys and values; a linear layer
 * joins them. Queries `[n, q, features]`, keys and values `[n, k, features]` → `[n, q, features]`, float32.
 *
 * Names as in PyTorch: `in_proj_weight` holds the matrices of queries, keys and values one under another,
 * `in_proj_bias` their biases. As there, that starts as `xavierUniform`, `out_proj.weight` as in `Linear`, biases as 0.
 */
export class MultiheadAttention extends Module {
  /** `[3·features, features]`. */
  readonly inProjWeight: Variable;
  /** `[3·features]`. */
  readonly inProjBias: Variable | undefined;
  readonly outProj: Linear;
  private readonly heads: number;
  private readonly dropRate: number;

  /** @throws {OptionError} unless the sizes are positive integers and the heads divide the features; for wrong options. */
  constructor(features: number, heads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const op = "MultiheadAttention";
    checkOptions(op, options, ["bias", "dropRate", "seed"]);
    const { bias = true, dropRate = 0 } = options;
    checkCount(op, "features", features);
    this.heads = checkCount(op, "heads", heads);
    if (features % heads !== 0) throw new OptionError(`${op}: ${features} features do not divide into ${heads} heads`);
    this.dropRate = checkRate(op, "dropRate", dropRate);
    const [inSeed, outSeed] = splitSeed(op, options.seed, 2);
    this.inProjWeight = xavierUniform("in_proj_weight", [3 * features, features], { seed: inSeed });
    if (checkBoolean(op, "bias", bias)) this.inProjBias = variable(zeros([3 * features]), { name: "in_proj_bias" });
    this.outProj = new Linear(features, features, { bias, seed: outSeed });
    this.outProj.bias?.assign(0);
  }

  protected override members(): object {
    return { in_proj_weight: this.inProjWeight, in_proj_bias: this.inProjBias, out_proj: this.outProj };
  }

  /**
   * @param key The queries by default: self-attention.
   * @param value The keys by default.
   * @param options A mask broadcasts to `[n, heads, q, k]`.
   * @throws {ShapeError} for anything but `[n, length, features]` with one n, and keys that are not as many as values.
   */
  forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: AttentionOptions = {}): Tensor {
    this.checkInputs({ query, key, value });
    const weights = split(this.inProjWeight, 3);
    const biases = this.inProjBias === undefined ? [] : split(this.inProjBias, 3);
    const [q, k, v] = [query, key, value].map((x, i) => this.headsOf(x, weights[i] as Tensor, biases[i])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const dropRate = this.training ? this.dropRate : 0;
    const joined = scaledDotProductAttention(q, k, v, { ...options, dropRate });
    return this.outProj.forward(reshape(transpose(joined, [0, 2, 1, 3]), query.shape));
  }

  private checkInputs(inputs: Readonly<Record<"query" | "key" | "value", Tensor>>): void {
    const features = this.inProjWeight.shape[1];
    for (const [name, x] of Object.entries(inputs)) {
      const { rank, shape } = checkTensor("MultiheadAttention", x, name);
      if (rank === 3 && shape[0] === inputs.query.shape[0] && shape[2] === features) continue;
      const n = name === "query" ? "n" : inputs.query.shape[0];
      const expected = `[${n}, length, ${features}]`;
      throw new ShapeError(`MultiheadAttention: ${name} must have axes ${expected}, got ${showShape(shape)}`);
    }
  }

  /** A linear function of x, cut into heads: `[n, heads, length, features/heads]`. */
  private headsOf(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
    const features = weight.shape[1] as number;
    const product = matmul(x, transpose(weight));
    const all = bias === undefined ? product : add(product, bias);
    return transpose(reshape(all, [...x.shape.slice(0, 2), this.heads, features / this.heads]), [0, 2, 1, 3]);
  }
}
