/** `tf.node.tensorBoard`: a callback of `fit` that writes what TensorBoard shows. */

import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { OptionError } from "nodegrad";
import { type SummaryFileWriter, summaryFileWriter } from "./summary-writer.js";

/** Options of `tensorBoard`. */
export interface TensorBoardCallbackArgs {
  /** Whether to write loss and metrics after every `"batch"` too, or every `"epoch"` only (default). */
  updateFreq?: "batch" | "epoch";
  /** Epochs between two histograms of every weight (default 0: none). */
  histogramFreq?: number;
}

/**
 * Writes loss and metrics, and perhaps histograms of weights, to the folders `train` and `validation`, under the tags that
 * Keras has: `epoch_loss`, `batch_loss` and so on, by epoch and by the number of the batch since the training began.
 */
export class TensorBoardCallback extends tf.CustomCallback {
  readonly logdir: string;
  readonly #args: Required<TensorBoardCallbackArgs>;
  readonly #writers = new Map<string, SummaryFileWriter>();
  #model: tf.LayersModel | undefined;
  #batches = 0;

  /** Use `tensorBoard`. */
  constructor(logdir = "./logs", args: TensorBoardCallbackArgs = {}) {
    super({
      onBatchEnd: (_, logs) => {
        this.#batches++;
        if (this.#args.updateFreq === "batch") this.#logMetrics(logs ?? {}, "batch_", this.#batches);
      },
      onEpochEnd: async (epoch, logs) => {
        this.#logMetrics(logs ?? {}, "epoch_", epoch + 1);
        const { histogramFreq } = this.#args;
        if (histogramFreq > 0 && epoch % histogramFreq === 0) await this.#logWeights(epoch + 1);
      },
      onTrainEnd: () => {
        for (const writer of this.#writers.values()) writer.flush();
      },
    });
    this.logdir = logdir;
    this.#args = checkArgs(args);
  }

  override setModel(model: tf.LayersModel): void {
    this.#model = model;
  }

  #writer(folder: string): SummaryFileWriter {
    const writer = this.#writers.get(folder) ?? summaryFileWriter(join(this.logdir, folder));
    this.#writers.set(folder, writer);
    return writer;
  }

  #logMetrics(logs: tf.Logs, prefix: string, step: number): void {
    for (const [name, value] of Object.entries(logs)) {
      // What `fit` says of the batch itself.
      if (name === "batch" || name === "size") continue;
      const isValidation = name.startsWith("val_");
      const tag = prefix + (isValidation ? name.slice(4) : name);
      this.#writer(isValidation ? "validation" : "train").scalar(tag, value, step);
    }
  }

  async #logWeights(step: number): Promise<void> {
    const writer = this.#writer("train");
    for (const weight of this.#model?.weights ?? []) {
      writer.histogramOfValues(weight.name, await weight.read().data(), step);
    }
  }
}

/**
 * A callback of `fit` and `fitDataset` that writes loss and metrics for TensorBoard.
 *
 * @param logdir Folder for `tensorboard --logdir` (default `"./logs"`); made where it is missing.
 * @throws {OptionError} for an argument out of its range.
 */
export function tensorBoard(logdir = "./logs", args: TensorBoardCallbackArgs = {}): TensorBoardCallback {
  return new TensorBoardCallback(logdir, args);
}

function checkArgs(args: TensorBoardCallbackArgs): Required<TensorBoardCallbackArgs> {
  const { updateFreq = "epoch", histogramFreq = 0 } = args;
  if (updateFreq !== "batch" && updateFreq !== "epoch") {
    throw new OptionError(`tensorBoard: updateFreq must be "batch" or "epoch", got ${JSON.stringify(updateFreq)}`);
  }
  if (!(Number.isInteger(histogramFreq) && histogramFreq >= 0)) {
    throw new OptionError(`tensorBoard: histogramFreq must be an integer of 0 or more, got ${String(histogramFreq)}`);
  }
  return { updateFreq, histogramFreq };
}
