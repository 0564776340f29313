/**
 * Valid files, changed at random: whatever reads them gives something that makes sense, or throws a `FormatError` that names the
 * file, and asks for no more memory than small files are worth.
 *
 * `NODEGRAD_FUZZ_RUNS` says how many files each reader gets; with `NODEGRAD_FUZZ_SECONDS` each gets new ones for so long.
 * `NODEGRAD_FUZZ_SEED` says which ones; a failure names the seed that makes it happen again.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { FormatError } from "../../lib/errors.js";
import { MOST_BYTES, MOST_BYTES_OF_FILES, peakBytes } from "./memory.js";
import { applyChange, type Change, changes } from "./mutations.js";
import { byteReaders, fileReaders, type Reader } from "./readers.js";

const runs = Number(process.env.NODEGRAD_FUZZ_RUNS ?? 500);
const seconds = Number(process.env.NODEGRAD_FUZZ_SECONDS ?? 0);
const firstSeed = Number(process.env.NODEGRAD_FUZZ_SEED ?? (seconds > 0 ? Date.now() % 2 ** 31 : 1));

const folder = await mkdtemp(join(tmpdir(), "nodegrad-readers-"));
afterAll(() => rm(folder, { recursive: true }));

/** How often each reader gave something, and how often it refused. */
const outcomes: string[] = [];
afterAll(() => console.log(outcomes.join("\n")));

const sealed = ({ isSealed, seal }: Reader, file: Uint8Array) => (isSealed && seal ? seal(file) : file);

/** Reads bytes that may be anything. Returns whether they were taken. */
async function isTaken({ read }: Reader, bytes: Uint8Array): Promise<boolean> {
  try {
    await read(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    if (error.message.length > 2000) throw new Error(`a message of ${error.message.length} characters`);
    return false;
  }
}

/** The same, with an eye on the memory that it asks for. */
async function attempt(reader: Reader, bytes: Uint8Array): Promise<boolean> {
  const before = peakBytes();
  const taken = await isTaken(reader, bytes);
  const asked = peakBytes() - before;
  if (asked > (reader.isOfFiles ? MOST_BYTES_OF_FILES : MOST_BYTES))
    throw new Error(`${bytes.length} bytes asked for ${asked}`);
  return taken;
}

async function fuzz(reader: Reader): Promise<void> {
  const { files, seal, isSealed, head = Number.POSITIVE_INFINITY, cost = 1 } = reader;
  const counts = { taken: 0, refused: 0 };
  const property = fc.asyncProperty(changes(files.length, head), async (change: Change) => {
    const bytes = applyChange(change, files);
    const taken = await attempt(reader, seal && (isSealed || change.isSealed) ? seal(bytes) : bytes);
    counts[taken ? "taken" : "refused"]++;
  });
  const end = Date.now() + 1000 * seconds;
  let seed = firstSeed;
  do await fc.assert(property, { seed: seed++, numRuns: Math.ceil(runs / cost) });
  while (Date.now() < end);
  const { taken, refused } = counts;
  outcomes.push(`${reader.name}: ${taken + refused} files, ${taken} taken, ${refused} refused`);
  // Both ways have been gone.
  expect(Math.min(taken, refused)).toBeGreaterThan(0);
}

const limit = { timeout: 60_000 + 1500 * seconds };

describe.each([...byteReaders, ...(await fileReaders(folder))])("$name", (reader) => {
  it("takes the files that are changed below", limit, async () => {
    for (const file of reader.files) expect(await attempt(reader, sealed(reader, file))).toBe(true);
  });

  it("gives something or refuses, whatever is changed", limit, () => fuzz(reader));
});
