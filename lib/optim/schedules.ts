/**
 * Learning rates that change as training goes on: functions of the number of steps (or epochs) made, from 0. They are
 * plain numbers, so nothing is compiled anew:
 *
 * ```ts
 * const schedule = warmupSchedule(100, cosineSchedule(1e-3, { steps: 2000 }));
 * for (let t = 0; t < 2000; t++) {
 *   optimizer.learningRate = schedule(t);
 *   step(x, y);
 * }
 * ```
 *
 * or `step(x, y, schedule(t))` for a compiled function that sets the rate to its argument, which is one call less.
 */

import { checkOptions, OptionError, show } from "../errors.js";
import { checkNonNegative } from "./optimizer.js";

/** The learning rate of a step: 0 is the first one. */
export type Schedule = (step: number) => number;

/** How a rate falls towards its end. */
export interface DecayOptions {
  /** After how many steps the end is reached, an integer > 0; from there on it stays. */
  readonly steps: number;
  /** The rate at the end (default 0). */
  readonly end?: number;
}

/** The same rate in every step. @throws {OptionError} unless it is a finite number ≥ 0. */
export function constantSchedule(rate: number): Schedule {
  checkNonNegative("constantSchedule", "rate", rate);
  return scheduled(() => rate);
}

/**
 * rate · factor^⌊step / every⌋: multiplied by the factor (default 0.1) at regular intervals.
 *
 * @throws {OptionError} for a number out of range.
 */
export function stepSchedule(rate: number, options: { readonly every: number; readonly factor?: number }): Schedule {
  checkOptions("stepSchedule", options, ["every", "factor"]);
  const { every, factor = 0.1 } = options;
  checkRates("stepSchedule", { rate, factor });
  checkSteps("stepSchedule", "every", every);
  return scheduled((step) => rate * factor ** Math.floor(step / every));
}

/**
 * rate · factor^(how many milestones are ≤ step): multiplied by the factor (default 0.1) at the milestones.
 *
 * @param options `milestones`: numbers of steps, integers > 0 in ascending order.
 * @throws {OptionError} for a number out of range or out of order.
 */
export function multiStepSchedule(
  rate: number,
  options: { readonly milestones: readonly number[]; readonly factor?: number },
): Schedule {
  checkOptions("multiStepSchedule", options, ["milestones", "factor"]);
  const { factor = 0.1 } = options;
  checkRates("multiStepSchedule", { rate, factor });
  const milestones = checkAscending("multiStepSchedule", options.milestones);
  return scheduled((step) => rate * factor ** milestones.filter((milestone) => milestone <= step).length);
}

/** rate · factor^step. @throws {OptionError} for a number out of range. */
export function exponentialSchedule(rate: number, options: { readonly factor: number }): Schedule {
  checkOptions("exponentialSchedule", options, ["factor"]);
  const { factor } = options;
  checkRates("exponentialSchedule", { rate, factor });
  return scheduled((step) => rate * factor ** step);
}

/** From the rate to its end along a straight line. @throws {OptionError} for a number out of range. */
export function linearSchedule(rate: number, options: DecayOptions): Schedule {
  return decay("linearSchedule", rate, options, (share) => 1 - share);
}

/**
 * From the rate to its end along half a cosine: end + (rate − end) · (1 + cos(π · step / steps)) / 2 (Loshchilov and
 * Hutter, "SGDR: stochastic gradient descent with warm restarts").
 *
 * @throws {OptionError} for a number out of range.
 */
export function cosineSchedule(rate: number, options: DecayOptions): Schedule {
  return decay("cosineSchedule", rate, options, (share) => (1 + Math.cos(Math.PI * share)) / 2);
}

/**
 * First a warm-up, then another schedule, which starts counting when it is over: in its steps t = 0, 1, … the rate is
 * (t + 1) / (steps + 1) of the schedule's first one. Adam's averages and batch statistics settle before steps are long.
 *
 * @param steps How long it takes, an integer > 0.
 * @throws {OptionError} unless they are.
 */
export function warmupSchedule(steps: number, schedule: Schedule): Schedule {
  checkSteps("warmupSchedule", "steps", steps);
  checkSchedule("warmupSchedule", schedule);
  return scheduled((step) => (step < steps ? (schedule(0) * (step + 1)) / (steps + 1) : schedule(step - steps)));
}

/**
 * One schedule after another, each counting from its own start: `sequenceSchedule([[100, first], [200, second]], last)`.
 *
 * @param parts How many steps each schedule takes, an integer > 0, and the schedule.
 * @param last The schedule after all of them.
 * @throws {OptionError} for anything else.
 */
export function sequenceSchedule(
  parts: readonly (readonly [steps: number, schedule: Schedule])[],
  last: Schedule,
): Schedule {
  // Copied: a hole of a list is undefined then.
  if (!Array.isArray(parts) || ![...parts].every(Array.isArray)) {
    throw new OptionError(`sequenceSchedule: parts must be a list of [steps, schedule], got ${show(parts)}`);
  }
  for (const [steps, schedule] of parts) {
    checkSteps("sequenceSchedule", "steps", steps);
    checkSchedule("sequenceSchedule", schedule);
  }
  checkSchedule("sequenceSchedule", last);
  return scheduled((step) => {
    let start = 0;
    for (const [steps, schedule] of parts) {
      if (step < start + steps) return schedule(step - start);
      start += steps;
    }
    return last(step - start);
  });
}

/** A schedule that refuses what is no number. */
function scheduled(schedule: Schedule): Schedule {
  return (step) => {
    if (typeof step === "number") return schedule(step);
    throw new OptionError(`schedule: step must be a number, got ${show(step)}`);
  };
}

/** @param left How much of the way from the end to the rate is left after a share of the steps. */
function decay(op: string, rate: number, options: DecayOptions, left: (share: number) => number): Schedule {
  checkOptions(op, options, ["steps", "end"]);
  const { steps, end = 0 } = options;
  checkRates(op, { rate, end });
  checkSteps(op, "steps", steps);
  return scheduled((step) => end + (rate - end) * left(Math.min(step / steps, 1)));
}

function checkRates(op: string, rates: Readonly<Record<string, number>>): void {
  for (const [name, rate] of Object.entries(rates)) checkNonNegative(op, name, rate);
}

function checkSteps(op: string, name: string, steps: unknown): void {
  if (Number.isInteger(steps) && (steps as number) > 0) return;
  throw new OptionError(`${op}: option "${name}" must be an integer > 0, got ${show(steps)}`);
}

function checkAscending(op: string, milestones: readonly number[]): readonly number[] {
  if (!Array.isArray(milestones)) {
    throw new OptionError(`${op}: option "milestones" must be a list of integers, got ${show(milestones)}`);
  }
  milestones.forEach((milestone, i) => {
    checkSteps(op, "milestones", milestone);
    if (i > 0 && milestone <= milestones[i - 1]) {
      throw new OptionError(`${op}: option "milestones" must ascend, got ${show(milestones)}`);
    }
  });
  return [...milestones];
}

function checkSchedule(op: string, schedule: unknown): void {
  if (typeof schedule !== "function") throw new OptionError(`${op}: needs a schedule, got ${show(schedule)}`);
}
