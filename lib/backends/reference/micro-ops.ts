/** Every micro-op as a tight loop over registers. */

import { type DType, isFloat } from "../../dtype.js";
import type { MicroOp } from "../../program/opcodes.js";
import { convert, erf, normalCdf, roundHalfEven, sigmoid } from "./numeric.js";

/** The elements of a register. Bytes and bools travel as int32. */
export type Lanes = Float32Array | Float64Array | Int32Array;

/** A micro-instruction with its registers bound; unused operands are empty. */
export interface MicroStep {
  readonly dtype: DType;
  readonly out: Lanes;
  readonly a: Lanes;
  readonly b: Lanes;
  readonly c: Lanes;
  /** Dtype of operand a, for `cast`. */
  readonly source: DType;
  /** The number of a `constant`. */
  readonly value: number;
  /** The slot of a `scalar`. */
  readonly slot: number;
}

/** Computes the first `count` lanes of `out`. */
type Loop = (step: MicroStep, count: number, scalars: Float64Array) => void;

/** A loop that calls a function for each element. */
function each(f: (x: number) => number): Loop {
  return ({ out, a }, count) => {
    for (let i = 0; i < count; i++) out[i] = f(a[i] as number);
  };
}

/**
 * What each micro-op does. Arithmetic is that of doubles; storing into a Float32Array rounds once, and storing
 * into an Int32Array wraps (sums of two int32 are exact doubles; products are not and need `Math.imul`).
 */
export const microOps: { readonly [K in MicroOp]: Loop } = {
  constant: ({ out, dtype, value }, count) => {
    out.fill(convert(value, dtype), 0, count);
  },
  scalar: ({ out, dtype, slot }, count, scalars) => {
    out.fill(convert(scalars[slot] as number, dtype), 0, count);
  },
  cast,
  neg: ({ out, a }, count) => {
    for (let i = 0; i < count; i++) out[i] = -(a[i] as number);
  },
  abs: ({ out, a }, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.abs(a[i] as number);
  },
  // Adding 0 turns −0 into 0.
  sign: each((x) => Math.sign(x) + 0),
  floor: each(Math.floor),
  ceil: each(Math.ceil),
  round: each(roundHalfEven),
  sqrt: ({ out, a }, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.sqrt(a[i] as number);
  },
  exp: each(Math.exp),
  expm1: each(Math.expm1),
  log: each(Math.log),
  log1p: each(Math.log1p),
  sin: each(Math.sin),
  cos: each(Math.cos),
  tanh: each(Math.tanh),
  sigmoid: each(sigmoid),
  erf: each(erf),
  normalCdf: each(normalCdf),
  not: ({ out, a }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) === 0 ? 1 : 0;
  },
  add: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) + (b[i] as number);
  },
  sub: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) - (b[i] as number);
  },
  mul: ({ out, a, b }, count) => {
    if (out instanceof Int32Array) {
      for (let i = 0; i < count; i++) out[i] = Math.imul(a[i] as number, b[i] as number);
    } else {
      for (let i = 0; i < count; i++) out[i] = (a[i] as number) * (b[i] as number);
    }
  },
  div: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) / (b[i] as number);
  },
  pow: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = power(a[i] as number, b[i] as number);
  },
  max: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.max(a[i] as number, b[i] as number);
  },
  min: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.min(a[i] as number, b[i] as number);
  },
  eq: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) === (b[i] as number) ? 1 : 0;
  },
  ne: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) !== (b[i] as number) ? 1 : 0;
  },
  lt: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) < (b[i] as number) ? 1 : 0;
  },
  le: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) <= (b[i] as number) ? 1 : 0;
  },
  gt: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) > (b[i] as number) ? 1 : 0;
  },
  ge: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) >= (b[i] as number) ? 1 : 0;
  },
  and: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) !== 0 && (b[i] as number) !== 0 ? 1 : 0;
  },
  or: ({ out, a, b }, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) !== 0 || (b[i] as number) !== 0 ? 1 : 0;
  },
  where: ({ out, a, b, c }, count) => {
    for (let i = 0; i < count; i++) out[i] = ((a[i] as number) !== 0 ? b[i] : c[i]) as number;
  },
  mulAdd: ({ out, a, b, c }, count) => {
    if (out instanceof Int32Array) {
      for (let i = 0; i < count; i++) out[i] = Math.imul(a[i] as number, b[i] as number) + (c[i] as number);
      return;
    }
    // Two roundings, like a mul and an add: a Program computes the same bits however it was optimised.
    const round = out instanceof Float32Array ? Math.fround : (x: number) => x;
    for (let i = 0; i < count; i++) out[i] = round((a[i] as number) * (b[i] as number)) + (c[i] as number);
  },
};

function cast({ dtype, source, out, a }: MicroStep, count: number): void {
  if (dtype === "uint8" && !isFloat(source)) {
    for (let i = 0; i < count; i++) out[i] = (a[i] as number) & 0xff;
  } else {
    for (let i = 0; i < count; i++) out[i] = convert(a[i] as number, dtype);
  }
}

/** IEEE 754 pow; JavaScript's gives NaN for 1 and −1 to an infinite or NaN power where IEEE gives 1. */
function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1;
  return x ** y;
}
