/** How contestants are started: the command line of each, and programs that are compiled first. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Case, Contestant, Group, Limit } from "./case.js";

/** A process to start. */
export interface Command {
  readonly words: readonly [program: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

// Compiled benchmarks lie in dist/bench/harness; what needs no compiling, or is compiled on demand, stays in bench.
const SOURCES = new URL("../../../bench/", import.meta.url);
const PEERS = new URL("peers/", SOURCES);
const LIMITS = new URL("limits/", SOURCES);
const MODULES = new URL("../peers/", import.meta.url);
const WORKER = new URL("./worker.js", import.meta.url);

/** Starts contestants; keeps the programs it has compiled until it is disposed of. */
export class Workshop implements Disposable {
  readonly #python: string;
  readonly #programs = new Map<string, string>();
  #folder: string | undefined;

  /** @param python Interpreter of the peers' scripts. */
  constructor(python: string) {
    this.#python = python;
  }

  /**
   * The command of a contestant of a case.
   *
   * @throws Error, of one line, where its program cannot be compiled.
   */
  contestant(group: Group, { name, threads }: Case, contestant: Contestant): Command {
    if ("start" in contestant) {
      const args = [fileURLToPath(WORKER), group.name, name, String(threads), contestant.name];
      return {
        words: [process.execPath, ...args],
        environment: { NODEGRAD_BACKEND: contestant.backend ?? "native" },
      };
    }
    if ("script" in contestant) {
      const [file, ...args] = contestant.script;
      return { words: [this.#python, fileURLToPath(new URL(file, PEERS)), String(threads), ...args] };
    }
    if ("module" in contestant) {
      const [file, ...args] = contestant.module;
      return { words: [process.execPath, fileURLToPath(new URL(file, MODULES)), String(threads), ...args] };
    }
    const [file, ...args] = contestant.program;
    return { words: [this.#compile(new URL(file, PEERS), contestant.flags), String(threads), ...args] };
  }

  /**
   * The command that measures a limit; its unit of work is one floating-point operation, or one byte.
   *
   * @throws Error, of one line, where its program cannot be compiled.
   */
  limit(limit: Limit, threads: number, bytes: number): Command {
    if (limit === "fma") return { words: [this.#compile(new URL("fma.c", LIMITS)), String(threads)] };
    return { words: [this.#compile(new URL("memory.c", LIMITS)), String(threads), limit, String(bytes)] };
  }

  [Symbol.dispose](): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #compile(source: URL, flags: readonly string[] = []): string {
    const key = [source.href, ...flags].join(" ");
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    this.#folder ??= mkdtempSync(join(tmpdir(), "nodegrad-bench-"));
    const path = fileURLToPath(source);
    const binary = join(this.#folder, `${basename(path)}-${this.#programs.size}`);
    const compiler = path.endsWith(".c") ? "cc" : "c++";
    try {
      // Libraries come last: a linker takes from them what is missing so far.
      execFileSync(compiler, ["-O3", "-march=native", "-pthread", "-o", binary, path, ...flags], { stdio: "pipe" });
    } catch (error) {
      throw new Error(`${compiler} cannot compile ${basename(path)}: ${firstError(error)}`);
    }
    this.#programs.set(key, binary);
    return binary;
  }
}

/** What a compiler complained of first. */
function firstError(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: Buffer };
  const lines = (stderr?.length ? stderr.toString() : message).trim().split("\n");
  return (lines.find((line) => /error|cannot find/i.test(line)) ?? lines[0] ?? "no reason given").trim();
}
