/** Training: steps of an optimiser over the batches of many epochs. */

import { checkBoolean, checkFunction, checkInteger, checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import { checkOptions, OptionError, show } from "../errors.js";
import type { AnyModule } from "../nn/index.js";
import { tensor, withRandomKey } from "../ops/index.js";
import { Optimizer } from "../optim/index.js";
import { compile } from "../runtime/compile-function.js";
import type { Tensor } from "../tensor.js";
import type { Callback, Phase, Run, Stateful } from "./callback.js";
import { isMissing, loadCheckpoint, saveCheckpoint } from "./checkpoint.js";
import { type Evaluation, evaluator, MEASURE_OPTIONS, type MeasureOptions, Measures, numbersOf } from "./evaluate.js";
import { History, type HistoryRow } from "./history.js";
import { type PassProgress, PassTotals, runPass } from "./pass.js";
import { type Batch, type BatchSource, batchesOf, type Values } from "./source.js";

/** Where a training is saved. */
export interface CheckpointOptions {
  /** The file; its folder exists. */
  readonly path: string;
  /** Save after every so many epochs, and after the last one (default 1). */
  readonly every?: number;
  /** Save also within epochs, after every so many steps, counted over all epochs (default: only between epochs). */
  readonly everySteps?: number;
  /** Whether to go on from the file if there is one (default false: it is replaced). */
  readonly resume?: boolean;
}

/** Options of `fit`. */
export interface FitOptions<B> extends MeasureOptions<B> {
  /** What improves the model's parameters. */
  readonly optimizer: Optimizer;
  /** Passes over the data, at least 1. */
  readonly epochs: number;
  /** Data that is only measured on, after each epoch, in the mode of the model's use. */
  readonly validation?: BatchSource<B>;
  /** The learning rate of a step, counted from 0 over all epochs (default: as the optimiser has it). */
  readonly schedule?: (step: number) => number;
  /** Called between `backward()` and `step()`, compiled with them: to clip the gradients, say. */
  readonly beforeStep?: () => void;
  /** Called in this order. */
  readonly callbacks?: readonly Callback[];
  /** Where to save the training, so that it can go on to the same bits (default: nowhere). */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Of the random draws of the steps, such as dropout, which depend on it and the number of the step alone
   * (default 0). The order of the data is up to the data.
   */
  readonly seed?: number;
}

/**
 * Trains a model:
 *
 * ```ts
 * const optimizer = new SGD(model.parameters(), { learningRate: 0.05, momentum: 0.9 });
 * const history = await fit(model, batches, { loss: crossEntropy, metrics: { accuracy }, optimizer, epochs: 5 });
 * ```
 *
 * A step, from the model's outputs to its new parameters, is compiled and runs off the calling thread, while the next
 * batch is fetched. The model is in the mode of training during the steps, and in the mode it was in at the end.
 *
 * The same model, optimiser, data and seed give the same bits, also when a training is ended at any moment and resumed
 * from its checkpoint. For that the data of an epoch must depend on nothing but the epoch. A training that goes on from the
 * middle of an epoch reads past the batches it has learned from; a `DataLoader` begins after them.
 *
 * @param model What is trained; its parameters are those of the optimiser.
 * @param data The batches of each epoch.
 * @returns What the epochs gave, those before a resumption included.
 * @throws {OptionError} for options that are unknown or wrong, for an epoch without batches, and when a checkpoint
 *   cannot be written.
 * @throws {FormatError} when the checkpoint to resume from is corrupt, or of another model or optimiser.
 * @throws {ShapeError} for a loss or metric that is no scalar.
 */
export async function fit<B = Batch>(model: AnyModule, data: BatchSource<B>, options: FitOptions<B>): Promise<History> {
  const training = new Training(model, data, options);
  const mode = model.training;
  try {
    return await training.run();
  } finally {
    model.train(mode);
  }
}

const OPTIONS = [
  ...MEASURE_OPTIONS,
  ...(["optimizer", "epochs", "validation", "schedule", "beforeStep", "callbacks", "checkpoint", "seed"] as const),
];

/** Stream of the generator that makes the key of random draws from the seed. */
const KEY_STREAM = 0x6b6579;

class Training<B> implements Run {
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly history = new History();
  epoch = 0;
  step = 0;
  private isStopped = false;
  /** Of the training pass under way. */
  private readonly totals = new PassTotals();
  readonly seed: number;
  private readonly key: number;
  private readonly callbacks: readonly Callback[];
  private readonly checkpoint: CheckpointOptions | undefined;
  private readonly parts: Readonly<Record<string, Stateful>>;
  private readonly makeStep: (batch: B) => Promise<{ examples: number; values: Values }>;
  private readonly validate: (() => Promise<Evaluation>) | undefined;

  constructor(
    readonly model: AnyModule,
    private readonly data: BatchSource<B>,
    private readonly options: FitOptions<B>,
  ) {
    checkOptions("fit", options, OPTIONS);
    const { optimizer, epochs, validation, seed = 0, callbacks = [], checkpoint } = options;
    if (!(optimizer instanceof Optimizer)) {
      throw new OptionError(`fit: option "optimizer" must be an optimiser, got ${show(optimizer)}`);
    }
    if (!Array.isArray(callbacks)) {
      throw new OptionError(`fit: option "callbacks" must be a list, got ${show(callbacks)}`);
    }
    this.optimizer = optimizer;
    this.epochs = checkInteger("fit", "epochs", epochs, 1, Number.MAX_SAFE_INTEGER);
    this.seed = checkSeed("fit", seed);
    this.key = new Random(this.seed, KEY_STREAM).uint32();
    this.callbacks = callbacks;
    this.checkpoint = checkCheckpoint(checkpoint);
    this.parts = { model, optimizer, history: this.history, pass: this.totals, ...statesOf(callbacks) };
    this.makeStep = this.compileStep();
    if (validation !== undefined) {
      const { forward, targets, loss, metrics } = options;
      const measure = evaluator<B>("fit", model, { forward, targets, loss, metrics });
      const onBatch = (progress: PassProgress) => this.tell("onBatchEnd", "validation", progress);
      this.validate = () => measure(batchesOf("fit", validation, this.epoch), onBatch);
    }
  }

  stop(): void {
    this.isStopped = true;
  }

  async run(): Promise<History> {
    await this.resume();
    await this.tell("onStart");
    while (this.epoch < this.epochs && !this.isStopped) await this.runEpoch();
    await this.tell("onEnd");
    return this.history;
  }

  /** One step as a compiled function, and what drives it. */
  private compileStep(): (batch: B) => Promise<{ examples: number; values: Values }> {
    const { model, optimizer, options } = this;
    const { schedule, beforeStep } = options;
    for (const [name, fn] of Object.entries({ schedule, beforeStep })) {
      if (fn !== undefined) checkFunction("fit", name, fn);
    }
    const measures = new Measures("fit", model, options);
    const step = compile((batch: B, key: Tensor, rate: number | undefined) =>
      withRandomKey(key, () => {
        const values = measures.measure(measures.forward(batch), measures.targets(batch));
        (values.loss as Tensor).backward();
        beforeStep?.();
        if (rate !== undefined) optimizer.learningRate = rate;
        optimizer.step();
        return values;
      }),
    );
    return async (batch) => {
      const key = tensor(Int32Array.of(this.key, this.step));
      const values = await step.async(batch, key, schedule?.(this.step));
      this.step++;
      return { examples: measures.countExamples(batch), values: numbersOf(values) };
    };
  }

  private async runEpoch(): Promise<void> {
    const { totals } = this;
    const { batches, seconds, values } = await this.pass("training", () => {
      this.model.train();
      const rest = batchesOf("fit", this.data, this.epoch, totals.progress.batches);
      return runPass(rest, this.makeStep, (progress) => this.endBatch(progress), totals);
    });
    if (batches === 0) {
      throw new OptionError(
        `fit: epoch ${this.epoch + 1} has no batches: ${show(this.data)}; ` +
          "what can be iterated only once needs a function that makes it anew",
      );
    }
    const validated = this.validate && (await this.pass("validation", this.validate));
    this.epoch++;
    const { epoch, step } = this;
    const row = { epoch, step, seconds, ...values, ...columnsOf(validated) } as HistoryRow;
    this.history.rows.push(row);
    totals.reset();
    await this.tell("onEpochEnd", row);
    await this.endEpoch();
  }

  private async pass<T>(phase: Phase, body: () => Promise<T>): Promise<T> {
    await this.tell("onPassStart", phase);
    try {
      return await body();
    } finally {
      await this.tell("onPassEnd", phase);
    }
  }

  private async endBatch(progress: PassProgress): Promise<void> {
    await this.tell("onBatchEnd", "training", progress);
    const { everySteps } = this.checkpoint ?? {};
    if (everySteps !== undefined && this.step % everySteps === 0) await this.save();
  }

  private async endEpoch(): Promise<void> {
    const { every = 1 } = this.checkpoint ?? {};
    if (this.epoch % every === 0 || this.epoch >= this.epochs || this.isStopped) await this.save();
  }

  private async save(): Promise<void> {
    if (this.checkpoint === undefined) return;
    await saveCheckpoint(this.checkpoint.path, this.parts, { epoch: this.epoch, step: this.step, seed: this.seed });
  }

  private async resume(): Promise<void> {
    if (!this.checkpoint?.resume) return;
    const { path } = this.checkpoint;
    const position = await loadCheckpoint(path, this.parts, this.seed).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    if (position === undefined) return;
    this.epoch = position.epoch;
    this.step = position.step;
  }

  /** Calls a function of every callback. */
  private async tell<K extends keyof Events>(event: K, ...args: Events[K]): Promise<void> {
    for (const callback of this.callbacks) {
      await (callback[event] as ((run: Run, ...args: Events[K]) => unknown) | undefined)?.call(callback, this, ...args);
    }
  }
}

/** What callbacks are told, besides the training itself. */
type Events = {
  onStart: [];
  onPassStart: [Phase];
  onBatchEnd: [Phase, PassProgress];
  onPassEnd: [Phase];
  onEpochEnd: [HistoryRow];
  onEnd: [];
};

function checkCheckpoint(options: CheckpointOptions | undefined): CheckpointOptions | undefined {
  if (options === undefined) return undefined;
  const op = "fit: checkpoint";
  checkOptions(op, options, ["path", "every", "everySteps", "resume"]);
  const { path, every = 1, everySteps = 1, resume = false } = options;
  if (typeof path !== "string") throw new OptionError(`${op}: option "path" must be a string, got ${show(path)}`);
  checkInteger(op, "every", every, 1, Number.MAX_SAFE_INTEGER);
  checkInteger(op, "everySteps", everySteps, 1, Number.MAX_SAFE_INTEGER);
  checkBoolean(op, "resume", resume);
  return options;
}

/** The callbacks that have a state, by name. */
function statesOf(callbacks: readonly Callback[]): Record<string, Stateful> {
  const states: Record<string, Stateful> = {};
  for (const callback of callbacks) {
    const { name } = callback;
    if (callback.state === undefined || callback.loadState === undefined) continue;
    if (typeof name !== "string" || name.includes(".") || ["model", "optimizer", "history", "pass"].includes(name)) {
      throw new OptionError(`fit: a callback with a state needs a name of its own without dots, got ${show(name)}`);
    }
    if (Object.hasOwn(states, name)) throw new OptionError(`fit: two callbacks have the name ${show(name)}`);
    states[name] = callback as Stateful;
  }
  return states;
}

/** `{ validationLoss, validationAccuracy, … }`. */
function columnsOf(evaluation: Evaluation | undefined): Values {
  if (evaluation === undefined) return {};
  const { loss, metrics } = evaluation;
  return Object.fromEntries(
    Object.entries({ loss, ...metrics }).map(([name, value]) => [
      `validation${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      value,
    ]),
  );
}
