/** Where commands write to. */

import { info } from "../index.js";

/** Writes lines for people, and at the end a line of JSON for programs if that is asked for. */
export interface Output {
  /** A line or more. */
  line(text: string): void;
  /** The result as JSON, if it is wanted. */
  result(values: Readonly<Record<string, unknown>>): void;
}

/** With JSON, standard output carries nothing else. */
export function createOutput(json = false): Output {
  return {
    line: (text) => void (json ? process.stderr : process.stdout).write(`${text}\n`),
    result: (values) => void (json && process.stdout.write(`${JSON.stringify(values)}\n`)),
  };
}

/** What computes: fields of a result. */
export function machine(): { backend: string; target: string; threads: number } {
  const { backend, target, threads } = info();
  return { backend, target, threads };
}

/** `native (avx512, 2 threads)`. */
export function formatMachine(): string {
  const { backend, target, threads } = machine();
  return `${backend} (${target}, ${threads} ${threads === 1 ? "thread" : "threads"})`;
}

/** `98.87 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** `12,345`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
