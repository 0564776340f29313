/**
 * The npy format of NumPy: one array of any rank.
 *
 * ```
 * 6 bytes   \x93NUMPY
 * 2 bytes   version: 1.0, 2.0 or 3.0
 * 2 bytes   length of the header, little-endian; 4 bytes from version 2 on
 * header    a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, padded to 64 bytes
 * rest      the elements, in the byte order of descr, row-major or (fortran_order) column-major
 * ```
 */

import type { DType, TypedArray } from "../dtype.js";
import { show } from "../errors.js";
import { largestSizeOf, MAX_RANK, MAX_SIZE, type Shape, showShape, sizeOf } from "../shape.js";
import { type Element, elements, readElements } from "./elements.js";
import { checkBytes, type Fail, failer, readBytes, writeAtomically } from "./files.js";
import { checkTensorData, type TensorData } from "./tensor-data.js";

/** `descr` of what is written. */
const descrOf: { readonly [D in DType]: string } = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  uint8: "|u1",
  bool: "|b1",
};

/** What the header says. */
interface Header {
  readonly element: Element;
  readonly littleEndian: boolean;
  readonly isFortran: boolean;
  readonly shape: Shape;
}

const MAGIC = "\x93NUMPY";

/** Headers of arrays are of some hundred bytes; those of records, which are refused, may be long. */
const MAX_HEADER_BYTES = 65_536;

/**
 * The array in the bytes of an npy file, of version 1, 2 or 3, row-major whatever its order in the file.
 *
 * float16 becomes float32; integers of other widths than uint8 become int32, bool stays. Data is copied.
 *
 * @param name What to call the bytes in messages, usually the path.
 * @throws {FormatError} when the bytes are of another format, truncated, corrupt or too long, hold records, text, complex
 *   numbers or objects, an integer that int32 does not hold, a bool other than 0 and 1, more than 8 axes or more than
 *   2³¹ − 1 elements.
 * @throws {OptionError} for what is no `Uint8Array`.
 */
export function decodeNpy(bytes: Uint8Array, name = "bytes"): TensorData {
  const op = "decodeNpy";
  const fail: Fail = failer(op, name);
  checkBytes(op, bytes);
  const [text, start] = headerText(bytes, fail);
  const { element, littleEndian, isFortran, shape } = parseHeader(text, fail);
  const size = sizeOf(shape);
  const end = start + size * element.bytes;
  if (bytes.length < end) fail(`truncated, ${bytes.length} of ${end} bytes`);
  if (bytes.length > end) fail(`trailing bytes, ${bytes.length} instead of ${end}`);
  const read = readElements(bytes.subarray(start), element, littleEndian, size, fail);
  return { dtype: element.dtype, shape, data: isFortran ? toRowMajor(read, shape) : read };
}

/** The header, and where the elements begin. */
function headerText(bytes: Uint8Array, fail: Fail): [string, number] {
  if (Buffer.from(bytes.subarray(0, 6)).toString("latin1") !== MAGIC) fail("not an npy file");
  const [major = 0] = bytes.subarray(6, 7);
  if (bytes.length >= 8 && (major < 1 || major > 3)) fail(`unsupported version ${major}`);
  const prefix = major === 1 ? 10 : 12;
  if (bytes.length < prefix) fail(`truncated, ${bytes.length} bytes, no header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) fail(`header too long, ${length} bytes, at most ${MAX_HEADER_BYTES}`);
  if (bytes.length < prefix + length) fail(`truncated, the header ends at byte ${prefix + length} of ${bytes.length}`);
  return [Buffer.from(bytes.subarray(prefix, prefix + length)).toString("utf8"), prefix + length];
}

/** An entry of the dictionary, after white space. */
const ENTRY =
  /\s*['"](descr|fortran_order|shape)['"]\s*:\s*('[^']*'|"[^"]*"|True|False|\((?:\d+L?\s*(?:,\s*|(?=\))))*\))\s*(?:,|(?=\}))/y;

/** The three entries of the dictionary, in any order. Anything else is refused rather than understood. */
function parseHeader(text: string, fail: Fail): Header {
  const unsupported = () => fail(`unsupported header, ${show(text.trim().slice(0, 100))}`);
  const values = new Map<string, string>();
  let position = text.indexOf("{") + 1;
  for (;;) {
    ENTRY.lastIndex = position;
    const match = ENTRY.exec(text);
    if (!match) break;
    values.set(match[1] as string, match[2] as string);
    position = ENTRY.lastIndex;
  }
  const [descr = "", order = "", shape = ""] = ["descr", "fortran_order", "shape"].map((key) => values.get(key));
  if (position === 0 || text.slice(position).trim() !== "}") unsupported();
  if (!/^['"]/.test(descr) || !/^(True|False)$/.test(order) || !shape.startsWith("(")) unsupported();

  const byteOrder = descr.charAt(1);
  const element = "<>|=".includes(byteOrder) ? elements.get(descr.slice(2, -1)) : undefined;
  if (element === undefined) fail(`elements of type ${descr.slice(0, 100)} are unsupported`);
  const axes = [...shape.matchAll(/\d+/g)].map(Number);
  if (axes.length > MAX_RANK) fail(`${axes.length} axes, at most ${MAX_RANK} are supported`);
  if (largestSizeOf(axes) > MAX_SIZE) fail(`too many elements, ${showShape(axes)}, at most 2³¹ − 1`);
  return { element, littleEndian: byteOrder !== ">", isFortran: order === "True", shape: axes };
}

/** The elements of a column-major array in row-major order. */
function toRowMajor(data: TypedArray, shape: Shape): TypedArray {
  const out = data.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--)
      from = from * (shape[axis] as number) + (index[axis] as number);
    out[i] = data[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * The bytes of an npy file of version 1, row-major and little-endian.
 *
 * @throws {DTypeError} for an unknown dtype.
 * @throws {ShapeError} for a bad shape, or data of another length.
 * @throws {OptionError} for data of another typed array class.
 */
export function encodeNpy(array: TensorData): Uint8Array {
  const { dtype, shape, data } = checkTensorData("encodeNpy", array);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descrOf[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The elements begin at a multiple of 64 bytes, and the header ends with a newline.
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + data.byteLength);
  const prefix = Buffer.from(`${MAGIC}\x01\x00\x00\x00${dictionary.padEnd(start - 11)}\n`, "latin1");
  prefix.writeUInt16LE(start - 10, 8);
  bytes.set(prefix);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/**
 * Reads an npy file.
 *
 * @throws {OptionError} when the file is missing or cannot be read.
 * @throws {FormatError} as `decodeNpy` does.
 */
export async function loadNpy(path: string): Promise<TensorData> {
  return decodeNpy(await readBytes("loadNpy", path), path);
}

/**
 * Writes an array to an npy file. The file appears complete or not at all.
 *
 * @throws {OptionError} when the path cannot be written, and as `encodeNpy` does.
 */
export async function saveNpy(path: string, array: TensorData): Promise<void> {
  await writeAtomically("saveNpy", path, encodeNpy(array));
}
