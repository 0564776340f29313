/** What is measured: groups of cases, in each of which contestants do the same work. */

/** Does a piece of work `count` times and returns the seconds a unit of it took. */
export type Runner = (count: number) => number;

/** Somebody who does the work of a case, in a process of its own. */
export interface Contestant {
  readonly name: string;
  /** nodegrad: prepares the work in this process. */
  readonly start?: () => Runner;
  /** A peer: a script in bench/peers/ and its arguments. */
  readonly script?: readonly string[];
}

/** What a case should reach: at most so many seconds a unit, or at most this ratio to the fastest peer. */
export type Target = { readonly seconds: number } | { readonly ratio: number };

/** One piece of work. */
export interface Case {
  /** Unique in its group. */
  readonly name: string;
  readonly threads: number;
  readonly target?: Target;
  /** Floating-point operations of a unit of work, for the share of what the machine can do. */
  readonly flops?: number;
  /** nodegrad first, then its peers. */
  readonly contestants: readonly Contestant[];
}

/** Cases that are printed as one table. */
export interface Group {
  readonly name: string;
  /** What one unit of work is, for the heading. */
  readonly unit: string;
  /** @param threads Numbers of threads to measure with. */
  cases(threads: readonly number[]): readonly Case[];
}

/** Turns a piece of work, of one unit or more, into a runner. */
export function repeat(work: () => unknown, units = 1): Runner {
  return (count) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) work();
    return (performance.now() - start) / 1000 / (count * units);
  };
}
