/** The codes that pixels of a GIF are packed in: Lempel–Ziv–Welch with codes that grow (GIF89a, appendix F). */

/** Codes have 12 bits at most. */
const MOST_BITS = 12;

/** Pixels that a byte of codes can stand for at most: each code stands for a string of fewer than 4096. */
export const LZW_RATIO = 2 ** MOST_BITS / (MOST_BITS / 8);

/**
 * The first `count` pixels that codes stand for.
 *
 * Every entry of the table is longer by one than another before it, so that each string ends: the libraries at hand take a
 * first code that is not in the table yet, whose entry is then made to continue itself without end.
 *
 * @param minBits Bits of a pixel, 1–8.
 * @returns The pixels, or what is wrong with the codes.
 */
export function unpackLzw(codes: Uint8Array, minBits: number, count: number): Uint8Array | string {
  const [clear, end] = [1 << minBits, (1 << minBits) + 1];
  const out = new Uint8Array(count);
  const table = newTable(clear);
  let [size, next, previous, filled] = [minBits + 1, end + 1, -1, 0];
  let [buffer, bits, at] = [0, 0, 0];
  while (filled < count) {
    for (; bits < size; bits += 8) {
      if (at === codes.length) return "truncated codes";
      buffer |= (codes[at++] as number) << bits;
    }
    const code = buffer & ((1 << size) - 1);
    [buffer, bits] = [buffer >>> size, bits - size];
    if (code === clear) {
      [size, next, previous] = [minBits + 1, end + 1, -1];
      continue;
    }
    if (code === end) return "an end before the last pixel";
    if (previous === -1 ? code >= clear : code > next) return `a code without meaning, ${code}`;
    // A code that is being defined stands for the string before it and the first pixel of that once more.
    const isNew = code === next;
    const string = isNew ? previous : code;
    const length = (table.length[string] as number) + (isNew ? 1 : 0);
    const first = write(table, string, clear, out, filled);
    if (isNew) out[filled + length - 1] = first;
    filled += length;
    if (previous !== -1 && next < 2 ** MOST_BITS) {
      table.prefix[next] = previous;
      table.pixel[next] = first;
      table.length[next] = (table.length[previous] as number) + 1;
      next++;
      if (next === 1 << size && size < MOST_BITS) size++;
    }
    previous = code;
  }
  return out;
}

/** Strings: that of another code, and one pixel more. */
interface Table {
  readonly prefix: Uint16Array;
  readonly pixel: Uint8Array;
  readonly length: Uint16Array;
}

/** The strings of one pixel. */
function newTable(colours: number): Table {
  const codes = 2 ** MOST_BITS;
  const table = { prefix: new Uint16Array(codes), pixel: new Uint8Array(codes), length: new Uint16Array(codes) };
  for (let colour = 0; colour < colours; colour++) {
    table.pixel[colour] = colour;
    table.length[colour] = 1;
  }
  return table;
}

/** Writes the string of a code; what stands beyond the end of `out` is dropped. @returns Its first pixel. */
function write({ prefix, pixel, length }: Table, code: number, clear: number, out: Uint8Array, at: number): number {
  let rest = code;
  for (let to = at + (length[code] as number) - 1; rest >= clear; to--) {
    out[to] = pixel[rest] as number;
    rest = prefix[rest] as number;
  }
  out[at] = rest;
  return rest;
}
