/** What comes of a call: its kind of value, or its error; and what is wrong with that. */

import { Script } from "node:vm";
import { InternalError, NodegradError, Tensor } from "../../lib/index.js";
import { Bug, callbacks } from "./wrong.js";

export type Outcome = { readonly kind: string } | { readonly error: unknown };

/** A call that takes longer hangs: the machine may be busy, so this is far above what any call here takes. */
const HANGS_MS = 20_000;

/** Memory that a call may take beyond what the process has had. */
const MAX_BYTES = 2 ** 30;

/** Results with more elements are not computed: nobody here asked for them. */
const MAX_ELEMENTS = 2 ** 17;

let body: () => unknown = () => undefined;
Object.assign(globalThis, { __callFuzzed: () => body() });
const script = new Script("__callFuzzed()", { filename: "watched.js" });

/** Runs a function, and stops it if it hangs. */
function watched<T>(call: () => T): T {
  body = call;
  return script.runInThisContext({ timeout: HANGS_MS }) as T;
}

/** What a call gives once everything in it has been computed. */
export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  callbacks.thrown = 0;
  try {
    const value = watched(call);
    return { kind: await kindOf(value instanceof Promise ? await value : value) };
  } catch (error) {
    return { error };
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** A text that is the same for values of the same kind; computes tensors, and reads the first items of iterators. */
async function kindOf(value: unknown, depth = 0): Promise<string> {
  if (value instanceof Tensor) {
    const { dtype, shape, size } = value;
    if (size <= MAX_ELEMENTS) watched(() => value.dataSync());
    return `${dtype}[${shape.join(", ")}]`;
  }
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const name = value.constructor?.name ?? "Object";
  const isGenerator = Symbol.toStringTag in value && /Generator|Iterator/.test(String(value[Symbol.toStringTag]));
  if (isGenerator) return `${name} of ${await firstOf(value, depth)}`;
  if (depth === 3 || (name !== "Object" && name !== "Array")) return name.replace(/^(Native|Reference)/, "");
  const items = Object.entries(value).slice(0, 12);
  const kinds: string[] = [];
  for (const [key, item] of items) kinds.push(`${key}: ${await kindOf(item, depth + 1)}`);
  return `${name} { ${kinds.join(", ")} }`;
}

async function firstOf(iterator: object, depth: number): Promise<string> {
  const { next, return: end } = iterator as AsyncIterator<unknown>;
  const { value } = await next.call(iterator);
  const kind = await kindOf(value, depth + 1);
  await end?.call(iterator);
  return kind;
}

/** The frames of a stack that lie in files. */
function framesOf({ stack = "" }: Error): string[] {
  return stack.split("\n").filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
}

/** The first frame of a stack that lies in a file, and not in nodegrad's. */
function firstFrameOutside(error: Error): string | undefined {
  return framesOf(error).find((frame) => !/\/lib\/|node:|node_modules|watched\.js/.test(frame));
}

/** Whether an error was made in a function of the caller, which could not cope with what it was given. */
function isCallers(error: unknown): boolean {
  const [top = ""] = error instanceof TypeError ? framesOf(error) : [];
  return top.includes("/test/fuzz/") && !top.includes("outcome.ts");
}

/** What is wrong with an outcome, or undefined. */
export function complaintAbout(outcome: Outcome): string | undefined {
  const error = "error" in outcome ? outcome.error : undefined;
  if (error instanceof Bug) return undefined;
  if (callbacks.thrown > 0)
    return `the error of a callback became ${"error" in outcome ? textOf(error) : outcome.kind}`;
  if (!("error" in outcome) || isCallers(error)) return undefined;
  if (!(error instanceof NodegradError)) return `an error that is not nodegrad's: ${textOf(error)}`;
  if (error instanceof InternalError) return `an internal error: ${textOf(error)}`;
  if (!/^[^:]*: ./s.test(error.message)) return `a message of another form: ${error.message}`;
  if (error.message.length > 2000) return `a message of ${error.message.length} characters`;
  if (!firstFrameOutside(error)?.includes("/test/fuzz/")) return `a stack without the caller: ${error.stack}`;
  return undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? String(error.stack) : `thrown: ${typeof error}`;
}

/** What differs between two outcomes of the same call, or undefined. */
export function differenceOf(reference: Outcome, native: Outcome): string | undefined {
  const [a, b] = [nameOf(reference), nameOf(native)];
  // float64 exists on the reference backend only.
  if (a === b || (b === "DTypeError" && /float64/.test(String((native as { error: Error }).error.message))))
    return undefined;
  return `reference: ${a}, native: ${b}`;
}

function nameOf(outcome: Outcome): string {
  return "error" in outcome ? String((outcome.error as Error | undefined)?.name) : outcome.kind;
}

let largest = process.resourceUsage().maxRSS;

/** Bytes by which the memory of the process has grown beyond what it has ever been, if that is too much. */
export function excessOfMemory(): string | undefined {
  const before = largest;
  largest = process.resourceUsage().maxRSS;
  const grown = (largest - before) * 1024;
  return grown > MAX_BYTES ? `took ${Math.round(grown / 2 ** 20)} MiB` : undefined;
}
