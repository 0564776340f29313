/** Runs a case: every contestant in a process of its own, all of them by turns. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Case, Contestant, Group } from "./group.js";
import { type Summary, summarize } from "./statistics.js";

/** How long to measure. */
export interface Effort {
  /** How often each contestant gets its turn. */
  readonly rounds: number;
  /** About how long a turn lasts. */
  readonly turnSeconds: number;
}

/** Programs that contestants need. */
export interface Tools {
  /** The interpreter of the peers' scripts. */
  readonly python: string;
  /** Measures the machine (peak.c); undefined where it could not be compiled. */
  readonly peak: string | undefined;
}

/** What a case gave. */
export interface Result {
  readonly group: string;
  readonly case: string;
  readonly threads: number;
  readonly target: Case["target"];
  /** Seconds a unit, by contestant; those that could not run are in `absent`. */
  readonly seconds: Readonly<Record<string, Summary>>;
  /** nodegrad's time over the fastest peer's, round by round. */
  readonly ratio: Summary | undefined;
  /** Floating-point operations a second of nodegrad, where the case counts them. */
  readonly flopRate: number | undefined;
  /** The most that the machine did in the same rounds. */
  readonly peakFlopRate: number | undefined;
  /** Contestants that did not start, and why. */
  readonly absent: Readonly<Record<string, string>>;
}

/** Threads that spin after their work, as OpenMP's do for a while, get this long to fall asleep. */
const PAUSE_MS = 10;

/** The contestant that only shows what the machine can do; its unit of work is one floating-point operation. */
const PEAK = "peak";

/** Compiled benchmarks lie in build-examples/bench/harness; the peers' scripts stay where they are. */
const PEERS = new URL("../../../bench/peers/", import.meta.url);
const WORKER = new URL("./worker.js", import.meta.url);

export async function runCase(group: Group, contest: Case, effort: Effort, tools: Tools): Promise<Result> {
  const { name, threads, target, flops } = contest;
  const entries = contest.contestants.map((contestant) => {
    return [contestant.name, command(group, contest, contestant, tools.python)] as const;
  });
  if (flops !== undefined && tools.peak !== undefined) entries.push([PEAK, [tools.peak, String(threads)]]);
  const racers = new Map<string, Racer>();
  const absent: Record<string, string> = {};
  try {
    for (const [name, words] of entries) {
      const racer = new Racer(name, words, threads);
      const trouble = await racer.warmUp(effort.turnSeconds);
      if (trouble === undefined) racers.set(name, racer);
      else absent[name] = trouble;
    }
    for (let round = 0; round < effort.rounds; round++) {
      for (const racer of racers.values()) await racer.turn();
    }
  } finally {
    for (const racer of racers.values()) racer.stop();
  }
  const peak = racers.get(PEAK);
  racers.delete(PEAK);
  const own = racers.get(contest.contestants[0]?.name ?? "");
  const peers = [...racers.values()].filter((racer) => racer !== own);
  return {
    group: group.name,
    case: name,
    threads,
    target,
    seconds: Object.fromEntries([...racers].map(([name, { times }]) => [name, summarize(times)])),
    ratio: own === undefined ? undefined : ratioToBest(own, peers),
    flopRate: own === undefined || flops === undefined ? undefined : flops / summarize(own.times).median,
    peakFlopRate: peak === undefined ? undefined : 1 / summarize(peak.times).median,
    absent,
  };
}

function command(
  { name: group }: Group,
  { name, threads }: Case,
  { name: contestant, script }: Contestant,
  python: string,
): readonly string[] {
  if (script === undefined) return [process.execPath, fileURLToPath(WORKER), group, name, String(threads), contestant];
  const [file, ...args] = script as [string, ...string[]];
  return [python, fileURLToPath(new URL(file, PEERS)), String(threads), ...args];
}

/** Rounds are compared one by one, so that what slows the machine for a while slows both sides. */
function ratioToBest(own: Racer, peers: readonly Racer[]): Summary | undefined {
  if (peers.length === 0) return undefined;
  const best = peers.reduce((a, b) => (summarize(b.times).median < summarize(a.times).median ? b : a));
  return summarize(own.times.map((time, round) => time / (best.times[round] as number)));
}

/** A contestant at work. */
class Racer {
  readonly name: string;
  /** Seconds a unit, one per turn. */
  readonly times: number[] = [];
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #errors = "";
  #count = 1;

  constructor(name: string, [program, ...args]: readonly string[], threads: number) {
    this.name = name;
    this.#child = spawn(program as string, args, { env: environment(threads), stdio: ["pipe", "pipe", "pipe"] });
    this.#child.on("error", (error) => {
      this.#errors += error.message;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.#lines = createInterface(this.#child.stdout as NodeJS.ReadableStream);
  }

  /**
   * Repeats until caches are warm and code is compiled, and finds how many repetitions fill a turn.
   *
   * @returns Why the contestant is absent; undefined when it is ready.
   */
  async warmUp(turnSeconds: number): Promise<string | undefined> {
    if ((await this.#nextLine()) !== "ready") return this.#trouble();
    for (;;) {
      const start = performance.now();
      if ((await this.#run()) === undefined) return this.#trouble();
      const seconds = (performance.now() - start) / 1000;
      if (seconds >= turnSeconds / 2) {
        this.#count = Math.max(1, Math.round((this.#count * turnSeconds) / seconds));
        return undefined;
      }
      this.#count *= 2;
    }
  }

  async turn(): Promise<void> {
    const seconds = await this.#run();
    if (seconds === undefined) throw new Error(`${this.name}: ended in the middle: ${this.#trouble()}`);
    this.times.push(seconds);
    await sleep(PAUSE_MS);
  }

  stop(): void {
    this.#child.stdin?.end();
  }

  /** Seconds a unit of work. */
  async #run(): Promise<number | undefined> {
    this.#child.stdin?.write(`run ${this.#count}\n`);
    const line = await this.#nextLine();
    return line === undefined ? undefined : Number(line);
  }

  /** The next line the contestant prints; undefined when it has ended. */
  async #nextLine(): Promise<string | undefined> {
    const ended = new AbortController();
    try {
      const close = once(this.#lines, "close", { signal: ended.signal }).then(() => undefined);
      const line = once(this.#lines, "line", { signal: ended.signal }).then(([text]) => text as string);
      return await Promise.race([line, close]);
    } finally {
      ended.abort();
    }
  }

  /** What the contestant died of: the line of its output that names an error. */
  #trouble(): string {
    this.stop();
    const lines = this.#errors.trim().split("\n");
    return lines.findLast((line) => /\w+Error\b|ENOENT/.test(line))?.trim() ?? (lines.at(-1) || "ended without a word");
  }
}

/** One number of threads for everybody, and the peers at their best. */
function environment(threads: number): NodeJS.ProcessEnv {
  const count = String(threads);
  return {
    ...process.env,
    NODEGRAD_BACKEND: "native",
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    BLIS_NUM_THREADS: count,
  };
}
