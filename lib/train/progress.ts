/** How far a training run is: a bar on a terminal, a line now and then in a log. */

import cliProgress from "cli-progress";
import { checkInteger } from "../data/check.js";
import { checkOptions, OptionError, show } from "../errors.js";

/** What the latest batch gave. A value left out is not shown, nor is another. */
export interface ProgressValues {
  /** Loss, in its own unit. */
  readonly loss?: number;
  /** Share of examples classified correctly, in [0, 1]. */
  readonly accuracy?: number;
}

/** A writable stream of Node.js. */
export interface ProgressStream {
  write(text: string): unknown;
  /** Whether it is a terminal. */
  isTTY?: boolean;
}

/** Options of `progress`. */
export interface ProgressOptions {
  /** Where to show it (default `process.stderr`, so that standard output stays clean). */
  stream?: ProgressStream;
  /** What is going on, e.g. `"epoch 1/3"` (default none). */
  label?: string;
  /** What is counted (default `"images"`). */
  unit?: string;
  /** Clock in milliseconds (default `performance.now`). */
  now?: () => number;
}

/** Progress being shown. */
export interface Progress {
  /** Says that `done` of the total are finished. */
  update(done: number, values?: ProgressValues): void;
  /** Ends it. Call it in a `finally`: a bar keeps the process alive. */
  stop(): void;
}

/** Percent of the total between two lines of a log. */
const LOG_STEP = 10;

/**
 * Begins to show the progress of `total` examples: loss, accuracy, examples per second and time left.
 *
 * On a terminal it is a bar, redrawn at most ten times a second. Elsewhere it is one line for about every
 * tenth of the total, so that logs stay readable.
 *
 * @throws {OptionError} for an unknown option, or a total that is no integer ≥ 0.
 */
export function progress(total: number, options: ProgressOptions = {}): Progress {
  const op = "progress";
  checkInteger(op, "total", total, 0, Number.MAX_SAFE_INTEGER);
  checkOptions(op, options, ["stream", "label", "unit", "now"]);
  const { stream = process.stderr, label = "", unit = "images", now = () => performance.now() } = options;
  const start = now();
  const status = (done: number, values: ProgressValues = {}) => formatStatus(done, total, now() - start, values, unit);
  const shown = stream.isTTY ? showBar(total, label, stream, status) : showLines(total, label, stream, status);
  return {
    update(done, values) {
      const { loss = 0, accuracy = 0 } = values ?? {};
      for (const [name, value] of Object.entries({ done, loss, accuracy })) {
        if (typeof value !== "number") throw new OptionError(`${op}: ${name} must be a number, got ${show(value)}`);
      }
      shown.update(done, values);
    },
    stop: () => shown.stop(),
  };
}

/** What there is to say when `done` images are finished. */
type Status = (done: number, values?: ProgressValues) => string;

function showBar(total: number, label: string, stream: ProgressStream, status: Status): Progress {
  const bar = new cliProgress.SingleBar(
    {
      stream: stream as NodeJS.WritableStream,
      format: "{label}{bar} {percentage} %  {status}",
      barsize: 24,
      // Lines are cut to the width anyway; a terminal told not to wrap would stay so after Ctrl-C.
      linewrap: true,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0, { label: label && `${label} `, status: status(0) });
  return {
    update: (done, values) => bar.update(done, { status: status(done, values) }),
    stop: () => bar.stop(),
  };
}

function showLines(total: number, label: string, stream: ProgressStream, status: Status): Progress {
  let next = LOG_STEP;
  return {
    update(done, values) {
      const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
      if (percent < next) return;
      next = percent - (percent % LOG_STEP) + LOG_STEP;
      const head = `${label && `${label} `}${percent} %`;
      stream.write(`${[head, status(done, values)].filter(Boolean).join("  ")}\n`);
    },
    stop() {},
  };
}

/** `loss 0.1234  accuracy 97.10 %  12,345 images/s  8 s left`. */
function formatStatus(done: number, total: number, elapsedMs: number, values: ProgressValues, unit: string): string {
  const parts: string[] = [];
  if (values.loss !== undefined) parts.push(`loss ${formatLoss(values.loss)}`);
  if (values.accuracy !== undefined) parts.push(`accuracy ${(100 * values.accuracy).toFixed(2)} %`);
  if (done > 0 && elapsedMs > 0) {
    parts.push(`${Math.round((1000 * done) / elapsedMs).toLocaleString("en-US")} ${unit}/s`);
    parts.push(`${formatTime((elapsedMs * (total - done)) / done)} left`);
  }
  return parts.join("  ");
}

/** `0.1234`; `1.853e+28` for a training that diverges. */
export function formatLoss(loss: number): string {
  if (typeof loss !== "number") throw new OptionError(`formatLoss: loss must be a number, got ${show(loss)}`);
  return Math.abs(loss) < 1e6 ? loss.toFixed(4) : loss.toExponential(3);
}

/** @internal A measure by its name: `97.10 %` for accuracies, else as a loss. */
export function formatMeasure(name: string, value: number): string {
  return /accuracy$/i.test(name) && Number.isFinite(value) ? `${(100 * value).toFixed(2)} %` : formatLoss(value);
}

/** A duration in the two units that matter: `8 s`, `2 min 5 s`, `3 h 20 min`. */
function formatTime(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
