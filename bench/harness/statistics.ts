/** Medians: on a machine that does other things too, means say little. */

/** What is known of repeated measurements. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
}

/** @param values At least one. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return {
    median,
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median,
  };
}

/** Between the two nearest of the sorted values, in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

/** @param values At least one, all positive. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
