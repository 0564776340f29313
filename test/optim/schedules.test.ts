import { describe, expect, it } from "vitest";
import { OptionError } from "../../lib/errors.js";
import {
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  linearSchedule,
  multiStepSchedule,
  type Schedule,
  sequenceSchedule,
  stepSchedule,
  warmupSchedule,
} from "../../lib/optim/index.js";

const rates = (schedule: Schedule, count: number) => Array.from({ length: count }, (_, step) => schedule(step));

describe("schedules", () => {
  it("stay, or fall by factors", () => {
    expect(rates(constantSchedule(3), 3)).toEqual([3, 3, 3]);
    expect(rates(stepSchedule(8, { every: 2, factor: 0.5 }), 6)).toEqual([8, 8, 4, 4, 2, 2]);
    expect(rates(multiStepSchedule(8, { milestones: [1, 4], factor: 0.25 }), 6)).toEqual([8, 2, 2, 2, 0.5, 0.5]);
    expect(rates(exponentialSchedule(8, { factor: 0.5 }), 4)).toEqual([8, 4, 2, 1]);
    expect(stepSchedule(1, { every: 1 })(1)).toBe(0.1);
    expect(multiStepSchedule(1, { milestones: [] })(9)).toBe(1);
  });

  it("reach an end, where they stay", () => {
    expect(rates(linearSchedule(4, { steps: 4 }), 6)).toEqual([4, 3, 2, 1, 0, 0]);
    expect(rates(linearSchedule(4, { steps: 2, end: 1 }), 4)).toEqual([4, 2.5, 1, 1]);
    const cosine = rates(cosineSchedule(4, { steps: 4, end: 2 }), 6);
    [4, 3 + Math.SQRT1_2, 3, 3 - Math.SQRT1_2, 2, 2].forEach((expected, step) => {
      expect(cosine[step]).toBeCloseTo(expected, 14);
    });
  });

  it("are put together", () => {
    expect(rates(warmupSchedule(3, linearSchedule(4, { steps: 2 })), 6)).toEqual([1, 2, 3, 4, 2, 0]);
    const parts = sequenceSchedule(
      [
        [2, constantSchedule(5)],
        [3, linearSchedule(3, { steps: 3 })],
      ],
      constantSchedule(1),
    );
    expect(rates(parts, 7)).toEqual([5, 5, 3, 2, 1, 1, 1]);
  });

  const wrong: readonly [() => unknown, string][] = [
    [() => constantSchedule(-1), 'constantSchedule: option "rate" must be a number ≥ 0, got -1'],
    [() => stepSchedule(1, { every: 0 }), 'stepSchedule: option "every" must be an integer > 0, got 0'],
    [() => stepSchedule(1, { evry: 1 } as never), 'did you mean "every"?'],
    [() => multiStepSchedule(1, { milestones: [3, 2] }), 'option "milestones" must ascend, got [3, 2]'],
    [() => multiStepSchedule(1, { milestones: 3 as never }), 'option "milestones" must be a list of integers, got 3'],
    [() => exponentialSchedule(1, {} as never), 'exponentialSchedule: option "factor" must be a number ≥ 0'],
    [() => cosineSchedule(1, { steps: 1.5 }), 'cosineSchedule: option "steps" must be an integer > 0, got 1.5'],
    [() => warmupSchedule(5, 0.1 as never), "warmupSchedule: needs a schedule, got 0.1"],
    [() => sequenceSchedule(5 as never, constantSchedule(1)), "parts must be a list of [steps, schedule], got 5"],
    [() => sequenceSchedule([5, constantSchedule(1)] as never, constantSchedule(1)), "parts must be a list of"],
    [() => sequenceSchedule([[0, constantSchedule(1)]], constantSchedule(1)), 'option "steps" must be an integer > 0'],
  ];

  it.each(wrong)("refuse what is out of range: %s", (make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });
});
