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
  let done = 0;
  return {
    onPassStart({ epoch, epochs }, phase) {
      done = 0;
      const total = totals[phase];
      const label = phase === "training" ? `epoch ${epoch + 1}/${epochs}` : "test";
      if (total !== undefined) current = progress(total, { ...shown, label });
    },
    onBatchEnd(_, _phase, { examples: count, values }) {
      done = count;
      current?.update(count, values);
    },
    onPassEnd(_, phase) {
      current?.stop();
      current = undefined;
      totals[phase] = done;
    },
  };
}
