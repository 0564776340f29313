import { describe, expect, it } from "vitest";
import type { Tensor } from "../../lib/graph/tensor.js";
import * as ng from "../../lib/index.js";
import type { MicroOp } from "../../lib/program/opcodes.js";

/** Micro-ops that the compiler puts in by itself. */
type Internal = "constant" | "scalar" | "mulAdd";

const x = () => ng.tensor([0.5, 2]);
const mask = () => ng.tensor([true, false]);

/** The public operation of every micro-op: total, so that a micro-op that users cannot reach does not compile. */
const operations: { readonly [K in Exclude<MicroOp, Internal>]: () => Tensor } = {
  cast: () => ng.cast(x(), "int32"),
  neg: () => ng.neg(x()),
  abs: () => ng.abs(x()),
  sign: () => ng.sign(x()),
  floor: () => ng.floor(x()),
  ceil: () => ng.ceil(x()),
  round: () => ng.round(x()),
  sqrt: () => ng.sqrt(x()),
  exp: () => ng.exp(x()),
  expm1: () => ng.expm1(x()),
  log: () => ng.log(x()),
  log1p: () => ng.log1p(x()),
  sin: () => ng.sin(x()),
  cos: () => ng.cos(x()),
  tanh: () => ng.tanh(x()),
  sigmoid: () => ng.sigmoid(x()),
  erf: () => ng.erf(x()),
  normalCdf: () => ng.normalCdf(x()),
  not: () => ng.logicalNot(mask()),
  add: () => ng.add(x(), x()),
  sub: () => ng.sub(x(), x()),
  mul: () => ng.mul(x(), x()),
  div: () => ng.div(x(), x()),
  pow: () => ng.pow(x(), x()),
  max: () => ng.maximum(x(), x()),
  min: () => ng.minimum(x(), x()),
  eq: () => ng.equal(x(), x()),
  ne: () => ng.notEqual(x(), x()),
  lt: () => ng.less(x(), x()),
  le: () => ng.lessEqual(x(), x()),
  gt: () => ng.greater(x(), x()),
  ge: () => ng.greaterEqual(x(), x()),
  and: () => ng.logicalAnd(mask(), mask()),
  or: () => ng.logicalOr(mask(), mask()),
  where: () => ng.where(mask(), x(), x()),
};

describe("every micro-op", () => {
  it.each(Object.entries(operations))("%s is reached by a public operation", (micro, operation) => {
    const { op } = operation();
    expect(op.kind === "map" && op.micro).toBe(micro);
  });
});
