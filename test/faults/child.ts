/** Programs run as processes of their own, under limits, so that a crash is seen as one and a hang ends. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is started. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  /** What the shell does before, such as `ulimit -v 1000000`. */
  readonly before?: string;
  /** What ends it as a hang, in milliseconds (default 60 seconds). */
  readonly timeout?: number;
}

/** A process that was started. */
export interface Child {
  readonly process: ChildProcess;
  /** Resolves with its next message, one of those that have come before included. */
  message(): Promise<unknown>;
  /** Resolves when it has ended; rejects when it hangs. */
  readonly ending: Promise<Ending>;
}

const HANG_MS = 60_000;

/** The path of a program in programs/. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.js`, import.meta.url));
}

/** Starts a program of programs/, which uses the built package. */
export function start(name: string, args: readonly string[] = [], options: StartOptions = {}): Child {
  const { env = {}, flags = [], before, timeout = HANG_MS } = options;
  const command = [process.execPath, ...flags, programPath(name), ...args];
  const child = spawn(...(before === undefined ? split(command) : inShell(before, command)), {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk) => {
      text[name] += chunk;
    });
  }
  const messages: unknown[] = [];
  const readers: ((message: unknown) => void)[] = [];
  child.on("message", (message) => {
    const reader = readers.shift();
    if (reader === undefined) messages.push(message);
    else reader(message);
  });
  const ending = new Promise<Ending>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${name} ${args.join(" ")}: no end after ${timeout} ms: ${text.stdout}${text.stderr}`));
    }, timeout);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...text });
    });
  });
  ending.catch(() => {}); // Whoever awaits it is told.
  const message = () =>
    new Promise((resolve) => {
      if (messages.length > 0) resolve(messages.shift());
      else readers.push(resolve);
    });
  return { process: child, message, ending };
}

/** Runs a program of programs/ to its end. */
export function run(name: string, args: readonly string[] = [], options: StartOptions = {}): Promise<Ending> {
  return start(name, args, options).ending;
}

/** The JSON that a program prints. */
export async function runForJson<T>(
  name: string,
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<T> {
  const { code, signal, stdout, stderr } = await run(name, args, options);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
  return JSON.parse(stdout) as T;
}

function split(command: readonly string[]): [string, string[]] {
  return [command[0] as string, command.slice(1)];
}

/** The shell becomes the program, so that signals reach it. */
function inShell(before: string, command: readonly string[]): [string, string[]] {
  return ["/bin/sh", ["-c", `${before} && exec "$@"`, "sh", ...command]];
}
