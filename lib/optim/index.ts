/** Optimisers: from gradients to better parameters. */

export { AdaGrad, type AdaGradOptions } from "./adagrad.js";
export { Adam, type AdamOptions, AdamW, type AdamWOptions } from "./adam.js";
export { clipGradNorm, clipGradValue } from "./clip.js";
export type { CheckOptions, OptimizerOptions, ParameterGroup, Trained } from "./groups.js";
export { Optimizer, type Rule, type Updates } from "./optimizer.js";
export { RMSProp, type RMSPropOptions } from "./rmsprop.js";
export {
  constantSchedule,
  cosineSchedule,
  type DecayOptions,
  exponentialSchedule,
  linearSchedule,
  multiStepSchedule,
  type Schedule,
  sequenceSchedule,
  stepSchedule,
  warmupSchedule,
} from "./schedules.js";
export { SGD, type SGDOptions } from "./sgd.js";
