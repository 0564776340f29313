/** The blocks of a GIF file: where its frames lie, their colours and codes. */

import type { Fail } from "./samples.js";

/** A frame as it stands in the file. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  /** Whether every eighth line comes first, then those between. */
  readonly isInterlaced: boolean;
  /** Red, green and blue of each colour. */
  readonly palette: Uint8Array;
  /** The colour that is not painted, if there is one. */
  readonly transparent: number | undefined;
  /** 2: its place is cleared before the next frame; 3: what was there before comes back; else it stays. */
  readonly disposal: number;
  /** Bits of a pixel in the codes. */
  readonly minBits: number;
  readonly codes: Uint8Array;
}

/** What stands in the file. */
export interface GifFile {
  readonly columns: number;
  readonly rows: number;
  readonly frames: readonly GifFrame[];
}

const [EXTENSION, IMAGE, TRAILER, GRAPHIC_CONTROL] = [0x21, 0x2c, 0x3b, 0xf9];

/** What a graphic control extension says of the frame after it. */
type Control = Pick<GifFrame, "transparent" | "disposal">;

const NO_CONTROL: Control = { transparent: undefined, disposal: 0 };

/**
 * @param most Frames to read at most.
 * @throws {FormatError} when the file ends within a block, or has a block of another kind.
 */
export function readGifBlocks(bytes: Uint8Array, most: number, fail: Fail): GifFile {
  const reader = new Reader(bytes, fail);
  // Signature and version, then the screen.
  reader.take(6);
  const [columns, rows, flags] = [reader.word(), reader.word(), reader.byte()];
  // Colour of the background and shape of the pixels, which nobody heeds.
  reader.take(2);
  const palette = reader.palette(flags);
  const frames: GifFrame[] = [];
  let control = NO_CONTROL;
  while (frames.length < most && !reader.isAtEnd) {
    const block = reader.byte();
    if (block === TRAILER) break;
    if (block === IMAGE) {
      frames.push(readFrame(reader, palette, control));
      control = NO_CONTROL;
    } else if (block === EXTENSION) {
      const label = reader.byte();
      const data = reader.subBlocks();
      if (label === GRAPHIC_CONTROL) control = readControl(data, fail);
    } else {
      fail(`unknown block ${block} in GIF`);
    }
  }
  return { columns, rows, frames };
}

function readControl(data: Uint8Array, fail: Fail): Control {
  const [flags, , , transparent] = data;
  if (flags === undefined || transparent === undefined) return fail("truncated control of a frame in GIF");
  return { transparent: flags & 1 ? transparent : undefined, disposal: (flags >> 2) & 7 };
}

function readFrame(reader: Reader, screenPalette: Uint8Array, control: Control): GifFrame {
  const [left, top, columns, rows, flags] = [reader.word(), reader.word(), reader.word(), reader.word(), reader.byte()];
  const own = reader.palette(flags);
  const palette = own.length > 0 ? own : screenPalette;
  const minBits = reader.byte();
  return {
    left,
    top,
    columns,
    rows,
    isInterlaced: (flags & 0x40) !== 0,
    palette,
    ...control,
    minBits,
    codes: reader.subBlocks(),
  };
}

/** Reads a file from its begin to its end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #fail: Fail;
  #at = 0;

  constructor(bytes: Uint8Array, fail: Fail) {
    this.#bytes = bytes;
    this.#fail = fail;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) this.#fail("truncated GIF");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  /** 16 bits, the lower byte first. */
  word(): number {
    return this.byte() + (this.byte() << 8);
  }

  /** A table of 2 to 256 colours, or none, as the flags before it say. */
  palette(flags: number): Uint8Array {
    return this.take(flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  }

  /** Blocks with their length before them, up to an empty one, as one. */
  subBlocks(): Uint8Array {
    const blocks: Uint8Array[] = [];
    for (let length = this.byte(); length > 0; length = this.byte()) blocks.push(this.take(length));
    return Buffer.concat(blocks);
  }
}
