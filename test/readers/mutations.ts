/** What chance and ill will make of the bytes of a file. */

import * as fc from "fast-check";

/** Numbers that sizes, offsets and counts in files are set to. */
const INTEGERS: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** The same and worse, in files of text. */
const WORDS: readonly string[] = [
  ...INTEGERS.map(String),
  "-1",
  "-0",
  "0.5",
  "1e400",
  "9".repeat(400),
  "NaN",
  "null",
  "[]",
  "{}",
  '""',
  '"__proto__"',
  '"constructor"',
  "[".repeat(5000),
];

/** One change. Positions are taken modulo what there is. */
type Mutation =
  | { readonly kind: "flip" | "byte" | "insert"; readonly at: number; readonly value: number }
  | {
      readonly kind: "integer";
      readonly at: number;
      readonly value: bigint;
      readonly bytes: number;
      readonly little: boolean;
    }
  /** Which of `WORDS`. */
  | { readonly kind: "word"; readonly at: number; readonly value: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "remove" | "repeat"; readonly at: number; readonly length: number }
  | { readonly kind: "splice"; readonly at: number; readonly from: number; readonly length: number };

const at = fc.nat(0xffffff);
const length = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 1024 }));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("flip" as const), at, value: fc.nat(7) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("byte" as const, "insert" as const), at, value: fc.nat(255) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("integer" as const),
      at,
      value: fc.constantFrom(...INTEGERS),
      bytes: fc.constantFrom(2, 4, 8),
      little: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("word" as const), at, value: fc.nat(WORDS.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), at }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("remove" as const, "repeat" as const), at, length }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("splice" as const), at, from: at, length }) },
);

/** A file that has been changed: which of them, the changes, and whether checksums are made right again. */
export interface Change {
  readonly file: number;
  readonly mutations: readonly Mutation[];
  readonly isSealed: boolean;
  readonly head: number;
}

/** One to three changes of one of so many files, which begin before `head`. */
export function changes(files: number, head: number): fc.Arbitrary<Change> {
  return fc.record({
    file: fc.nat(files - 1),
    mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
    isSealed: fc.boolean(),
    head: fc.constant(head),
  });
}

/** The bytes after the changes; `files` are what splices come from. */
export function applyChange({ file, mutations, head }: Change, files: readonly Uint8Array[]): Uint8Array {
  const original = files[file] as Uint8Array;
  return mutations.reduce<Uint8Array>((bytes, one) => mutate(bytes, one, head, files), Uint8Array.from(original));
}

function mutate(bytes: Uint8Array, one: Mutation, head: number, files: readonly Uint8Array[]): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = one.at % Math.min(bytes.length, head);
  switch (one.kind) {
    case "flip":
      bytes[at] = (bytes[at] as number) ^ (1 << one.value);
      return bytes;
    case "byte":
      bytes[at] = one.value;
      return bytes;
    case "insert":
      return join(bytes.subarray(0, at), [one.value], bytes.subarray(at));
    case "integer":
      return writeInteger(bytes, at, one);
    case "word":
      return replaceNumber(bytes, at, WORDS[one.value] as string);
    case "cut":
      return bytes.slice(0, at);
    case "remove":
      return join(bytes.subarray(0, at), bytes.subarray(at + one.length));
    case "repeat":
      return join(bytes.subarray(0, at + one.length), bytes.subarray(at));
    case "splice": {
      const other = files[one.from % files.length] as Uint8Array;
      const from = one.from % other.length;
      return join(bytes.subarray(0, at), other.subarray(from, from + one.length), bytes.subarray(at));
    }
  }
}

function writeInteger(bytes: Uint8Array, at: number, one: Mutation & { kind: "integer" }): Uint8Array {
  for (let i = 0; i < one.bytes && at + i < bytes.length; i++) {
    const shift = BigInt(8 * (one.little ? i : one.bytes - 1 - i));
    bytes[at + i] = Number((one.value >> shift) & 255n);
  }
  return bytes;
}

/** Puts a text in the place of the next number of decimal digits, or of nothing where there is none. */
function replaceNumber(bytes: Uint8Array, at: number, value: string): Uint8Array {
  const isDigit = (i: number) => (bytes[i] as number) >= 0x30 && (bytes[i] as number) <= 0x39;
  let begin = at;
  while (begin < bytes.length && !isDigit(begin)) begin++;
  let end = begin;
  while (end < bytes.length && isDigit(end)) end++;
  return join(bytes.subarray(0, begin), Buffer.from(value), bytes.subarray(end));
}

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
