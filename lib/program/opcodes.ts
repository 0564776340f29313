/**
 * The instruction set: every opcode and every micro-op, with what follows it in a Program.
 *
 * This file is the one source of their numbers. `native/program/opcodes.inc` is generated from it, the
 * reference machine's tables are total over these names, and the printer and the verifier read it.
 */

import { OptionError, show } from "../errors.js";

/** What an instruction looks like. Its operands and attributes are described at `INSTRUCTIONS`. */
export interface InstructionInfo {
  /** Input views before those of the micro-program. */
  readonly inputs: number;
  /** Further input views allowed: `"micro"` loads them into registers, `"optional"` allows one more. */
  readonly extra: "none" | "micro" | "optional";
  /** Names of the attribute words, in order. */
  readonly attributes: readonly string[];
  /** Whether a micro-program ends the instruction. */
  readonly micro: boolean;
  /** Whether the micro-program reads its inputs at the element it writes: outputs may take the place of inputs. */
  readonly elementwise: boolean;
  /**
   * The op that users know it by where bad data (an index out of range) makes it fail at run time, which it does before it
   * writes anything; undefined where no data can.
   */
  readonly failsAs: string | undefined;
}

const window = ["strideH", "strideW", "padTop", "padLeft", "dilationH", "dilationW", "groups", "accuracy"] as const;
const pooling = [
  "kind",
  "kernelH",
  "kernelW",
  "strideH",
  "strideW",
  "padTop",
  "padLeft",
  "countIncludePadding",
] as const;

function instruction(inputs: number, extra: InstructionInfo["extra"], attributes: readonly string[]): InstructionInfo {
  return { inputs, extra, attributes, micro: extra === "micro", elementwise: extra === "micro", failsAs: undefined };
}

/**
 * Every instruction. Shapes below are those of the views; every view may have any strides, the output too. `map`,
 * `reduce`, `matmul` and the convolutions may have several outputs of one shape (`reduce` of one dtype), the others have one. An output never
 * overlaps an input, except that a micro-program may write element for element over a view it reads with the same strides.
 *
 * - `map`: out[k][i] = micro(in[0][i], in[1][i], …); all views have one shape.
 * - `reduce`: out[k][j] = ⊕ micro(in[0][i], …)[k] over the axes where out has length 1 and the inputs do not;
 *   `kind` is a `REDUCE_KINDS` index; `axis` is the reduced axis of argMax/argMin (one output, first extremum wins,
 *   NaN is the extremum, int32 output), −1 otherwise. Sums of integers and bools are int32. `variance` is the mean
 *   squared distance of floats to their mean; it may have a second output, of the same register: their sum.
 * - `matmul`: out = micro(a · b, extra…); a `[…, m, k]`, b `[…, k, n]`, out and extra `[…, m, n]`, batch
 *   axes equal (broadcast by stride 0). Register 0 holds the product.
 * - `conv2d`: out = micro(x ⋆ w, extra…); x `[n, c, h, w]`, w `[o, c/groups, kh, kw]`, out `[n, o, oh, ow]`;
 *   NHWC data is a view with permuted strides. Padding at the bottom and right follows from the shapes.
 *   `accuracy` is an `ACCURACIES` index; like that of the two below, it does not change what is to be computed.
 * - `conv2dGradInput`: out = micro(dx, extra…) from dy `[n, o, oh, ow]`, w; out `[n, c, h, w]`.
 * - `conv2dGradWeight`: out = micro(dw, extra…) from x, dy; out `[o, c/groups, kh, kw]`.
 * - `pool`: x `[n, c, h, w]` → `[n, c, oh, ow]`; `kind` is a `POOL_KINDS` index. `select` has two inputs
 *   (values, x) and returns the value at the position of x's window maximum (the first in row-major
 *   order; NaN counts as the maximum).
 * - `poolGrad`: dx from dy (average) or dy, x (max: all of dy goes to the first maximum).
 * - `softmax`: along the last axis; `log` 1 gives log-softmax.
 * - `softmaxGrad`: dx from dy, y = softmax(x): y(dy − Σ dy·y), or with `log` dy − eʸ Σ dy.
 * - `crossEntropy`: x `[…, classes]`, labels int32 `[…, 1]` → ln Σ eˣ − x[label], `[…, 1]`.
 * - `crossEntropyGrad`: dx = dy · (softmax(x) − [i is the label]) from dy `[…, 1]`, x, labels.
 * - `gather`: out[…, j, …] = source[…, indices[…, j, …], …] along `axis`; indices is int32 of out's shape.
 * - `scatterAdd`: out = base; out[…, indices[…, j, …], …] += updates[…, j, …] along `axis`, j ascending.
 * - `copy`: out = in, any strides, same dtype.
 * - `random`: Philox4x32-10 with key in[0] (int32 `[2]`) and counter (⌊i/4⌋ low, high, stream, 0), of which
 *   element i takes word i mod 4; `kind` is a `RANDOM_KINDS` index.
 */
export const INSTRUCTIONS = {
  map: instruction(0, "micro", []),
  reduce: { ...instruction(0, "micro", ["kind", "axis"]), elementwise: false },
  matmul: instruction(2, "micro", []),
  conv2d: instruction(2, "micro", window),
  conv2dGradInput: instruction(2, "micro", window),
  conv2dGradWeight: instruction(2, "micro", window),
  pool: instruction(1, "optional", pooling),
  poolGrad: instruction(1, "optional", pooling),
  softmax: instruction(1, "none", ["log"]),
  softmaxGrad: instruction(2, "none", ["log"]),
  crossEntropy: { ...instruction(2, "none", []), failsAs: "crossEntropy" },
  crossEntropyGrad: { ...instruction(3, "none", []), failsAs: "crossEntropy" },
  gather: { ...instruction(2, "none", ["axis"]), failsAs: "gather" },
  scatterAdd: { ...instruction(3, "none", ["axis"]), failsAs: "scatterAdd" },
  copy: instruction(1, "none", []),
  random: instruction(1, "none", ["kind", "stream"]),
} as const satisfies Record<string, InstructionInfo>;

/** Name of an instruction. */
export type Opcode = keyof typeof INSTRUCTIONS;

/** Every opcode, at the index that encodes it. */
export const OPCODES = Object.keys(INSTRUCTIONS) as readonly Opcode[];

/** What `reduce` makes of elements. */
export interface ReduceInfo {
  /** Whether results are positions along one axis rather than values. */
  readonly positions: boolean;
  /** Whether one instruction may reduce several registers, each to an output of its own. */
  readonly abreast: boolean;
  /** A reduction of the same register that is known on the way: a second output takes it. */
  readonly byproduct: "sum" | undefined;
}

const values = { positions: false, abreast: true, byproduct: undefined } as const satisfies ReduceInfo;
const positions = { positions: true, abreast: false, byproduct: undefined } as const satisfies ReduceInfo;

/**
 * How `reduce` combines elements; the identities are 0, 1, and the smallest and the largest value of the dtype. Over no
 * elements a variance is NaN.
 */
export const REDUCTIONS = {
  sum: values,
  prod: values,
  max: values,
  min: values,
  argMax: positions,
  argMin: positions,
  variance: { positions: false, abreast: false, byproduct: "sum" },
} as const satisfies Record<string, ReduceInfo>;

/** Name of a reduction. */
export type ReduceKind = keyof typeof REDUCTIONS;

/** Every reduction, at the index that encodes it. */
export const REDUCE_KINDS = Object.keys(REDUCTIONS) as readonly ReduceKind[];

/** Whether a machine may rearrange the sums of a convolution: `strict` is one sum a result. */
export const ACCURACIES = ["fast", "strict"] as const;
export type Accuracy = (typeof ACCURACIES)[number];

/** A reduction that gives positions along one axis. */
export type PositionKind = "argMax" | "argMin";

/** Whether a reduction gives positions rather than values. */
export function givesPositions(kind: ReduceKind): kind is PositionKind {
  if (!Object.hasOwn(REDUCTIONS, kind)) {
    throw new OptionError(
      `givesPositions: unknown kind of reduction: ${show(kind)}; known: ${REDUCE_KINDS.join(", ")}`,
    );
  }
  return REDUCTIONS[kind].positions;
}

/** How `pool` combines a window. */
export const POOL_KINDS = ["max", "average", "select"] as const;
export type PoolKind = (typeof POOL_KINDS)[number];

/**
 * What `random` draws: `bits` int32, `uniform` (bits >>> 8)·2⁻²⁴ in [0, 1), `normal` by Box–Muller from the
 * word pairs (0, 1) and (2, 3) of a counter: √(−2 ln((u₀ >>> 8) + 1)·2⁻²⁴)·cos(2π u₁) and ·sin(2π u₁).
 */
export const RANDOM_KINDS = ["bits", "uniform", "normal"] as const;
export type RandomKind = (typeof RANDOM_KINDS)[number];

/** How many register operands a micro-op reads. */
export interface MicroInfo {
  readonly operands: 0 | 1 | 2 | 3;
  /** Dtypes it computes on: floats only, floats and int32, those and bytes to compare, bools only, any. */
  readonly domain: "float" | "number" | "comparable" | "bool" | "any";
  /** What it leaves in its register. */
  readonly result: "operand" | "bool" | "target";
  /** Whether it takes longer than moving its operand through memory: compilers do not compute it twice. */
  readonly costly: boolean;
}

function micro(operands: MicroInfo["operands"], domain: MicroInfo["domain"], result: MicroInfo["result"] = "operand") {
  return { operands, domain, result, costly: false } as const satisfies MicroInfo;
}

function costly(operands: MicroInfo["operands"]) {
  return { ...micro(operands, "float"), costly: true } as const satisfies MicroInfo;
}

/**
 * Every micro-op. Float arithmetic follows IEEE 754 in the operand's precision; int32 wraps; `max` and `min`
 * propagate NaN; `round` is half to even; `sign(±0)` is 0; comparisons with NaN are false except `ne`.
 *
 * - `constant`: words a, b are the low and high half of a float64, converted to the dtype.
 * - `scalar`: word a is the slot in the scalars of the run.
 * - `cast`: the dtype word is the target, word b the source dtype; float → int truncates and saturates,
 *   NaN → 0; anything → bool is ≠ 0; int32 → uint8 keeps the low byte.
 * - comparisons: the dtype word is that of the operands, the result is bool.
 * - `where`: a is bool, b and c have the dtype of the instruction.
 * - `normalCdf`: Φ(x) = ½ erfc(−x/√2), small results to their last digits too.
 * - `mulAdd`: a·b + c, in one rounding or two.
 */
export const MICRO_OPS = {
  constant: micro(0, "any"),
  scalar: micro(0, "any"),
  cast: micro(1, "any", "target"),
  neg: micro(1, "number"),
  abs: micro(1, "number"),
  sign: micro(1, "number"),
  floor: micro(1, "float"),
  ceil: micro(1, "float"),
  round: micro(1, "float"),
  sqrt: micro(1, "float"),
  exp: costly(1),
  expm1: costly(1),
  log: costly(1),
  log1p: costly(1),
  sin: costly(1),
  cos: costly(1),
  tanh: costly(1),
  sigmoid: costly(1),
  erf: costly(1),
  normalCdf: costly(1),
  not: micro(1, "bool"),
  add: micro(2, "number"),
  sub: micro(2, "number"),
  mul: micro(2, "number"),
  div: micro(2, "float"),
  pow: costly(2),
  max: micro(2, "comparable"),
  min: micro(2, "comparable"),
  eq: micro(2, "comparable", "bool"),
  ne: micro(2, "comparable", "bool"),
  lt: micro(2, "comparable", "bool"),
  le: micro(2, "comparable", "bool"),
  gt: micro(2, "comparable", "bool"),
  ge: micro(2, "comparable", "bool"),
  and: micro(2, "bool"),
  or: micro(2, "bool"),
  where: micro(3, "any"),
  mulAdd: micro(3, "number"),
} as const satisfies Record<string, MicroInfo>;

/** Name of a micro-op. */
export type MicroOp = keyof typeof MICRO_OPS;

/** Every micro-op, at the index that encodes it. */
export const MICRO_OPCODES = Object.keys(MICRO_OPS) as readonly MicroOp[];
