/** Bytes of small GIF and BMP files, written by what their specifications say. */

/** A frame of a GIF: where it lies, and the colour of each of its pixels, 0–3. */
export interface GifFrame {
  readonly left?: number;
  readonly top?: number;
  readonly columns: number;
  readonly rows: number;
  readonly colours: readonly number[];
  /** 0 none, 1 leave, 2 to the background, 3 to what was before. */
  readonly disposal?: number;
  readonly isInterlaced?: boolean;
  /** The colour that is not painted. */
  readonly transparent?: number;
}

const word = (value: number) => [value & 255, value >> 8];

/** A GIF of four colours, 12 numbers. */
export function gifFile(
  columns: number,
  rows: number,
  palette: readonly number[],
  frames: readonly GifFrame[],
): Uint8Array {
  const bytes = [..."GIF89a"].map((letter) => letter.charCodeAt(0));
  bytes.push(...word(columns), ...word(rows), 0x81, 0, 0, ...palette);
  for (const frame of frames) {
    const { left = 0, top = 0, columns, rows, colours, disposal = 0, isInterlaced = false, transparent } = frame;
    const flags = (disposal << 2) | (transparent === undefined ? 0 : 1);
    bytes.push(0x21, 0xf9, 4, flags, 0, 0, transparent ?? 0, 0);
    bytes.push(0x2c, ...word(left), ...word(top), ...word(columns), ...word(rows), isInterlaced ? 0x40 : 0, 2);
    const data = lzw(colours);
    for (let at = 0; at < data.length; at += 255) {
      const block = data.slice(at, at + 255);
      bytes.push(block.length, ...block);
    }
    bytes.push(0);
  }
  return Uint8Array.from([...bytes, 0x3b]);
}

/**
 * Codes of four colours: 4 to begin, 5 for the end, and from 6 on a code for each string that was seen, the string of a code
 * and the colour after it. They have 3 bits until the codes no longer fit, then 4, up to 12.
 */
function lzw(colours: readonly number[]): number[] {
  const bits: number[] = [];
  const emit = (code: number, size: number) => {
    for (let bit = 0; bit < size; bit++) bits.push((code >> bit) & 1);
  };
  let size = 3;
  emit(4, size);
  const codes = new Map<string, number>();
  const codeOf = (string: string) => codes.get(string) ?? string.charCodeAt(0);
  let string = "";
  for (const colour of colours) {
    const longer = string + String.fromCharCode(colour);
    if (string === "" || codes.has(longer)) {
      string = longer;
      continue;
    }
    emit(codeOf(string), size);
    const next = 6 + codes.size;
    if (next < 4096) codes.set(longer, next);
    if (next === 2 ** size && size < 12) size++;
    string = String.fromCharCode(colour);
  }
  emit(codeOf(string), size);
  emit(5, size);
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, byte) =>
    bits.slice(8 * byte, 8 * byte + 8).reduce((sum, bit, i) => sum + (bit << i), 0),
  );
}

/** A BMP with the smallest header. `lines` are those of the file: the lowest first, unless `rows` is negative. */
export function bmpFile(
  columns: number,
  rows: number,
  bits: number,
  lines: readonly (readonly number[])[],
  { palette = [] as readonly number[], gap = 0, compression = 0, masks = [] as readonly number[] } = {},
): Uint8Array {
  const start = 54 + 4 * masks.length + palette.length + gap;
  const stride = Math.ceil((columns * bits) / 32) * 4;
  const file = Buffer.alloc(start + stride * lines.length);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(start, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(columns, 18);
  file.writeInt32LE(rows, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(compression, 30);
  file.writeUInt32LE(palette.length / 4, 46);
  for (const [i, mask] of masks.entries()) file.writeUInt32LE(mask, 54 + 4 * i);
  file.set(palette, 54 + 4 * masks.length);
  for (const [i, line] of lines.entries()) file.set(line, start + i * stride);
  return new Uint8Array(file);
}
