/** Choosing what to write next. */

import type { Random } from "../data/index.js";
import { OptionError, show } from "../errors.js";
import { softmax, tensor } from "../ops/index.js";

/** @throws {OptionError} unless it is a number ≥ 0. */
export function checkTemperature(op: string, temperature: unknown): number {
  if (typeof temperature === "number" && Number.isFinite(temperature) && temperature >= 0) return temperature;
  throw new OptionError(`${op}: option "temperature" must be a number ≥ 0, got ${show(temperature)}`);
}

/**
 * A place among scores, drawn with the probabilities softmax(scores / temperature); at temperature 0 the place of the
 * largest, the first one of equals.
 *
 * @throws {OptionError} for a score that is NaN, as models give whose training has diverged.
 */
export function draw(op: string, scores: ArrayLike<number>, temperature: number, random: Random): number {
  const values = Array.from(scores);
  if (values.some(Number.isNaN)) throw new OptionError(`${op}: the model gives scores that are NaN`);
  const best = values.indexOf(Math.max(...values));
  if (temperature === 0) return best;
  const shares = softmax(
    tensor(values)
      .sub(values[best] as number)
      .div(temperature),
  ).dataSync();
  let left = random.uniform();
  const index = shares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return index < 0 ? best : index;
}
