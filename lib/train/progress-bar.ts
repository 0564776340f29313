/** The progress of a training, shown while it runs. */

import { checkOptions } from "../errors.js";
import type { Callback, Phase } from "./callback.js";
import { type Progress, type ProgressOptions, progress } from "./progress.js";

/** Options of `progressBar`. */
export interface ProgressBarOptions extends Pick<ProgressOptions, "stream" | "unit"> {
  /** Examples in a pass, where they are known: without them a pass is shown from the second epoch on. */
  readonly examples?: Partial<Record<Phase, number>>;
}

/**
 * A callback that shows each pass: a bar on a terminal, a line now and then in a log, with loss and accuracy so far,
 * examples per second and time left.
 *
 * @throws {OptionError} for an unknown option.
 */
export function progressBar(options: ProgressBarOptions = {}): Callback {
  checkOptions("progressBar", options, ["stream", "unit", "examples"]);
  const { examples, ...shown } = options;
  const totals: Partial<Record<Phase, number>> = { ...examples };
  let current: Progress | undefined;
  let [done, seconds] = [0, 0];
  return {
    onPassStart({ epoch, epochs }, phase) {
      [done, seconds] = [0, 0];
      const total = totals[phase];
      const label = phase === "training" ? `epoch ${epoch + 1}/${epochs}` : "test";
      if (total !== undefined) current = progress(total, { ...shown, label, now: () => 1000 * seconds });
    },
    onBatchEnd(_, _phase, { examples, seconds: taken, values }) {
      [done, seconds] = [examples, taken];
      current?.update(done, values);
    },
    onPassEnd(_, phase) {
      current?.stop();
      current = undefined;
      if (done > 0) totals[phase] = done;
    },
  };
}
