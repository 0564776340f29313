/** Programs by the signature of the graph they were compiled from, bounded in bytes. */

import type { Executable } from "../backends/backend.js";
import { hashWords, sameWords } from "../graph/signature.js";

interface Entry {
  readonly words: Int32Array;
  readonly executable: Executable;
  readonly bytes: number;
}

/** Programs may take this much before the least recently used go. */
const DEFAULT_LIMIT_BYTES = 64 * 2 ** 20;

/** A cache of executables of one backend. Hash hits are confirmed word by word. */
export class ProgramCache {
  /** Entries by hash; a Map keeps insertion order, which is the order of use here. */
  private readonly entries = new Map<number, Entry[]>();
  private bytes = 0;
  /** How many graphs have been compiled. */
  compilations = 0;
  hits = 0;

  constructor(private readonly limitBytes = DEFAULT_LIMIT_BYTES) {}

  /**
   * The executable for a signature, compiled if it is new.
   *
   * @param words May be memory that is overwritten later.
   */
  get(words: Int32Array, compile: () => { executable: Executable; bytes: number }): Executable {
    const hash = hashWords(words);
    const bucket = this.entries.get(hash);
    const known = bucket?.find((entry) => sameWords(entry.words, words));
    if (bucket !== undefined && known !== undefined) {
      this.hits++;
      this.entries.delete(hash);
      this.entries.set(hash, bucket);
      return known.executable;
    }
    const copy = words.slice();
    const { executable, bytes } = compile();
    const entry = { words: copy, executable, bytes: bytes + copy.byteLength };
    this.compilations++;
    this.bytes += entry.bytes;
    this.entries.set(hash, [...(bucket ?? []), entry]);
    this.evict(hash);
    return executable;
  }

  /** Number of Programs kept, and their size. */
  get size(): { programs: number; bytes: number } {
    let programs = 0;
    for (const bucket of this.entries.values()) programs += bucket.length;
    return { programs, bytes: this.bytes };
  }

  clear(): void {
    for (const bucket of this.entries.values()) for (const { executable } of bucket) executable.dispose();
    this.entries.clear();
    this.bytes = 0;
  }

  /** Drops the least recently used until the rest fits, but never what was asked for last. */
  private evict(keep: number): void {
    for (const [hash, bucket] of this.entries) {
      if (this.bytes <= this.limitBytes) return;
      if (hash === keep) continue;
      for (const { executable, bytes } of bucket) {
        executable.dispose();
        this.bytes -= bytes;
      }
      this.entries.delete(hash);
    }
  }
}
