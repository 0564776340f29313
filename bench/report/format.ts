/** Numbers and names as people read them. */

import type { Target } from "../harness/case.js";
import type { Result } from "../harness/result.js";

/** Three digits and the unit that fits: `1.23 ms`. */
export function formatSeconds(seconds: number): string {
  for (const [unit, size] of [
    ["s", 1],
    ["ms", 1e-3],
    ["µs", 1e-6],
  ] as const) {
    if (seconds >= size) return `${digits(seconds / size)} ${unit}`;
  }
  return `${digits(seconds * 1e9)} ns`;
}

/** A figure of a case: bytes where that is its unit, otherwise seconds. */
export function formatFigure({ unit }: Pick<Result, "unit">, value: number): string {
  return unit === "bytes" ? `${digits(value / 1e6)} MB` : formatSeconds(value);
}

/** Three digits, and all of those before the point. */
function digits(value: number): string {
  return value >= 999.5 ? value.toFixed(0) : value.toPrecision(3);
}

/** Two digits behind the point, and two that count: `0.85`, `0.006`. */
export function formatRatio(ratio: number): string {
  return ratio >= 0.095 ? ratio.toFixed(2) : String(Number(ratio.toPrecision(2)));
}

/** Whole, but for what would be nothing: `93 %`, `0.2 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 1 || value === 0 ? Math.round(value) : Number(value.toPrecision(1))} %`;
}

/** `1 thread`, `2 threads`. */
export function formatThreads(threads: number): string {
  return `${threads} ${threads === 1 ? "thread" : "threads"}`;
}

/**
 * What a contestant that takes so many seconds does in a second: bytes where memory limits the case, floating-point
 * operations otherwise; empty where the case counts neither.
 */
export function formatRate({ flops, bytes, limit }: Result, seconds: number): string {
  const ofMemory = flops === undefined || (limit !== undefined && limit !== "fma");
  if (bytes !== undefined && ofMemory) return `${digits(bytes / seconds / 1e9)} GB/s`;
  return flops === undefined ? "" : `${digits(flops / seconds / 1e9)} GFLOP/s`;
}

/** `≤ 0.85 × best peer`; empty where there is no target. */
export function formatTarget({ target, unit }: Pick<Result, "target" | "unit">): string {
  if (target === undefined) return "";
  if ("share" in target) return `≥ ${percent(target.share)}`;
  return "seconds" in target ? `≤ ${formatFigure({ unit }, target.seconds)}` : `≤ ${formatRatio(target.ratio)}`;
}

/** `reached` or `missed`; empty where there is nothing to compare. */
export function verdict({ target, nodegrad, ratio }: Result): string {
  const reached = isReached(target, {
    seconds: nodegrad?.median,
    share: nodegrad?.share?.median,
    ratio: ratio?.median,
  });
  if (reached === undefined) return "";
  return reached ? "reached" : "missed";
}

/** What a target can ask for, of a case that was measured. */
interface Figures {
  readonly seconds: number | undefined;
  readonly share: number | undefined;
  readonly ratio: number | undefined;
}

/** Whether a target is reached; undefined where there is nothing to compare. */
export function isReached(target: Target | undefined, { seconds, share, ratio }: Figures): boolean | undefined {
  if (target === undefined) return undefined;
  if ("share" in target) return share === undefined ? undefined : share >= target.share;
  if ("seconds" in target) return seconds === undefined ? undefined : seconds <= target.seconds;
  return ratio === undefined ? undefined : ratio <= target.ratio;
}
