/** Files from the network: whole, verified, and continued where an earlier attempt was cut off. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { checkOptions, FormatError, NetworkError, OptionError, show } from "../errors.js";
import { leftoversOf, withOwnFile } from "../io/own-file.js";
import { checkFunction, checkInteger, checkNumber } from "./check.js";

/** How far a download is. */
export interface DownloadProgress {
  /** Where the file goes. */
  readonly path: string;
  /** Bytes that are there, those of earlier attempts included. */
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** How to download. */
export interface TransferOptions {
  /** How long to wait for the next bytes, in milliseconds (default 30,000). */
  timeoutMs?: number;
  /** How often to try every server again (default 3). */
  retries?: number;
  /** How long to wait before trying again, in milliseconds, doubled each time up to 10 minutes (default 500). */
  retryDelayMs?: number;
  /** Called as bytes arrive. What it throws ends the download. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Ends the download: it rejects with the signal's reason, and what has arrived stays for the next attempt. */
  signal?: AbortSignal;
}

/** Names of `TransferOptions`. */
export const TRANSFER_OPTIONS: readonly (keyof TransferOptions)[] = [
  "timeoutMs",
  "retries",
  "retryDelayMs",
  "onProgress",
  "signal",
];

/** Options of `downloadFile`. */
export interface DownloadFileOptions extends TransferOptions {
  /** Where the same file can be had; tried in turn. */
  urls: readonly string[];
  /** Where it goes. Its folder is made when it is not there. */
  path: string;
  /** Its length. */
  bytes: number;
  /** Its SHA-256 in hexadecimal. */
  sha256: string;
}

/** An attempt that failed, and whether the same server may still do. */
class AttemptError extends Error {
  constructor(
    message: string,
    readonly isFinal: boolean,
    readonly isCorrupt = false,
  ) {
    super(message);
  }
}

/** What the caller's `onProgress` has thrown, its `cause`: nothing to try again for. */
class CallerError extends Error {}

/**
 * Downloads a file, unless it is there already with the right checksum.
 *
 * What has arrived when a download fails is kept in `<path>.part` and continued from by the next one, also of another
 * process, as far as the server can; so is, on the same host, what a process that was killed had received. Several
 * downloads of one file at a time do not disturb each other. The file takes its name when it is complete and
 * its checksum is right, so whoever sees it can trust it. A server that sends more than `bytes` is cut off; redirections are
 * followed, but not from https to http.
 *
 * @throws {NetworkError} when no server gave the whole file; the message tells what each did.
 * @throws {FormatError} when a server gave a file with another checksum, and none the right one.
 * @throws {OptionError} for an option that is unknown or out of range, or a path that cannot be written.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<void> {
  const { path, sha256 } = checkDownload(options);
  if ((await checksum(path)) === sha256) return;
  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw new OptionError(`downloadFile: cannot make folder: ${show(dirname(path))} (${reasonOf(cause)})`, { cause });
  });
  await withPart(path, (part) => complete(part, options));
}

/** Lets `use` continue what earlier downloads have left, in a file of its own, and leaves what remains to later ones. */
async function withPart(path: string, use: (part: string) => Promise<void>): Promise<void> {
  await withOwnFile(path, ".part", async (part) => {
    // Whoever renames a file has it: of several downloads one continues it.
    for (const left of [`${path}.part`, ...(await leftoversOf(path, ".part"))]) {
      if ((await lengthOf(left)) > (await lengthOf(part))) await rename(left, part).catch(() => {});
    }
    try {
      await use(part);
    } finally {
      if ((await lengthOf(part)) > 0) await rename(part, `${path}.part`).catch(() => {});
    }
  });
}

/** Receives the rest of a file, from one server or another, and gives it its name. */
async function complete(part: string, options: DownloadFileOptions): Promise<void> {
  const { path, sha256, retries = 3, retryDelayMs = 500, signal } = options;
  let urls = [...options.urls];
  const failures: AttemptError[] = [];
  for (let round = 0; round <= retries && urls.length > 0; round++) {
    const delay = Math.min(retryDelayMs * 2 ** (round - 1), MAX_DELAY_MS);
    if (round > 0) await pause(delay, undefined, { signal }).catch(() => {});
    for (const url of urls) {
      signal?.throwIfAborted();
      try {
        const isContinued = await receive(url, part, options);
        if ((await checksum(part)) === sha256) return await rename(part, path);
        // Nothing can be built on it. When it came from one server in one go, that server has another file.
        await rm(part, { force: true });
        throw new AttemptError("the checksum is another", !isContinued, true);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof CallerError) throw error.cause;
        const failure = asAttemptError(error, path);
        failures.push(new AttemptError(`${url}: ${failure.message}`, failure.isFinal, failure.isCorrupt));
        if (failure.isFinal) urls = urls.filter((other) => other !== url);
      }
    }
  }
  const reasons = [...new Set(failures.map(({ message }) => message))].join("; ");
  const isCorrupt = failures.some((failure) => failure.isCorrupt);
  throw new (isCorrupt ? FormatError : NetworkError)(`downloadFile: cannot download ${show(path)}: ${reasons}`);
}

function checkDownload(options: DownloadFileOptions) {
  const op = "downloadFile";
  checkOptions(op, options, ["urls", "path", "bytes", "sha256", ...TRANSFER_OPTIONS]);
  const { urls, path, sha256, retries = 3, retryDelayMs = 500, onProgress, signal } = options;
  const isAddress = (url: unknown) => typeof url === "string" && /^https?:/.test(url) && URL.canParse(url);
  if (!Array.isArray(urls) || urls.length === 0 || ![...urls].every(isAddress)) {
    throw new OptionError(`${op}: option "urls" must be http or https addresses, at least one, got ${show(urls)}`);
  }
  if (typeof path !== "string") throw new OptionError(`${op}: option "path" must be a string, got ${show(path)}`);
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new OptionError(`${op}: option "sha256" must be 64 hexadecimal digits, got ${show(sha256)}`);
  }
  checkInteger(op, "bytes", options.bytes, 1, Number.MAX_SAFE_INTEGER);
  checkNumber(op, "timeoutMs", options.timeoutMs ?? TIMEOUT_MS, 1, 2 ** 31 - 1);
  checkInteger(op, "retries", retries, 0, 100);
  checkNumber(op, "retryDelayMs", retryDelayMs, 0, MAX_DELAY_MS);
  if (onProgress !== undefined) checkFunction(op, "onProgress", onProgress);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new OptionError(`${op}: option "signal" must be an AbortSignal, got ${show(signal)}`);
  }
  return { path, sha256 };
}

const TIMEOUT_MS = 30_000;

/** Longest pause before trying again. */
const MAX_DELAY_MS = 600_000;

/** Replies of a server that may be another a moment later: timeout, too early, too many requests. */
const PASSING_STATUS = new Set([408, 425, 429]);

/** Brings what is missing of the file into `part`. Returns whether some of it was there already. */
async function receive(url: string, part: string, options: DownloadFileOptions): Promise<boolean> {
  const { path, bytes, timeoutMs = TIMEOUT_MS, onProgress, signal } = options;
  let there = await lengthOf(part);
  if (there === bytes) return true;
  if (there > bytes) there = 0;
  const stall = new AbortController();
  const expire = () => stall.abort(new AttemptError(`no bytes for ${timeoutMs} ms`, false));
  let timer = setTimeout(expire, timeoutMs);
  try {
    const signals = signal ? [stall.signal, signal] : [stall.signal];
    const response = await request(url, there, AbortSignal.any(signals));
    const start = startOf(response, there, bytes);
    let position = start;
    const file = await open(part, start > 0 ? "a" : "w");
    try {
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(expire, timeoutMs);
        if (position + chunk.length > bytes) throw new AttemptError(`more than the ${bytes} bytes of the file`, true);
        await file.writeFile(chunk);
        position += chunk.length;
        tell(onProgress, { path, receivedBytes: position, totalBytes: bytes });
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (position < bytes) throw new AttemptError(`ended after ${position} of ${bytes} bytes`, false);
    return start > 0;
  } catch (error) {
    stall.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    // Lets go of the connection when the rest of the reply is not wanted.
    stall.abort();
  }
}

function tell(onProgress: TransferOptions["onProgress"], progress: DownloadProgress): void {
  try {
    onProgress?.(progress);
  } catch (cause) {
    throw new CallerError("onProgress", { cause });
  }
}

/** Redirections that are followed, one after the other. */
const MAX_REDIRECTIONS = 5;

/** Replies that may tell another address. */
const REDIRECTION_STATUS = new Set([301, 302, 303, 307, 308]);

async function request(url: string, from: number, signal: AbortSignal): Promise<Response> {
  // Compressed on the way, a file would have other lengths, and no ranges that fit.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (from > 0) headers.range = `bytes=${from}-`;
  let address = url;
  for (let followed = 0; followed <= MAX_REDIRECTIONS; followed++) {
    const response = await fetch(address, { headers, signal, redirect: "manual" });
    const target = response.headers.get("location");
    if (!REDIRECTION_STATUS.has(response.status) || target === null) return response;
    await response.body?.cancel();
    address = followedAddress(target, address);
  }
  throw new AttemptError(`more than ${MAX_REDIRECTIONS} redirections`, true);
}

/** Where a redirection leads: anywhere, since the checksum tells what is right, but not from https to where all can listen. */
function followedAddress(target: string, from: string): string {
  const url = URL.canParse(target, from) ? new URL(target, from) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && from.startsWith("http:"))) return url.href;
  throw new AttemptError(`redirected from ${from.replace(/:.*/s, "")} to ${show(target)}`, true);
}

/** Where the bytes of a reply belong in the file: after those that are there, or at its beginning. */
function startOf({ status, headers }: Response, there: number, bytes: number): number {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw new AttemptError(`the reply is encoded as ${encoding}`, true);
  if (status === 206) {
    const range = headers.get("content-range") ?? "";
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? [];
    const isRest = Number(first) === there && Number(last) === bytes - 1 && (total === "*" || Number(total) === bytes);
    if (there > 0 && isRest) return there;
    throw new AttemptError(`another part than was asked for: ${show(range)}`, true);
  }
  if (status !== 200) {
    throw new AttemptError(`status ${status}`, status >= 400 && status < 500 && !PASSING_STATUS.has(status));
  }
  const length = headers.get("content-length");
  if (length !== null && Number(length) !== bytes) {
    throw new AttemptError(`a file of ${length} bytes instead of ${bytes}`, true);
  }
  return 0;
}

/** Length of a file, 0 when it is not there. */
async function lengthOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : 0;
}

/** SHA-256 of a file in hexadecimal, undefined when it is not there. */
async function checksum(path: string): Promise<string | undefined> {
  if ((await lengthOf(path)) === 0) return undefined;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** @throws {OptionError} for an error of the file system, which no other server can help. */
function asAttemptError(error: unknown, path: string): AttemptError {
  if (error instanceof AttemptError) return error;
  // What fetch throws has the system's error as its cause.
  if ((error as NodeJS.ErrnoException).syscall === undefined) return new AttemptError(reasonOf(error), false);
  throw new OptionError(`downloadFile: cannot write file: ${show(path)} (${reasonOf(error)})`, { cause: error });
}

/** What a failed request says, as short as it can be told: `ECONNREFUSED` rather than "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause, message, code } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
  return cause?.code ?? cause?.message ?? code ?? message ?? String(error);
}
