/** What layers that move windows over their input share: checks at the line that makes the layer, not at its first call. */

import { OptionError } from "../errors.js";
import { checkCount, checkLayout, checkPair, resolvePadding } from "../ops/window.js";

/** Options of convolutions and poolings, as given. */
interface WindowOptions {
  readonly stride?: unknown;
  readonly padding?: unknown;
  readonly dilation?: unknown;
  readonly layout?: unknown;
}

/**
 * @internal Checks how windows move over images.
 *
 * @throws {OptionError} for an option that is wrong for images of any size.
 */
export function checkWindows(op: string, options: WindowOptions): void {
  const { stride = 1, padding = 0, dilation = 1, layout = "NCHW" } = options;
  checkPair(op, "stride", stride);
  checkPair(op, "dilation", dilation);
  checkLayout(op, layout);
  resolvePadding(op, padding, { n: 1, c: 1, h: 1, w: 1 }, [1, 1], [1, 1]);
}

/**
 * @internal The number of groups that channels are cut into.
 *
 * @throws {OptionError} unless they are positive integers and divide the channels.
 */
export function checkChannels(op: string, inputs: number, outputs: number, groups = 1): number {
  checkCount(op, "inputs", inputs);
  checkCount(op, "outputs", outputs);
  checkCount(op, "groups", groups);
  if (inputs % groups === 0 && outputs % groups === 0) return groups;
  throw new OptionError(`${op}: ${inputs} inputs and ${outputs} outputs do not divide into ${groups} groups`);
}
