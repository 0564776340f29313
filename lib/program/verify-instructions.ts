/** The rules of each opcode: operands, attributes, shapes and dtypes, as `opcodes.ts` describes them. */

import { type DType, isFloat } from "../dtype.js";
import { sameShape, showShape, sizeOf } from "../shape.js";
import { MAX_REGISTERS } from "./format.js";
import {
  ACCURACIES,
  INSTRUCTIONS,
  type Opcode,
  POOL_KINDS,
  RANDOM_KINDS,
  REDUCE_KINDS,
  REDUCTIONS,
  type ReduceKind,
} from "./opcodes.js";
import type { Instruction, ProgramView } from "./reader.js";
import type { Check } from "./verify.js";
import { registerTypes } from "./verify-micro.js";

/** Checks an instruction; returns the dtypes of the registers it hands to its micro-program. */
type Rule = (instruction: Instruction, check: Check) => readonly DType[];

const noRegisters: readonly DType[] = [];

/** The rule of every opcode. */
export const instructionRules: { readonly [K in Opcode]: Rule } = {
  map,
  reduce,
  matmul,
  conv2d: (instruction, check) => {
    const { inputs, outputs } = operands(instruction, undefined, check);
    const [x, w] = inputs as [ProgramView, ProgramView];
    return convolution(instruction, x, w, outputs[0] as ProgramView, check);
  },
  conv2dGradInput: (instruction, check) => {
    const { inputs, outputs } = operands(instruction, undefined, check);
    const [dy, w] = inputs as [ProgramView, ProgramView];
    return convolution(instruction, outputs[0] as ProgramView, w, dy, check);
  },
  conv2dGradWeight: (instruction, check) => {
    const { inputs, outputs } = operands(instruction, undefined, check);
    const [x, dy] = inputs as [ProgramView, ProgramView];
    return convolution(instruction, x, outputs[0] as ProgramView, dy, check);
  },
  pool,
  poolGrad,
  softmax: (instruction, check) => {
    const { views } = operands(instruction, 1, check);
    alike(views, check);
    return softmaxRules(instruction, views, check);
  },
  softmaxGrad: (instruction, check) => {
    const { views } = operands(instruction, 1, check);
    alike(views, check);
    return softmaxRules(instruction, views, check);
  },
  crossEntropy,
  crossEntropyGrad,
  gather,
  scatterAdd,
  copy: (instruction, check) => {
    const { views } = operands(instruction, 1, check);
    alike(views, check);
    return noRegisters;
  },
  random,
};

/** Checks the number of operands. `outputs` is how many there must be; undefined allows as many as there are registers. */
function operands(instruction: Instruction, outputs: number | undefined, check: Check) {
  const info = INSTRUCTIONS[instruction.opcode];
  const given = instruction.inputs.length;
  const most = info.extra === "micro" ? Number.POSITIVE_INFINITY : info.inputs + (info.extra === "optional" ? 1 : 0);
  check(given >= info.inputs && given <= most, () => `${given} inputs; expected ${expectation(info.inputs, most)}`);
  const written = instruction.outputs.length;
  const [fewest, mostOutputs] = outputs === undefined ? [1, MAX_REGISTERS] : [outputs, outputs];
  check(written >= fewest && written <= mostOutputs, () => {
    return `${written} outputs; expected ${expectation(fewest, mostOutputs)}`;
  });
  return {
    inputs: instruction.inputs,
    outputs: instruction.outputs,
    extra: instruction.inputs.slice(info.inputs),
    views: [...instruction.outputs, ...instruction.inputs],
  };
}

function expectation(least: number, most: number): string {
  if (most === least) return `${least}`;
  return most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
}

/** All views have one shape and one dtype. */
function alike(views: readonly ProgramView[], check: Check): void {
  sameShapes(views, check);
  sameTypes(views, check);
}

function sameShapes(views: readonly ProgramView[], check: Check): void {
  check(
    views.every((view) => sameShape(view.shape, (views[0] as ProgramView).shape)),
    () => `shapes differ: ${views.map((view) => showShape(view.shape)).join(", ")}`,
  );
}

function sameTypes(views: readonly ProgramView[], check: Check): void {
  check(
    views.every((view) => view.buffer.dtype === (views[0] as ProgramView).buffer.dtype),
    () => `dtypes differ: ${views.map((view) => view.buffer.dtype).join(", ")}`,
  );
}

function float(view: ProgramView, check: Check): DType {
  const { dtype } = view.buffer;
  check(isFloat(dtype), () => `expected floats, got ${dtype}`);
  return dtype;
}

function typed(view: ProgramView, dtype: DType, what: string, check: Check): void {
  check(view.buffer.dtype === dtype, () => `${what} must be ${dtype}, got ${view.buffer.dtype}`);
}

function ranked(view: ProgramView, rank: number, what: string, check: Check): void {
  check(view.shape.length === rank, () => `${what} must have ${rank} axes: ${showShape(view.shape)}`);
}

/** An attribute within [least, most]. */
function attribute(instruction: Instruction, name: string, least: number, most: number, check: Check): number {
  const value = instruction.attributes[name] as number;
  check(value >= least && value <= most, () => `attribute ${name} is ${value}; expected it in [${least}, ${most}]`);
  return value;
}

const MAX_INT = 2 ** 31 - 1;

function types(views: readonly ProgramView[]): DType[] {
  return views.map((view) => view.buffer.dtype);
}

function map(instruction: Instruction, check: Check): readonly DType[] {
  const { views, inputs } = operands(instruction, undefined, check);
  sameShapes(views, check);
  return types(inputs);
}

function reduce(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs } = operands(instruction, undefined, check);
  const out = outputs[0] as ProgramView;
  check(inputs.length > 0, () => "no inputs; expected at least 1");
  sameShapes(inputs, check);
  alike(outputs, check);
  const { shape } = inputs[0] as ProgramView;
  const fits = out.shape.length === shape.length && out.shape.every((length, i) => length === shape[i] || length === 1);
  check(fits, () => `${showShape(shape)} does not reduce to ${showShape(out.shape)}`);

  const kind = REDUCE_KINDS[attribute(instruction, "kind", 0, REDUCE_KINDS.length - 1, check)] as ReduceKind;
  const { positions, abreast, byproduct } = REDUCTIONS[kind];
  const handedIn = types(inputs);
  const reduced = reducedTypes(instruction, handedIn, check);
  const most = abreast ? MAX_REGISTERS : byproduct === undefined ? 1 : 2;
  check(outputs.length <= most, () => `${outputs.length} outputs; expected ${expectation(1, most)}`);
  if (positions) {
    const axis = attribute(instruction, "axis", 0, shape.length - 1, check);
    const along = out.shape.every((length, i) => (i === axis ? length === 1 : length === shape[i]));
    check(along, () => `${kind} along axis ${axis} of ${showShape(shape)} does not give ${showShape(out.shape)}`);
    check(shape[axis] !== 0 || sizeOf(out.shape) === 0, () => `${kind} along an empty axis: ${showShape(shape)}`);
    typed(out, "int32", "output", check);
    return handedIn;
  }
  attribute(instruction, "axis", -1, -1, check);
  const sums = kind === "sum" || kind === "prod";
  outputs.forEach((output, k) => {
    const dtype = reduced[k] as DType;
    typed(output, sums && !isFloat(dtype) ? "int32" : dtype, "output", check);
    if (kind === "variance") float(output, check);
  });
  const results = instruction.micro?.results ?? [];
  const oneValue = abreast || results.every((register) => register === results[0]);
  check(oneValue, () => `${kind} of register ${results[0]} with the ${byproduct} of register ${results[1]}`);
  return handedIn;
}

/** The dtypes that the micro-program of a reduction hands to it. */
function reducedTypes({ micro }: Instruction, handedIn: readonly DType[], check: Check): DType[] {
  if (micro === undefined) throw new TypeError("reduce has a micro-program");
  const registers = registerTypes(micro, handedIn);
  return micro.results.map((register) => {
    const dtype = registers[register];
    check(dtype !== undefined, () => `register ${register} is read before it is assigned`);
    return dtype as DType;
  });
}

function matmul(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs, extra } = operands(instruction, undefined, check);
  const [a, b] = inputs as [ProgramView, ProgramView];
  const out = outputs[0] as ProgramView;
  const rank = out.shape.length;
  const show = () => `${showShape(a.shape)} · ${showShape(b.shape)} → ${showShape(out.shape)}`;
  check(rank >= 2 && a.shape.length === rank && b.shape.length === rank, () => `ranks do not fit: ${show()}`);
  const batch = (view: ProgramView) => view.shape.slice(0, -2);
  check(sameShape(batch(a), batch(out)) && sameShape(batch(b), batch(out)), () => `batch axes differ: ${show()}`);
  const [m, k] = a.shape.slice(-2);
  const [inner, n] = b.shape.slice(-2);
  check(k === inner, () => `inner dimensions differ: ${show()} (${k} ≠ ${inner})`);
  check(out.shape[rank - 2] === m && out.shape[rank - 1] === n, () => `output does not fit: ${show()}`);
  sameShapes([...outputs, ...extra], check);
  sameTypes([a, b], check);
  return [float(a, check), ...types(extra)];
}

/** The rules of a convolution y = x ⋆ w, whichever of the three is the output. */
function convolution(
  instruction: Instruction,
  x: ProgramView,
  w: ProgramView,
  y: ProgramView,
  check: Check,
): readonly DType[] {
  ranked(x, 4, "x", check);
  ranked(w, 4, "w", check);
  ranked(y, 4, "y", check);
  for (const name of ["strideH", "strideW", "dilationH", "dilationW"]) attribute(instruction, name, 1, MAX_INT, check);
  for (const name of ["padTop", "padLeft"]) attribute(instruction, name, 0, MAX_INT, check);
  const groups = attribute(instruction, "groups", 1, MAX_INT, check);
  attribute(instruction, "accuracy", 0, ACCURACIES.length - 1, check);
  const [n, c] = x.shape as [number, number];
  const [o, channels, kernelH, kernelW] = w.shape as [number, number, number, number];
  const show = () => `x ${showShape(x.shape)}, w ${showShape(w.shape)}, y ${showShape(y.shape)}, ${groups} groups`;
  check(y.shape[0] === n && y.shape[1] === o, () => `batch or output channels differ: ${show()}`);
  check(channels * groups === c && o % groups === 0, () => `channels do not fit the groups: ${show()}`);
  check(kernelH > 0 && kernelW > 0, () => `empty kernel: ${show()}`);
  const { strideH, strideW, dilationH, dilationW } = instruction.attributes as Record<string, number>;
  const [, , oh, ow] = y.shape as [number, number, number, number];
  const { padTop, padLeft } = instruction.attributes as Record<string, number>;
  const [, , h, w_] = x.shape as [number, number, number, number];
  const spans = [(kernelH - 1) * (dilationH as number), (kernelW - 1) * (dilationW as number)] as const;
  const extents = [
    (oh - 1) * (strideH as number) + spans[0] + 1,
    (ow - 1) * (strideW as number) + spans[1] + 1,
  ] as const;
  for (const extent of extents) windowsFit(extent, check);
  const rows = Math.max(h + (padTop as number), extents[0]) + spans[0];
  const columns = Math.max(w_ + (padLeft as number), extents[1]) + spans[1];
  // Bounded like a tensor, so that a machine can lay an image out with all that windows see around it.
  check(rows * columns * Math.max(1, c, o) <= MAX_INT, () => `windows see ${rows}×${columns} elements of each channel`);

  const [first, second] = instruction.inputs as [ProgramView, ProgramView];
  const extra = instruction.inputs.slice(INSTRUCTIONS[instruction.opcode].inputs);
  sameShapes([...instruction.outputs, ...extra], check);
  sameTypes([first, second], check);
  return [float(first, check), ...types(extra)];
}

function pool(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs, views } = operands(instruction, 1, check);
  const kind = POOL_KINDS[attribute(instruction, "kind", 0, POOL_KINDS.length - 1, check)];
  const expected = kind === "select" ? 2 : 1;
  check(inputs.length === expected, () => `${inputs.length} inputs; expected ${expected} for ${kind}`);
  sameShapes(inputs, check);
  sameTypes(views, check);
  poolWindows(instruction, inputs[0] as ProgramView, outputs[0] as ProgramView, check);
  return noRegisters;
}

function poolGrad(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs, views } = operands(instruction, 1, check);
  const [dy, x] = inputs as [ProgramView, ProgramView | undefined];
  const dx = outputs[0] as ProgramView;
  // select has no gradient of its own: it is linear in its values, and its transpose is the gradient of max.
  const kind = POOL_KINDS[attribute(instruction, "kind", 0, POOL_KINDS.indexOf("average"), check)];
  const expected = kind === "max" ? 2 : 1;
  check(inputs.length === expected, () => `${inputs.length} inputs; expected ${expected} for ${kind}`);
  if (x) sameShapes([dx, x], check);
  sameTypes(views, check);
  poolWindows(instruction, dx, dy, check);
  return noRegisters;
}

/** Windows over x `[n, c, h, w]` give y `[n, c, oh, ow]`; each holds at least one element of x. */
function poolWindows(instruction: Instruction, x: ProgramView, y: ProgramView, check: Check): void {
  ranked(x, 4, "x", check);
  ranked(y, 4, "y", check);
  float(x, check);
  attribute(instruction, "countIncludePadding", 0, 1, check);
  check(sameShape(x.shape.slice(0, 2), y.shape.slice(0, 2)), () => {
    return `batch or channels differ: ${showShape(x.shape)}, ${showShape(y.shape)}`;
  });
  const axes = [
    ["kernelH", "strideH", "padTop", 2],
    ["kernelW", "strideW", "padLeft", 3],
  ] as const;
  for (const [kernelName, strideName, padName, axis] of axes) {
    const kernel = attribute(instruction, kernelName, 1, MAX_INT, check);
    const stride = attribute(instruction, strideName, 1, MAX_INT, check);
    const pad = attribute(instruction, padName, 0, kernel - 1, check);
    const length = x.shape[axis] as number;
    const last = ((y.shape[axis] as number) - 1) * stride - pad;
    const inside = sizeOf(y.shape) === 0 || (length > 0 && last < length);
    check(inside, () => `a window lies outside: ${showShape(x.shape)} to ${showShape(y.shape)}`);
    windowsFit(last + pad + kernel, check);
  }
}

/** Windows extend over few enough elements for a machine to reckon with positions in int32. */
function windowsFit(extent: number, check: Check): void {
  check(extent <= MAX_INT, () => `windows extend over ${extent} elements (> 2³¹ − 1)`);
}

function softmaxRules(instruction: Instruction, views: readonly ProgramView[], check: Check): readonly DType[] {
  const view = views[0] as ProgramView;
  attribute(instruction, "log", 0, 1, check);
  check(view.shape.length > 0, () => "expected at least one axis, got a scalar");
  float(view, check);
  return noRegisters;
}

function crossEntropy(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs } = operands(instruction, 1, check);
  const [x, labels] = inputs as [ProgramView, ProgramView];
  scoresAndLabels(x, labels, outputs[0] as ProgramView, check);
  return noRegisters;
}

function crossEntropyGrad(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs } = operands(instruction, 1, check);
  const [dy, x, labels] = inputs as [ProgramView, ProgramView, ProgramView];
  alike([outputs[0] as ProgramView, x], check);
  scoresAndLabels(x, labels, dy, check);
  return noRegisters;
}

/** Scores `[…, classes]`; a label and a loss for each row, `[…, 1]`. */
function scoresAndLabels(x: ProgramView, labels: ProgramView, losses: ProgramView, check: Check): void {
  check(x.shape.length > 0, () => "expected at least one axis, got a scalar");
  float(x, check);
  sameTypes([losses, x], check);
  typed(labels, "int32", "labels", check);
  sameShapes([losses, labels], check);
  check(labels.shape.at(-1) === 1, () => `expected one label for each row: ${showShape(labels.shape)}`);
  equalExcept(x, labels, x.shape.length - 1, check);
}

function gather(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs } = operands(instruction, 1, check);
  const [source, indices] = inputs as [ProgramView, ProgramView];
  const out = outputs[0] as ProgramView;
  sameShapes([out, indices], check);
  sameTypes([out, source], check);
  typed(indices, "int32", "indices", check);
  const axis = attribute(instruction, "axis", 0, source.shape.length - 1, check);
  equalExcept(source, indices, axis, check);
  return noRegisters;
}

function scatterAdd(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs } = operands(instruction, 1, check);
  const [base, indices, updates] = inputs as [ProgramView, ProgramView, ProgramView];
  const out = outputs[0] as ProgramView;
  alike([out, base], check);
  sameShapes([updates, indices], check);
  sameTypes([out, updates], check);
  typed(indices, "int32", "indices", check);
  const { dtype } = out.buffer;
  check(isFloat(dtype) || dtype === "int32", () => `expected floats or int32, got ${dtype}`);
  const axis = attribute(instruction, "axis", 0, base.shape.length - 1, check);
  equalExcept(base, indices, axis, check);
  return noRegisters;
}

/** Shapes agree except along `axis`. */
function equalExcept(a: ProgramView, b: ProgramView, axis: number, check: Check): void {
  const fits = a.shape.length === b.shape.length && a.shape.every((length, i) => i === axis || length === b.shape[i]);
  check(fits, () => `shapes differ off axis ${axis}: ${showShape(a.shape)}, ${showShape(b.shape)}`);
}

function random(instruction: Instruction, check: Check): readonly DType[] {
  const { inputs, outputs } = operands(instruction, 1, check);
  const key = inputs[0] as ProgramView;
  const out = outputs[0] as ProgramView;
  check(sameShape(key.shape, [2]), () => `key must have shape [2]: ${showShape(key.shape)}`);
  typed(key, "int32", "key", check);
  const kind = RANDOM_KINDS[attribute(instruction, "kind", 0, RANDOM_KINDS.length - 1, check)];
  if (kind === "bits") typed(out, "int32", "output", check);
  else float(out, check);
  return noRegisters;
}
