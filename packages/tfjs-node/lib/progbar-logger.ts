/** What `fit` shows while it trains. */

import * as tf from "@tensorflow/tfjs";

/** Digits of a loss or metric. */
const DIGITS = 3;

/** Characters of the bar. */
const BAR_WIDTH = 30;

/** Milliseconds between two drawings of the bar. */
const DRAW_INTERVAL = 100;

/** Takes the cursor to the begin of the line, and clears the line behind the cursor. */
const [LINE_START, CLEAR_REST] = ["\r", "\x1b[K"];

/**
 * Shows a training: a bar for each epoch on a terminal (standard error), and a line after it with time, loss and metrics
 * (standard output). `fit` uses it unless it is called with `verbose: 0`.
 *
 * Values of batches are not read for it: that would make every step wait for its loss. The bar is drawn when a batch ends, by
 * no timer: a callback is not told when `fit` fails, and a timer would then keep the process alive.
 */
export class ProgbarLogger extends tf.Callback {
  #total: number | undefined;
  #start = 0;
  #drawn = 0;
  #done = 0;

  override async onEpochBegin(epoch: number): Promise<void> {
    const { epochs, steps, samples, batchSize } = this.params as Record<string, number | null | undefined>;
    this.#total = steps ?? (samples && batchSize ? Math.ceil(samples / batchSize) : undefined);
    console.log(`Epoch ${epoch + 1} / ${epochs}`);
    [this.#start, this.#drawn, this.#done] = [performance.now(), 0, 0];
  }

  override async onBatchEnd(): Promise<void> {
    this.#done++;
    const now = performance.now();
    if (!process.stderr.isTTY || this.#total === undefined || now - this.#drawn < DRAW_INTERVAL) return;
    this.#drawn = now;
    const filled = Math.min(BAR_WIDTH, Math.floor((BAR_WIDTH * this.#done) / this.#total));
    const secondsLeft = ((now - this.#start) * (this.#total - this.#done)) / this.#done / 1000;
    const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
    const text = `${bar} ${this.#done}/${this.#total}  ${secondsLeft.toFixed(0)} s left`;
    process.stderr.write(LINE_START + text + CLEAR_REST);
  }

  override async onEpochEnd(_: number, logs: Parameters<tf.Callback["onEpochEnd"]>[1] = {}): Promise<void> {
    if (this.#drawn > 0) process.stderr.write(LINE_START + CLEAR_REST);
    const milliseconds = performance.now() - this.#start;
    const perStep = (1000 * milliseconds) / Math.max(1, this.#done);
    const values: string[] = [];
    for (const [name, value] of Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (name === "batch" || name === "size") continue;
      const number = typeof value === "number" ? value : ((await value.data())[0] as number);
      values.push(`${name}=${formatNumber(number)}`);
    }
    console.log(`${milliseconds.toFixed(0)}ms ${perStep.toFixed(0)}us/step - ${values.join(" ")}`);
  }
}

/** A number of few characters: three digits, in powers of ten where it is small or large. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  return value !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(DIGITS - 1) : value.toPrecision(DIGITS);
}
