/** Training: epochs of steps, what watches them, and how well a model does. */

export type { Callback, Phase, Run, Stateful } from "./callback.js";
export { loadCheckpoint, type Position, saveCheckpoint } from "./checkpoint.js";
export { type ClassScore, type ConfusionMatrix, classScores, confusionMatrix, formatConfusion } from "./confusion.js";
export { EarlyStopping, type EarlyStoppingOptions, earlyStopping } from "./early-stopping.js";
export {
  type BatchOptions,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type Measure,
  type MeasureOptions,
  predict,
} from "./evaluate.js";
export { type CheckpointOptions, type FitOptions, fit } from "./fit.js";
export { History, type HistoryRow } from "./history.js";
export type { Mistake } from "./mistakes.js";
export type { PassProgress } from "./pass.js";
export {
  formatLoss,
  type Progress,
  type ProgressOptions,
  type ProgressStream,
  type ProgressValues,
  progress,
} from "./progress.js";
export { type ProgressBarOptions, progressBar } from "./progress-bar.js";
export { type HtmlReportOptions, htmlReport } from "./report/html-report.js";
export { formatReport, type Report, saveReport } from "./report/report.js";
export type { Batch, Batches, BatchSource, Epochs, Values } from "./source.js";
