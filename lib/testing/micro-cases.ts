/** Test cases of every micro-op: each is applied by a map op of its own, to operands of each dtype it takes. */

import { type DType, isFloat } from "../dtype.js";
import { numberLeaf } from "../graph/leaves.js";
import { defineOp, type MapDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { abs, add, broadcastTo, cast, mul } from "../ops/index.js";
import { MICRO_OPS, type MicroOp } from "../program/opcodes.js";
import type { Domain } from "./operands.js";

/** One way to use a micro-op, on operands of any one shape. */
export interface MicroCase {
  readonly name: string;
  readonly domains: readonly Domain[];
  build(...operands: Tensor[]): Tensor;
  /** See `Case` in case.ts. */
  readonly roundings: number;
  magnitude?(...operands: Tensor[]): Tensor;
  /** Whether every combination of edge values is tried too: not where a result is the difference of two infinite terms. */
  readonly edges: boolean;
}

type NoAttributes = Record<string, never>;

const ops = new Map<MicroOp, MapDeclaration<NoAttributes> & { readonly id: number }>();

/** Applies any micro-op, also those that no public operation is made of alone. */
function applyMicro(micro: MicroOp, operands: readonly Tensor[]): Tensor {
  let op = ops.get(micro);
  if (op === undefined) {
    op = defineOp<NoAttributes, MapDeclaration<NoAttributes>>({
      name: `micro ${micro}`,
      kind: "map",
      micro,
      infer(inputs) {
        const { shape, dtype } = inputs.at(-1) as Tensor;
        return { shape, dtype: MICRO_OPS[micro].result === "bool" ? "bool" : dtype };
      },
      vjp: null,
      jvp: null,
    });
    ops.set(micro, op);
  }
  return apply(op, operands, {});
}

const dtypes = {
  float: ["float32"],
  number: ["float32", "int32"],
  comparable: ["float32", "int32", "uint8", "bool"],
  bool: ["bool"],
  any: ["float32", "int32", "uint8", "bool"],
} as const satisfies Record<string, readonly DType[]>;

/** Cases of a micro-op whose result both machines round the same way, if at all. */
function exact(micro: MicroOp, range: Domain = {}): MicroCase[] {
  const { operands, domain } = MICRO_OPS[micro];
  return dtypes[domain].map((dtype) => ({
    name: `${micro} of ${dtype}`,
    domains: new Array(operands).fill(isFloat(dtype) ? { ...range, dtype } : { dtype }),
    build: (...inputs) => applyMicro(micro, inputs),
    roundings: 0,
    edges: true,
  }));
}

/** The case of a function with an error of at most `ulps` units in the last place; the reference adds half a one. */
function within(micro: MicroOp, ulps: number, ...domains: readonly Domain[]): MicroCase[] {
  return [
    {
      name: `${micro} of float32`,
      domains,
      build: (...inputs) => applyMicro(micro, inputs),
      // An error in units in the last place is at most twice that in units of roundoff.
      roundings: 2 * ulps + 1,
      edges: true,
    },
  ];
}

const wide: Domain = { low: -30, high: 30 };
const positive: Domain = { low: 0.001, high: 50 };

const casts = dtypes.any.flatMap((from) =>
  dtypes.any
    .filter((to) => to !== from)
    .map(
      (to): MicroCase => ({
        name: `cast of ${from} to ${to}`,
        domains: [{ dtype: from, ...(from === "float32" ? { low: -400, high: 400 } : {}) }],
        build: (x) => cast(x, to),
        roundings: 0,
        edges: true,
      }),
    ),
);

function numbers(value: number): MicroCase[] {
  return dtypes.number.map((dtype) => ({
    name: `${value} in ${dtype}`,
    domains: [{ dtype }],
    build: (x) => add(x, broadcastTo(numberLeaf(value, dtype), x.shape)),
    roundings: 0,
    edges: true,
  }));
}

/** Every micro-op has cases: leaving one out does not compile. Errors are those that native/simd/math-inl.h states. */
export const microCases: { readonly [K in MicroOp]: readonly MicroCase[] } = {
  constant: numbers(2),
  scalar: numbers(37),
  cast: casts,
  neg: exact("neg"),
  abs: exact("abs"),
  sign: exact("sign"),
  floor: exact("floor", wide),
  ceil: exact("ceil", wide),
  round: exact("round", wide),
  sqrt: exact("sqrt", positive),
  exp: within("exp", 0.8, wide),
  expm1: within("expm1", 1.5, { low: -3, high: 3 }),
  log: within("log", 0.9, positive),
  log1p: within("log1p", 1.5, { low: -0.9, high: 3 }),
  sin: within("sin", 1.5, wide),
  cos: within("cos", 1.5, wide),
  tanh: within("tanh", 1.3, { low: -5, high: 5 }),
  sigmoid: within("sigmoid", 1.4, wide),
  erf: within("erf", 1.4, { low: -4, high: 4 }),
  normalCdf: within("normalCdf", 3.3, { low: -3, high: 6 }),
  not: exact("not"),
  add: exact("add"),
  sub: exact("sub"),
  mul: exact("mul"),
  div: exact("div"),
  pow: within("pow", 0.6, positive, { low: -3, high: 3 }),
  max: exact("max"),
  min: exact("min"),
  eq: exact("eq", { low: -1, high: 1 }),
  ne: exact("ne"),
  lt: exact("lt"),
  le: exact("le"),
  gt: exact("gt"),
  ge: exact("ge"),
  and: exact("and"),
  or: exact("or"),
  where: dtypes.any.map((dtype) => ({
    name: `where of ${dtype}`,
    domains: [{ dtype: "bool" }, { dtype }, { dtype }],
    build: (...inputs) => applyMicro("where", inputs),
    roundings: 0,
    edges: true,
  })),
  mulAdd: dtypes.number.map((dtype) => ({
    name: `mulAdd of ${dtype}`,
    domains: [{ dtype }, { dtype }, { dtype }],
    build: (...inputs) => applyMicro("mulAdd", inputs),
    // One machine may round the product, the other not.
    roundings: isFloat(dtype) ? 3 : 0,
    magnitude: (a, b, c) => add(abs(mul(a, b)), abs(c)),
    edges: !isFloat(dtype),
  })),
};
