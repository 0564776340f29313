/** A contestant at work: a process, and the protocol of bench/peers/README.md. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Command } from "./commands.js";
import type { Check } from "./numbers.js";

/** Processes that run; nobody leaves any behind. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A contestant at work. */
export class Racer {
  readonly name: string;
  /** Seconds a unit, one per turn. */
  readonly times: number[] = [];
  /** As the contestant reports it. */
  version = "";
  /** Of what it computes, where that can be compared. */
  check: Check | undefined;
  /** How long a turn lasts, once it is warmed up. */
  turnSeconds = 0;
  readonly #child: ChildProcess;
  /** What it prints; lines wait until they are asked for. */
  readonly #lines: AsyncIterator<string>;
  #errors = "";
  #count = 1;

  constructor(name: string, { words: [program, ...args], environment }: Command, threads: number) {
    this.name = name;
    const env = { ...process.env, ...threadCount(threads), PYTHONDONTWRITEBYTECODE: "1", ...environment };
    this.#child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    running.add(this.#child);
    this.#child.on("close", () => running.delete(this.#child));
    this.#child.on("error", (error) => {
      this.#errors += error.message;
    });
    this.#child.stdin?.on("error", () => {}); // it has ended, which the next line, or none, shows
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.#lines = createInterface(this.#child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]();
  }

  /**
   * Repeats until caches are warm and code is compiled, and finds how many repetitions fill a turn.
   *
   * @throws Error that says, in one line, why the contestant cannot take part.
   */
  async warmUp(turnSeconds: number, patienceSeconds: number): Promise<void> {
    const clock = setTimeout(() => {
      this.#errors += `\nnot ready within ${patienceSeconds} s`;
      this.#child.kill("SIGKILL");
    }, patienceSeconds * 1000);
    try {
      const [, version] = /^ready ?(.*)$/.exec((await this.#nextLine()) ?? "") ?? [];
      if (version === undefined) throw new Error(this.#trouble());
      this.version = version;
      this.check = await this.#askForCheck();
      for (;;) {
        const start = performance.now();
        await this.#run();
        const seconds = (performance.now() - start) / 1000;
        if (seconds >= turnSeconds / 2) {
          const count = Math.max(1, Math.round((this.#count * turnSeconds) / seconds));
          this.turnSeconds = (seconds / this.#count) * count;
          this.#count = count;
          return;
        }
        this.#count *= 2;
      }
    } finally {
      clearTimeout(clock);
    }
  }

  /**
   * Does as many repetitions as fill a turn.
   *
   * @throws Error that says, in one line, why it could not.
   */
  async turn(): Promise<void> {
    this.times.push(await this.#run());
  }

  /** Lets the process end, and waits for it. */
  async stop(): Promise<void> {
    if (!running.has(this.#child)) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "close");
  }

  async #askForCheck(): Promise<Check | undefined> {
    this.#child.stdin?.write("check\n");
    const line = await this.#nextLine();
    if (line === undefined) throw new Error(this.#trouble());
    if (line === "nothing") return undefined;
    const [sum, norm] = line.split(" ").map(Number);
    if (sum === undefined || norm === undefined || !Number.isFinite(sum + norm)) throw new Error(`answered ${line}`);
    return { sum, norm };
  }

  /** Seconds a unit of work. */
  async #run(): Promise<number> {
    this.#child.stdin?.write(`run ${this.#count}\n`);
    const line = await this.#nextLine();
    if (line === undefined) throw new Error(this.#trouble());
    const seconds = Number(line);
    if (!Number.isFinite(seconds)) throw new Error(`answered ${line}`);
    return seconds;
  }

  /** The next line the contestant prints; undefined when it has ended. */
  async #nextLine(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  /** What the contestant died of: the line of its output that names an error. */
  #trouble(): string {
    const lines = this.#errors.trim().split("\n");
    return lines.findLast((line) => /\w+Error\b|ENOENT/.test(line))?.trim() ?? (lines.at(-1) || "ended without a word");
  }
}

/** One number of threads for everybody. */
function threadCount(threads: number): Record<string, string> {
  const names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"];
  return Object.fromEntries(names.map((name) => [name, String(threads)]));
}
