/** Kernels: products of examples in a space of more features than they have, without going there. */

import { OptionError, show } from "../errors.js";
import { add, exp, matmul, mul, pow, transpose } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { distances } from "./distances.js";

/** A kernel: `[m, n]`, k(aᵢ, bⱼ) of each of `a` `[m, d]` with each of `b` `[n, d]`; symmetric, positive semidefinite. */
export type Kernel = (a: Tensor, b: Tensor) => Tensor;

/**
 * The radial basis function e^(−γ‖a − b‖²).
 *
 * @param gamma γ > 0 (default 1): the larger, the closer are examples that matter to each other.
 */
export function rbf(gamma = 1): Kernel {
  checkPositive("rbf", "gamma", gamma);
  return (a, b) => exp(mul(distances("l2", a, b), -gamma));
}

/**
 * The polynomial (a·b + offset)^degree.
 *
 * @param degree A positive integer (default 3).
 * @param offset c ≥ 0 (default 1): 0 for products of exactly as many features as the degree.
 */
export function polynomial(degree = 3, offset = 1): Kernel {
  checkPositive("polynomial", "degree", degree);
  if (!Number.isInteger(degree)) throw new OptionError(`polynomial: degree must be an integer, got ${degree}`);
  if (!(Number.isFinite(offset) && offset >= 0))
    throw new OptionError(`polynomial: offset must be ≥ 0, got ${show(offset)}`);
  return (a, b) => pow(add(matmul(a, transpose(b)), offset), degree);
}

function checkPositive(op: string, name: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw new OptionError(`${op}: ${name} must be a number > 0, got ${show(value)}`);
}
