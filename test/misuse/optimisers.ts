/** One misuse of each public function of `nodegrad/optim`, and the error it gives. */

import { FormatError, GradientError, OptionError } from "../../lib/errors.js";
import { type Misuses, optim, w } from "./given.js";

export const optimMisuses: Misuses = {
  SGD: [
    () => new optim.SGD([w], { learningRate: -1 }),
    OptionError,
    'SGD: option "learningRate" must be a number ≥ 0, got -1',
  ],
  AdaGrad: [
    () => new optim.AdaGrad([w], { learningRate: 0.1, epsilon: -1 }),
    OptionError,
    'AdaGrad: option "epsilon" must be a number ≥ 0, got -1',
  ],
  RMSProp: [
    () => new optim.RMSProp([w], { learningRate: 0.1, momentum: 1 }),
    OptionError,
    'RMSProp: option "momentum" must be a number in [0, 1), got 1',
  ],
  Adam: [
    () => new optim.Adam([w], { learningRate: 0.1, betas: [0.9] }),
    OptionError,
    'Adam: option "betas" must be two numbers, got [0.9]',
  ],
  AdamW: [() => new optim.AdamW([], { learningRate: 0.1 }), OptionError, "AdamW: no variable to train in []"],
  Optimizer: [
    () => new optim.Optimizer([w], { learningRate: 0.1 }),
    OptionError,
    "Optimizer: check must be a function, got undefined",
  ],
  "Optimizer.loadState": [
    () => new optim.SGD([w], { learningRate: 0.1 }).loadState({}),
    FormatError,
    'loadState: variable is missing: "learningRate"',
  ],
  "Optimizer.step": [
    () => new optim.SGD([w], { learningRate: 0.1 }).step(),
    GradientError,
    "SGD: no parameter has a gradient; call backward() before step()",
  ],
  "Optimizer.accumulate": [
    () => new optim.SGD([w], { learningRate: 0.1 }).accumulate(),
    GradientError,
    "SGD: no parameter has a gradient; call backward() before accumulate()",
  ],
  clipGradNorm: [() => optim.clipGradNorm([w], 1), OptionError, "clipGradNorm: needs an optimiser, got Array(1)"],
  clipGradValue: [
    () => optim.clipGradValue(new optim.SGD([w], { learningRate: 0.1 }), -1),
    OptionError,
    'clipGradValue: option "limit" must be a number ≥ 0, got -1',
  ],
  constantSchedule: [
    () => optim.constantSchedule(-1),
    OptionError,
    'constantSchedule: option "rate" must be a number ≥ 0, got -1',
  ],
  stepSchedule: [
    () => optim.stepSchedule(0.1, { every: 0 }),
    OptionError,
    'stepSchedule: option "every" must be an integer > 0, got 0',
  ],
  multiStepSchedule: [
    () => optim.multiStepSchedule(0.1, { milestones: [5, 2] }),
    OptionError,
    'multiStepSchedule: option "milestones" must ascend, got [5, 2]',
  ],
  exponentialSchedule: [
    () => optim.exponentialSchedule(0.1, { factor: "0.9" }),
    OptionError,
    'exponentialSchedule: option "factor" must be a number ≥ 0, got "0.9"',
  ],
  linearSchedule: [
    () => optim.linearSchedule(0.1, { steps: 0 }),
    OptionError,
    'linearSchedule: option "steps" must be an integer > 0, got 0',
  ],
  cosineSchedule: [
    () => optim.cosineSchedule(0.1),
    OptionError,
    "cosineSchedule: options must be an object, got undefined; known options: steps, end",
  ],
  warmupSchedule: [() => optim.warmupSchedule(5, 0.1), OptionError, "warmupSchedule: needs a schedule, got 0.1"],
  sequenceSchedule: [
    () => optim.sequenceSchedule([[3, 0.1]], optim.constantSchedule(1)),
    OptionError,
    "sequenceSchedule: needs a schedule, got 0.1",
  ],
};
