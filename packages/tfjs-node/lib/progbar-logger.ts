/** What `fit` shows while it trains. */

import * as tf from "@tensorflow/tfjs";
import { type Progress, progress } from "nodegrad/train";

/** Digits of a loss or metric. */
const DIGITS = 3;

/**
 * Shows a training: a bar for each epoch on a terminal (standard error), and a line after it with time, loss and metrics
 * (standard output). `fit` uses it unless it is called with `verbose: 0`.
 *
 * Values of batches are not read for it: that would make every step wait for its loss.
 */
export class ProgbarLogger extends tf.Callback {
  #bar: Progress | undefined;
  #start = 0;
  #done = 0;

  override async onEpochBegin(epoch: number): Promise<void> {
    const { epochs, steps, samples, batchSize } = this.params as Record<string, number | null | undefined>;
    const total = steps ?? (samples && batchSize ? Math.ceil(samples / batchSize) : undefined);
    console.log(`Epoch ${epoch + 1} / ${epochs}`);
    [this.#start, this.#done] = [performance.now(), 0];
    if (process.stderr.isTTY && total) this.#bar = progress(total, { unit: "steps" });
  }

  override async onBatchEnd(): Promise<void> {
    this.#done++;
    this.#bar?.update(this.#done);
  }

  override async onEpochEnd(_: number, logs: Parameters<tf.Callback["onEpochEnd"]>[1] = {}): Promise<void> {
    this.#stop();
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

  override async onTrainEnd(): Promise<void> {
    this.#stop();
  }

  #stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** A number of few characters: three digits, in powers of ten where it is small or large. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  return value !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(DIGITS - 1) : value.toPrecision(DIGITS);
}
