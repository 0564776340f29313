/** What is measured: cases, in each of which contestants do the same work. */

/**
 * Does a piece of work `count` times and returns the seconds a unit of it took.
 *
 * The harness asks for as many repetitions as fill a turn, so the clock is read outside the loop.
 */
export interface Runner {
  (count: number): number;
  /** What the work results in, where that can be compared with what other contestants get. */
  readonly result?: () => Float32Array;
}

/** What cases are sorted by, in the order of the report: from what the machine can do to what users do. */
export type Level = "limits" | "overhead" | "kernels" | "blocks" | "training" | "models";

/**
 * Somebody who does the work of a case, in a process of its own.
 *
 * `script`, `module` and `program` name a file of bench/peers and its arguments; the process gets the number of threads
 * before them. They speak the protocol of bench/peers/README.md.
 */
export type Contestant = { readonly name: string } & (
  | {
      /** nodegrad: prepares the work in a process where its backend and number of threads are set. */
      readonly start: () => Runner;
      /** What computes (default: native). The reference backend is shown beside the peers, but is none. */
      readonly backend?: "native" | "reference";
      /** Makes it a peer of itself: on another number of threads than the case has. */
      readonly threads?: number;
    }
  /** Python. */
  | { readonly script: readonly [file: string, ...args: string[]] }
  /** A TypeScript module that calls `serve`, by the name it has when compiled: `["tfjs.js", "gemm"]`. */
  | { readonly module: readonly [file: string, ...args: string[]] }
  /** C or C++, compiled for this machine when it is first needed; `flags` go to the compiler: `["-lopenblas"]`. */
  | { readonly program: readonly [file: string, ...args: string[]]; readonly flags?: readonly string[] }
);

/**
 * What bounds a case on this machine, measured beside it on as many threads: fused multiply-adds on registers (the
 * case has `flops`), or a sweep over `bytes` of memory that reads them all, copies one half to the other, or does so
 * with streaming stores.
 */
export type Limit = "fma" | "read" | "copy" | "stream";

/** What a case should reach: a ratio to the fastest peer or seconds (or bytes) a unit (at most), or a share of its limit (at least). */
export type Target = { readonly ratio: number } | { readonly seconds: number } | { readonly share: number };

/** One piece of work. */
export interface Case {
  /** Unique in its group, whatever the number of threads: `64×500×2450 NT`. */
  readonly name: string;
  readonly threads: number;
  /** What one unit of work is: `step`, `product`, `node`. Of a case in `bytes`, figures are bytes, not seconds. */
  readonly unit: string;
  /** Floating-point operations of a unit. */
  readonly flops?: number;
  /** Bytes that a unit must read and write at least. */
  readonly bytes?: number;
  readonly limit?: Limit;
  readonly target?: Target;
  /** A contestant whose turn takes longer than so many seconds does not take part (default 3). */
  readonly mostSeconds?: number;
  /** Other processes that each keep a processor busy meanwhile; none by default. */
  readonly load?: number;
  /** Part of `--quick`, which runs it with the first peer only. */
  readonly quick?: boolean;
  /** nodegrad first, then the reference backend where it is worth seeing, then peers, the most telling first. */
  readonly contestants: readonly Contestant[];
}

/** Cases that make one table and one chart. */
export interface Group {
  readonly level: Level;
  /** Unique: `matrix products`. */
  readonly name: string;
  /**
   * The cases; making them is cheap, the work is prepared in `start`.
   *
   * @param threads Numbers of threads to measure with.
   */
  cases(threads: readonly number[]): readonly Case[];
}

/** nodegrad as the contestant of a case, on the native backend and, where asked for, also on the reference. */
export function nodegrad(start: () => Runner, { reference = false } = {}): readonly Contestant[] {
  const own = { name: "nodegrad", start };
  return reference ? [own, { name: "reference", start, backend: "reference" }] : [own];
}

/**
 * Turns a piece of work, of one unit or more, into a runner.
 *
 * @param result What the work resulted in, where others can compare with it.
 */
export function repeat(work: () => unknown, units = 1, result?: () => Float32Array): Runner {
  const run = (count: number) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) work();
    return (performance.now() - start) / 1000 / (count * units);
  };
  return Object.assign(run, { result });
}

/** The same for peers whose work ends in a promise, one piece after the other. */
export function repeatAsync(work: () => Promise<unknown>): (count: number) => Promise<number> {
  return async (count) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) await work();
    return (performance.now() - start) / 1000 / count;
  };
}
