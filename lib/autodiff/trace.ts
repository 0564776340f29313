/** Differentiation step by step, as one would do it on paper: every intermediate value beside its derivative. */

import { isFloat, type TypedArray } from "../dtype.js";
import { checkOptions, GradientError, OptionError, show } from "../errors.js";
import { keepingEdges } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { topologicalOrder } from "../graph/walk.js";
import { onesLike, zerosLike } from "../ops/create.js";
import { alias } from "../ops/movement.js";
import { checkTensor } from "../ops/operands.js";
import { realize, valuesOf } from "../runtime/realize.js";
import { formatTable } from "../table.js";
import { checkFunction, checkLike, checkScalar, checkTensors } from "./arguments.js";
import { atom, type Formula, formulaOf, isTransparent } from "./formula.js";
import { pushForward } from "./forward.js";
import { backpropagate } from "./reverse.js";
import { showValues } from "./show-values.js";

/** How to differentiate. */
export interface TraceOptions {
  /** The direction, one tensor per input: forward mode. Without it: reverse mode. */
  readonly tangents?: readonly Tensor[];
  /** Names of the inputs (default x1, x2, …). */
  readonly names?: readonly string[];
}

/** One step of an evaluation and of its derivative. */
export interface TraceStep {
  /** Of an input the name it was given, of the others v1, v2, …. */
  readonly name: string;
  /** How it is computed from earlier steps, such as `"x1·x2"`; of an input `""`. */
  readonly expression: string;
  /** Its elements. */
  readonly values: TypedArray;
  /** Forward mode: its derivative in the direction of the tangents. Reverse mode: that of the result by it. */
  readonly derivatives: TypedArray;
}

/** The steps of a derivative. */
export interface DerivativeTrace {
  readonly mode: "forward" | "reverse";
  /** Each after those it is computed from; inputs first, the result last. Reverse mode goes through them backwards. */
  readonly steps: readonly TraceStep[];
  /** The steps as a table. */
  toString(): string;
}

/**
 * Evaluates and differentiates a function and shows each step: the trace of forward mode (dual numbers), or of reverse
 * mode (backpropagation).
 *
 * ```ts
 * const f = (x1, x2) => x1.mul(x2).add(x1.sin());
 * console.log(`${traceDerivative(f, [tensor(1.5), tensor(0.5)])}`);
 * ```
 *
 * ```
 * step          value     ∂result/∂step
 * x1            1.5       0.570737
 * x2            0.5       1.5
 * v1 = x1·x2    0.75      1
 * v2 = sin(x1)  0.997495  1
 * v3 = v1 + v2  1.74749   1
 * ```
 *
 * @param fn Maps float tensors to a tensor; in reverse mode to a scalar.
 * @param inputs Where to evaluate it.
 * @throws {GradientError} when the result is no tensor, in reverse mode no scalar, or a step has no derivative.
 * @throws {OptionError} unless there is a name, and in forward mode a tangent, for each input; {ShapeError} or {DTypeError} for
 *   a tangent unlike its input.
 */
export function traceDerivative(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: TraceOptions = {},
): DerivativeTrace {
  const op = "traceDerivative";
  checkOptions(op, options, ["tangents", "names"]);
  checkFunction(op, fn);
  checkTensors(op, "input", inputs);
  const { tangents, names = inputs.map((_, i) => `x${i + 1}`) } = options;
  if (!Array.isArray(names) || names.length !== inputs.length || names.some((name) => typeof name !== "string")) {
    throw new OptionError(`${op}: option "names" must be a list of ${inputs.length} strings, got ${show(names)}`);
  }
  if (tangents !== undefined) checkLike(op, "tangent", tangents, inputs);
  const points = inputs.map((input) => alias(input));
  const { result, release } = keepingEdges(() => fn(...points));
  const root = tangents === undefined ? checkScalar(op, result) : checkTensor(op, result, "result").resolve();
  const nodes = stepsOf(root, points);
  const derivatives = (
    tangents === undefined
      ? backpropagate(op, [root], [onesLike(root)], nodes)
      : pushForward(
          op,
          nodes,
          points,
          tangents.map((tangent) => tangent.resolve()),
        )
  ).map((derivative, i) => derivative ?? zerosLike(nodes[i] as Tensor));
  const expressions = expressionsOf(root, nodes, points, names);
  realize(...nodes, ...derivatives);
  release();
  const steps = nodes.map((node, i) => ({
    ...(expressions[i] as Pick<TraceStep, "name" | "expression">),
    values: valuesOf(node).slice(),
    derivatives: valuesOf(derivatives[i] as Tensor).slice(),
  }));
  const mode = tangents === undefined ? "reverse" : "forward";
  return { mode, steps, toString: () => table(mode, steps) };
}

/** Inputs, and what is computed from them: float tensors that are more than another view of the same values. */
function stepsOf(root: Tensor, points: readonly Tensor[]): Tensor[] {
  const varies = new Set(points);
  const order = topologicalOrder([root]);
  for (const node of order) if (node.inputs.some((input) => varies.has(input))) varies.add(node);
  if (!varies.has(root)) throw new GradientError("traceDerivative: the result does not depend on the inputs");
  const inner = order.filter((node) => !points.includes(node) && varies.has(node));
  return [...points, ...inner.filter((node) => !isTransparent(node) && isFloat(node.dtype))];
}

/** What each step is called, and how it is computed. */
function expressionsOf(root: Tensor, steps: readonly Tensor[], points: readonly Tensor[], names: readonly string[]) {
  const known = new Map<Tensor, Formula>(points.map((point, i) => [point, atom(names[i] as string)]));
  const found = new Map<Tensor, Pick<TraceStep, "name" | "expression">>();
  points.forEach((point, i) => {
    found.set(point, { name: names[i] as string, expression: "" });
  });
  const wanted = new Set(steps);
  for (const node of topologicalOrder([root])) {
    if (known.has(node)) continue;
    const formula = formulaOf(node, known);
    if (!wanted.has(node)) {
      known.set(node, formula);
      continue;
    }
    const name = `v${found.size - points.length + 1}`;
    found.set(node, { name, expression: formula.text });
    known.set(node, atom(name));
  }
  return steps.map((step) => found.get(step));
}

function table(mode: DerivativeTrace["mode"], steps: readonly TraceStep[]): string {
  const rows = [
    ["step", "value", mode === "forward" ? "tangent" : "∂result/∂step"],
    ...steps.map(({ name, expression, values, derivatives }) => [
      expression === "" ? name : `${name} = ${expression}`,
      showValues(values),
      showValues(derivatives),
    ]),
  ];
  return formatTable(rows, { align: ["left", "left", "left"] });
}
