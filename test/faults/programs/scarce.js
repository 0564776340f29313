/** Talks to the preloaded library of scarce.c: makes the addon's system short of something, and not any more. */

import { openSync, readSync, writeSync } from "node:fs";

const file = openSync(process.env.SCARCE, "r+");

/** What is shared: armed, bytes left, threads left, refused, taken. */
const words = new BigInt64Array(5);

const PLENTY = 2 ** 40;

/** Lets the addon allocate so many bytes and start so many threads from now on. */
export function shorten({ bytes = PLENTY, threads = PLENTY }) {
  words.set([1n, BigInt(bytes), BigInt(threads), 0n, 0n]);
  writeSync(file, words, 0, words.byteLength, 0);
}

/** Ends the shortage; returns how many requests were refused, and the bytes of the others. */
export function relieve() {
  readSync(file, words, 0, words.byteLength, 0);
  const [, , , refused, taken] = Array.from(words, Number);
  words.fill(0n);
  writeSync(file, words, 0, words.byteLength, 0);
  return { refused, taken };
}
