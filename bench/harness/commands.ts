/** How contestants are started: the command line of each, and programs that are compiled first. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Case, Contestant, Group, Limit } from "./case.js";
import { COMPILED, SOURCES } from "./places.js";

/** A process to start. */
export interface Command {
  readonly words: readonly [program: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

const PEERS = new URL("peers/", SOURCES);
const LIMITS = new URL("limits/", SOURCES);
const MODULES = new URL("peers/", COMPILED);
const WORKER = new URL("harness/worker.js", COMPILED);

/** Knows how to start contestants; keeps the programs it has compiled until this process ends. */
export class Workshop {
  readonly #python: string;
  /** Paths of programs, or why they could not be compiled. */
  readonly #programs = new Map<string, string | Error>();
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

  #compile(source: URL, flags: readonly string[] = []): string {
    const key = [source.href, ...flags].join(" ");
    let program = this.#programs.get(key);
    if (program === undefined) {
      const path = fileURLToPath(source);
      program = compile(path, join(this.#binaries(), `${basename(path)}-${this.#programs.size}`), flags);
      this.#programs.set(key, program);
    }
    if (program instanceof Error) throw program;
    return program;
  }

  /** Folder of the compiled programs. */
  #binaries(): string {
    if (this.#folder === undefined) {
      const folder = mkdtempSync(join(tmpdir(), "nodegrad-bench-"));
      process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
      this.#folder = folder;
    }
    return this.#folder;
  }
}

/** The path of the binary, or why there is none. */
function compile(source: string, binary: string, flags: readonly string[]): string | Error {
  const compiler = source.endsWith(".c") ? "cc" : "c++";
  try {
    // Libraries come last: a linker takes from them what is missing so far.
    execFileSync(compiler, ["-O3", "-march=native", "-pthread", "-o", binary, source, ...flags], { stdio: "pipe" });
    return binary;
  } catch (error) {
    return new Error(`${compiler} cannot compile ${basename(source)}: ${firstError(error)}`);
  }
}

/** What a compiler complained of first. */
function firstError(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: Buffer };
  const lines = (stderr?.length ? stderr.toString() : message).trim().split("\n");
  return (lines.find((line) => /error|cannot find/i.test(line)) ?? lines[0] ?? "no reason given").trim();
}
