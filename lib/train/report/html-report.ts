/** The report of a training, written while it runs. */

import { checkFunction } from "../../data/check.js";
import { checkOptions, OptionError, show } from "../../errors.js";
import type { Callback, Run } from "../callback.js";
import type { Evaluation } from "../evaluate.js";
import { checkReport, formatPage, type Report, writePage } from "./report.js";

/** Options of `htmlReport`. */
export interface HtmlReportOptions extends Omit<Report, "history" | "learningRates" | "evaluation" | "model"> {
  /** The file to write, which is replaced; its folder exists. */
  readonly path: string;
  /** What measures the model in the end: `() => evaluate(model, test, { ...measures, confusion: true, mistakes: 24 })`. */
  readonly evaluate?: () => Promise<Evaluation>;
}

/**
 * A callback that writes a training as one HTML file: curves, which grow with every epoch in a page that reloads itself, and
 * at the end the evaluation. Optimiser, seed and numbers of epochs and steps are among the settings.
 *
 * ```ts
 * const report = htmlReport({
 *   path: "report.html",
 *   classNames: test.classNames,
 *   summary: summary(model, [1, 28, 28]),
 *   evaluate: () => evaluate(model, testBatches, { ...measures, confusion: true, mistakes: 24 }),
 * });
 * await fit(model, batches, { ...measures, optimizer, epochs: 5, callbacks: [report] });
 * ```
 *
 * Callbacks are called in order: after `earlyStopping` it evaluates the parameters of the best epoch.
 *
 * @throws {OptionError} for an option that is unknown or wrong; in `fit`, before the first epoch, when the file cannot be
 *   written.
 */
export function htmlReport(options: HtmlReportOptions): Callback {
  const op = "htmlReport";
  checkOptions(op, options, ["path", "evaluate", "title", "classNames", "summary", "settings"]);
  const { path, evaluate, ...contents } = options;
  checkReport(op, contents);
  if (typeof path !== "string") throw new OptionError(`${op}: option "path" must be a string, got ${show(path)}`);
  if (evaluate !== undefined) checkFunction(op, "evaluate", evaluate);
  let learningRates: number[] = [];
  const write = (run: Run, rest: Pick<Report, "evaluation"> = {}, status?: string) => {
    const { model, history } = run;
    const settings = { ...settingsOf(run), ...contents.settings };
    return writePage(op, path, formatPage({ ...contents, ...rest, model, history, learningRates, settings }, status));
  };
  const statusOf = ({ epoch, epochs }: Run) => `${epoch} of ${epochs} epochs done; this page reloads itself.`;
  return {
    onStart: (run) => {
      // What a resumed training had before is not known.
      learningRates = run.history.rows.map(() => Number.NaN);
      return write(run, {}, statusOf(run));
    },
    onEpochEnd: (run) => {
      learningRates.push(run.optimizer.learningRate);
      return write(run, {}, statusOf(run));
    },
    onEnd: async (run) => {
      const evaluation = await evaluate?.();
      await write(run, evaluation && { evaluation });
    },
  };
}

function settingsOf({ optimizer, epoch, epochs, step, seed, history }: Run): Record<string, string | number> {
  const seconds = history.rows.reduce((sum, row) => sum + row.seconds, 0);
  return {
    optimizer: optimizer.constructor.name,
    epochs: epoch === epochs ? epochs : `${epoch} of ${epochs}`,
    steps: step,
    seed,
    "time of training": `${seconds.toFixed(1)} s`,
  };
}
