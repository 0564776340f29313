/**
 * Random tensors. The generator is counter-based (Philox4x32-10): an element is a function of a key, a stream and
 * its position, so results do not depend on the number of threads or on the machine (normal numbers: to a few
 * units in the last place).
 *
 * Every draw gets a key of its own, so that two draws differ and reading one twice gives the same values. In a
 * function being compiled the key is a variable that each call advances, so that no two calls draw the same.
 */

import { checkDType, type DType, isFloat } from "../dtype.js";
import { checkOptions, DTypeError, OptionError, show } from "../errors.js";
import { realisedLeaf } from "../graph/leaves.js";
import { defineOp, type InstructionDeclaration } from "../graph/op.js";
import { apply, type Tensor } from "../graph/tensor.js";
import { activeTrace, type Trace } from "../graph/trace.js";
import { Variable } from "../graph/variable.js";
import { RANDOM_KINDS, type RandomKind } from "../program/opcodes.js";
import { checkShape, type Shape, sameShape } from "../shape.js";
import { less } from "./comparison.js";
import { add, cast, floor, mul } from "./elementwise.js";

type RandomAttributes = {
  readonly kind: RandomKind;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Tells the draws of one key apart. */
  readonly stream: number;
};

const randomOp = defineOp<RandomAttributes, InstructionDeclaration<RandomAttributes>>({
  name: "random",
  kind: "random",
  opcode: "random",
  words(node) {
    const { kind, stream } = node.attributes as RandomAttributes;
    return { kind: RANDOM_KINDS.indexOf(kind), stream };
  },
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  vjp: null,
  jvp: null,
});

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Keys of the default generator are (seed, number of the draw). */
const generator = { seed: Math.floor(Math.random() * 2 ** 32) | 0, draws: 0 };

/** Second word of keys that a caller seeds: the default generator gets there after 2³² draws. */
const SEEDED = -1;

/**
 * Starts the default generator anew: what is drawn from now on depends on the seed only. Functions that have been
 * compiled before keep drawing from keys of their own. Without a call the seed differs from process to process.
 *
 * @param seed An integer in [0, 2⁵³).
 * @throws {OptionError} for anything else.
 */
export function setSeed(seed: number): void {
  generator.seed = seedWord("setSeed", seed);
  generator.draws = 0;
}

/** Where the default generator stands: the seed's word and the number of draws since, both int32. */
export type RandomState = readonly [seed: number, draws: number];

/** Where the default generator stands: what `setRandomState` needs to draw the same again. */
export function randomState(): RandomState {
  return [generator.seed, generator.draws | 0];
}

/**
 * Puts the default generator where it stood when `randomState` was called, also in another process.
 *
 * @throws {OptionError} for what `randomState` does not give.
 */
export function setRandomState(state: RandomState): void {
  const isWord = (word: unknown) => typeof word === "number" && (word | 0) === word;
  if (!Array.isArray(state) || state.length !== 2 || !state.every(isWord)) {
    throw new OptionError(`setRandomState: needs what randomState() gives, two int32, got ${show(state)}`);
  }
  [generator.seed, generator.draws] = state as [number, number];
}

function seedWord(op: string, seed: unknown): number {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) {
    throw new OptionError(`${op}: seed must be an integer in [0, 2⁵³), got ${show(seed)}`);
  }
  const [low, high] = [seed as number, Math.floor((seed as number) / 2 ** 32)];
  return mixWords(low, high);
}

/** A word that depends on every bit of two (MurmurHash3's finalizer, a bijection, after adding the second). */
function mixWords(a: number, b: number): number {
  let word = (a + Math.imul(b, 0x9e3779b9)) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}

/** The key and the stream of the next draw. */
function nextDraw(op: string, seed: number | undefined): { key: Tensor; stream: number } {
  if (seed !== undefined) return { key: keyLeaf(seedWord(op, seed), SEEDED), stream: 0 };
  const trace = activeTrace();
  if (scope !== undefined && scope.trace === trace) return { key: scope.key, stream: scope.draws++ };
  if (trace === undefined) return { key: keyLeaf(generator.seed, generator.draws++), stream: 0 };
  trace.random ??= traceRandom(trace);
  // The leaf, not the variable: in this trace the variable already stands for the key of the next call.
  return { key: trace.random.key.current, stream: trace.random.draws++ };
}

function keyLeaf(seed: number, draw: number): Tensor {
  return realisedLeaf(Int32Array.of(seed, draw), [2], "int32");
}

/** A key for a function being compiled, with a seed of its own; its second word counts the calls. */
function traceRandom(trace: Trace): NonNullable<Trace["random"]> {
  const seed = mixWords(generator.seed, ++generator.draws);
  const key = new Variable(Int32Array.of(seed, 0), [2], "int32", `random key of ${trace.name}`, false);
  trace.updates.set(key, add(key.current, keyLeaf(0, 1)));
  return { key, draws: 0 };
}

/** The key that `withRandomKey` has set, in which trace, and how many draws it has been used for. */
let scope: { readonly key: Tensor; readonly trace: Trace | undefined; draws: number } | undefined;

/**
 * Calls `body`, in which a draw without a seed of its own depends only on the key and on how many such draws came
 * before it: the same key gives the same numbers. In a function for `compile` the key may be an argument, so that a
 * step of a training is the same whenever it is made again. A compiled function that `body` calls keeps its own key.
 *
 * @param key int32 `[2]`; any values.
 * @returns What `body` returns; draws of promises it leaves behind are not among those with the key.
 * @throws {OptionError} unless the key is such a tensor.
 */
export function withRandomKey<T>(key: Tensor, body: () => T): T {
  if (key?.dtype !== "int32" || !sameShape(key.shape, [2])) {
    throw new OptionError(`withRandomKey: key must be an int32 tensor of shape [2], got ${show(key)}`);
  }
  if (typeof body !== "function") throw new OptionError(`withRandomKey: needs a function, got ${show(body)}`);
  const outer = scope;
  scope = { key, trace: activeTrace(), draws: 0 };
  try {
    return body();
  } finally {
    scope = outer;
  }
}

// ── public functions ────────────────────────────────────────────────────────────────────────────────────────

/** Where the numbers of a draw come from. */
export interface SeedOptions {
  /**
   * An integer in [0, 2⁵³) that the values depend on alone, in every call of a compiled function too. Absent: the
   * default generator, see `setSeed`.
   */
  readonly seed?: number;
}

/** Options of random floats. */
export interface RandomOptions extends SeedOptions {
  /** float32 (default) or float64. */
  readonly dtype?: DType;
}

function draw(op: string, kind: RandomKind, shape: Shape, dtype: DType, seed: number | undefined): Tensor {
  const full = checkShape(op, shape);
  const { key, stream } = nextDraw(op, seed);
  return apply(randomOp, [key], { kind, dtype, shape: full, stream });
}

function floatOption(op: string, dtype: DType | undefined): DType {
  if (isFloat(checkDType(op, dtype ?? "float32"))) return dtype ?? "float32";
  throw new DTypeError(`${op}: dtype must be float32 or float64, got ${dtype}`);
}

function checkNumbers(op: string, numbers: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value))
      throw new OptionError(`${op}: option "${name}" must be a finite number, got ${show(value)}`);
  }
}

/**
 * Numbers uniform in [low, high), in steps of (high − low)·2⁻²⁴; rounding may give high itself where low ≠ 0.
 *
 * @param options `low` (default 0), `high` (default 1), `dtype` (default float32), `seed`.
 */
export function randomUniform(
  shape: Shape,
  options: RandomOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor {
  checkOptions("randomUniform", options, ["low", "high", "dtype", "seed"]);
  const { low = 0, high = 1 } = options;
  checkNumbers("randomUniform", { low, high });
  const unit = draw("randomUniform", "uniform", shape, floatOption("randomUniform", options.dtype), options.seed);
  return add(mul(unit, high - low), low);
}

/**
 * Numbers from the normal distribution, at most 5.8 standard deviations from the mean.
 *
 * @param options `mean` (default 0), `std`: the standard deviation, at least 0 (default 1), `dtype` (default float32), `seed`.
 */
export function randomNormal(
  shape: Shape,
  options: RandomOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  checkOptions("randomNormal", options, ["mean", "std", "dtype", "seed"]);
  const { mean = 0, std = 1 } = options;
  checkNumbers("randomNormal", { mean, std });
  if (std < 0) throw new OptionError(`randomNormal: option "std" must be a number ≥ 0, got ${show(std)}`);
  const unit = draw("randomNormal", "normal", shape, floatOption("randomNormal", options.dtype), options.seed);
  return add(mul(unit, std), mean);
}

/**
 * Integers in [low, high), int32; each is as likely as another to 2⁻²⁴.
 *
 * @param options `low` (default 0), `high`: at most low + 2²⁴, `seed`.
 */
export function randomInteger(
  shape: Shape,
  options: SeedOptions & { readonly low?: number; readonly high: number },
): Tensor {
  checkOptions("randomInteger", options, ["low", "high", "seed"]);
  const { low = 0, high } = options;
  const isInt = (value: number) => Number.isInteger(value) && (value | 0) === value;
  if (!isInt(low) || !isInt(high) || high <= low || high - low > 2 ** 24) {
    throw new OptionError(
      `randomInteger: low and high must be int32 with low < high ≤ low + 2²⁴, got ${show(low)} and ${show(high)}`,
    );
  }
  // The product stays below the range: the largest unit lies 2⁻²⁴ below 1, and that survives rounding.
  const unit = draw("randomInteger", "uniform", shape, "float32", options.seed);
  return add(cast(floor(mul(unit, high - low)), "int32"), low);
}

/** 32 random bits per element, as int32. */
export function randomBits(shape: Shape, options: SeedOptions = {}): Tensor {
  checkOptions("randomBits", options, ["seed"]);
  return draw("randomBits", "bits", shape, "int32", options.seed);
}

/**
 * true with a probability (default 0.5), independently for each element. bool.
 *
 * @param options `probability`: a number in [0, 1], `seed`.
 */
export function bernoulli(shape: Shape, options: SeedOptions & { readonly probability?: number } = {}): Tensor {
  checkOptions("bernoulli", options, ["probability", "seed"]);
  const { probability = 0.5 } = options;
  if (typeof probability !== "number" || !(probability >= 0 && probability <= 1)) {
    throw new OptionError(`bernoulli: option "probability" must be in [0, 1], got ${show(probability)}`);
  }
  return less(draw("bernoulli", "uniform", shape, "float32", options.seed), probability);
}
