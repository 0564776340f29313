/** A model applied to data it does not learn from: how well it does, and what it says. */

import { checkFunction, checkInteger } from "../data/check.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { type AnyModule, Module } from "../nn/index.js";
import { inEvaluation } from "../nn/mode.js";
import { argMax, cast, concat, max, softmax } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { compile } from "../runtime/compile-function.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { type ConfusionMatrix, confusionMatrix } from "./confusion.js";
import { type Mistake, MistakeList } from "./mistakes.js";
import { type PassProgress, runPass } from "./pass.js";
import { type Batch, type BatchSource, batchesOf, partOf, type Values } from "./source.js";

/** A loss or a metric of a batch: a scalar, the mean over its examples. */
export type Measure = (outputs: Tensor, targets: Tensor) => Tensor;

/** How to read a batch. The functions are compiled: they see tensors without values. */
export interface BatchOptions<B> {
  /** What the model gives for a batch, `[n, …]` (default: the model applied to its first entry). */
  readonly forward?: (batch: B) => Tensor;
  /** What the outputs are compared with, `[n, …]` (default: its second entry). */
  readonly targets?: (batch: B) => Tensor;
}

/** What is measured. */
export interface MeasureOptions<B> extends BatchOptions<B> {
  /** What training makes small, such as `crossEntropy`. */
  readonly loss: Measure;
  /** What else is told, by name, such as `{ accuracy }`. */
  readonly metrics?: Readonly<Record<string, Measure>>;
}

/** Options of `evaluate`. */
export interface EvaluateOptions<B> extends MeasureOptions<B> {
  /** Whether to count predictions by true class (default false); outputs are scores `[n, classes]`, targets labels. */
  readonly confusion?: boolean;
  /**
   * How many of the examples that are taken for another class to keep (default 0); outputs and targets as for the
   * confusion.
   */
  readonly mistakes?: number;
  /** Called after each batch. */
  readonly onBatch?: (progress: PassProgress) => void;
}

/** How well a model does. */
export interface Evaluation {
  /** Average over the examples. */
  readonly loss: number;
  /** Averages over the examples. */
  readonly metrics: Values;
  /** How many there were. */
  readonly examples: number;
  /** Which class was taken for which, if it was asked for. */
  readonly confusion?: ConfusionMatrix;
  /** The most confident mistakes, the worst first, if they were asked for. */
  readonly mistakes?: readonly Mistake[];
  readonly seconds: number;
}

/** @internal Names that `MeasureOptions` has. */
export const MEASURE_OPTIONS = ["forward", "targets", "loss", "metrics"] as const;

/** @internal How batches are read and measured, with every default in its place. */
export class Measures<B> {
  readonly forward: (batch: B) => Tensor;
  readonly targets: (batch: B) => Tensor;

  /** @throws {OptionError} for what is no module or function, or no name of a metric. */
  constructor(
    private readonly op: string,
    model: AnyModule,
    private readonly options: MeasureOptions<B>,
  ) {
    const { forward, targets, loss, metrics = {} } = options;
    if (!(model instanceof Module)) throw new OptionError(`${op}: model must be a module, got ${show(model)}`);
    if (typeof metrics !== "object" || metrics === null) {
      throw new OptionError(`${op}: option "metrics" must be functions by name, got ${show(metrics)}`);
    }
    for (const [name, fn] of Object.entries({ forward, targets })) {
      if (fn !== undefined) checkFunction(op, name, fn);
    }
    checkFunction(op, "loss", loss);
    for (const [name, metric] of Object.entries(metrics)) checkFunction(op, `metrics.${name}`, metric);
    if (Object.hasOwn(metrics, "loss")) throw new OptionError(`${op}: "loss" is the name of the loss, not of a metric`);
    this.forward = forward ?? ((batch) => apply(model, partOf(op, batch, 0)));
    this.targets = targets ?? ((batch) => partOf(op, batch, 1));
  }

  /** Loss and metrics, all scalars. */
  measure(outputs: Tensor, targets: Tensor): Record<string, Tensor> {
    const { loss, metrics } = this.options;
    return Object.fromEntries(
      Object.entries({ loss, ...metrics }).map(([name, measure]) => {
        const value = checkTensor(this.op, measure(outputs, targets), name);
        if (value.size === 1) return [name, value];
        throw new ShapeError(`${this.op}: ${name} of a batch must be a scalar, got ${showShape(value.shape)}`);
      }),
    );
  }

  /** Number of examples in a batch. */
  countExamples(batch: B): number {
    return this.targets(batch).shape[0] ?? 1;
  }
}

/** Models of other arguments and results need the option `forward`. */
const apply = (model: AnyModule, x: Tensor) => model.forward(x) as Tensor;

/** @internal Numbers of scalars. */
export function numbersOf(scalars: Readonly<Record<string, Tensor>>): Values {
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, value.item()]));
}

/**
 * Measures a model on data, in the mode of its use: `await evaluate(model, batches, { loss: crossEntropy })`.
 *
 * @throws {OptionError} for options that are unknown or wrong, and for data without batches.
 * @throws {ShapeError} for a loss or metric that is no scalar.
 */
export async function evaluate<B = Batch>(
  model: AnyModule,
  data: BatchSource<B>,
  options: EvaluateOptions<B>,
): Promise<Evaluation> {
  checkOptions("evaluate", options, [...MEASURE_OPTIONS, "confusion", "mistakes", "onBatch"]);
  if (options.onBatch !== undefined) checkFunction("evaluate", "onBatch", options.onBatch);
  return await evaluator("evaluate", model, options)(data, options.onBatch);
}

/** @internal A function that evaluates a model; compiled once for all its calls. */
export function evaluator<B>(
  op: string,
  model: AnyModule,
  options: EvaluateOptions<B>,
): (data: BatchSource<B>, onBatch?: (progress: PassProgress) => unknown) => Promise<Evaluation> {
  const measures = new Measures(op, model, options);
  const { confusion = false, mistakes = 0 } = options;
  checkInteger(op, "mistakes", mistakes, 0, Number.MAX_SAFE_INTEGER);
  let classes = 0;
  const step = compile((batch: B) => {
    const [outputs, targets] = [measures.forward(batch), measures.targets(batch)];
    const values = measures.measure(outputs, targets);
    if (!confusion && mistakes === 0) return { values };
    classes = outputs.shape.at(-1) ?? 0;
    const verdicts = {
      truth: cast(targets, "int32"),
      predicted: argMax(outputs, { axis: -1 }),
      confidence: max(softmax(outputs), { axes: -1 }),
    };
    return { values, verdicts };
  });
  return async (data, onBatch) => {
    const start = performance.now();
    const [truth, predicted]: [number[], number[]] = [[], []];
    const list = new MistakeList(mistakes);
    const run = async (batch: B) => {
      const { values, verdicts } = await step.async(batch);
      if (verdicts !== undefined) {
        const read = { truth: verdicts.truth.dataSync(), predicted: verdicts.predicted.dataSync() };
        for (const label of read.truth) truth.push(label);
        for (const label of read.predicted) predicted.push(label);
        if (mistakes > 0) list.add(batch, { ...read, confidence: verdicts.confidence.dataSync() });
      }
      return { examples: measures.countExamples(batch), values: numbersOf(values) };
    };
    const { examples, batches, values } = await inEvaluation(model, () =>
      runPass(batchesOf(op, data, 0), run, onBatch),
    );
    if (batches === 0) throw new OptionError(`${op}: data has no batches: ${show(data)}`);
    const { loss, ...metrics } = values as Values & { loss: number };
    const seconds = (performance.now() - start) / 1000;
    return {
      ...{ loss, metrics, examples, seconds },
      ...(confusion && { confusion: confusionMatrix(truth, predicted, classes) }),
      ...(mistakes > 0 && { mistakes: list.mistakes }),
    };
  };
}

/**
 * What a model gives for every example, in the mode of its use: `[n, …]` over all batches.
 *
 * @param options `forward`: what the model gives for a batch (default: the model applied to its first entry).
 * @throws {OptionError} for options that are unknown or wrong, and for data without batches.
 */
export async function predict<B = Batch>(
  model: AnyModule,
  data: BatchSource<B>,
  options: Pick<BatchOptions<B>, "forward"> = {},
): Promise<Tensor> {
  const op = "predict";
  checkOptions(op, options, ["forward"]);
  const { forward = (batch: B) => apply(model, partOf(op, batch, 0)) } = options;
  checkFunction(op, "forward", forward);
  if (!(model instanceof Module)) throw new OptionError(`${op}: model must be a module, got ${show(model)}`);
  const step = compile(forward);
  const outputs: Tensor[] = [];
  const run = async (batch: B) => {
    const output = await step.async(batch);
    outputs.push(output);
    return { examples: output.shape[0] ?? 1, values: {} };
  };
  await inEvaluation(model, () => runPass(batchesOf(op, data, 0), run));
  if (outputs.length === 0) throw new OptionError(`${op}: data has no batches: ${show(data)}`);
  return concat(outputs).realize();
}
