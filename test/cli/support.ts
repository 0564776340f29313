/** `nodegrad` as the process users start. Built by `npm run build`. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

export const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** How a command ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `nodegrad` in a folder of its own, which is removed after the tests of the file. */
export class Terminal {
  readonly folder = mkdtempSync(join(tmpdir(), "nodegrad-cli-"));

  constructor() {
    afterAll(() => rmSync(this.folder, { recursive: true }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [main, ...args], { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
  }

  run(...args: string[]): Promise<Ending> {
    return endingOf(this.start(...args));
  }

  /** The one line of JSON that a command ends with. */
  async json(...args: string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.run(...args, "--json");
    expect(code, stderr).toBe(0);
    expect(stdout.split("\n")).toHaveLength(2);
    return JSON.parse(stdout);
  }

  /** Runs what must fail as a mistake does: one line, exit code 1. Returns the line. */
  async mistake(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    expect(stderr.split("\n")).toEqual([expect.stringMatching(/^error: /), ""]);
    expect(stdout).toBe("");
    expect(code).toBe(1);
    return stderr.trim();
  }
}

/** What a process wrote, when it has ended. */
export function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.on("data", (text) => {
        texts[name] += text;
      });
    }
    child.on("close", (code) => resolve({ code, ...texts }));
  });
}

/** Resolves when a process has written something that matches. */
export function written(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (part) => {
        text += part;
        if (pattern.test(text)) resolve();
      });
    }
  });
}

/** Few enough images for the reference backend, in batches of which the last is smaller. */
export const few = ["--limit", "100", "--batch", "32"];
