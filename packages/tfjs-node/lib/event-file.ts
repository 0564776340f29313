/**
 * TensorBoard's event files: records in the framing of TFRecord, each an `Event` in protocol buffers' wire format.
 *
 * Two messages with a dozen fields are all there is to write; a library for protocol buffers would be larger than this file.
 * The fields are those of TensorFlow's `event.proto` and `summary.proto`.
 */

/** Counts of values between bounds. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Upper bound of each bucket, ascending. */
  readonly limits: readonly number[];
  /** How many values are in each. */
  readonly counts: readonly number[];
}

/** What is written at one moment. */
export interface Event {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  /** Of the first event of a file. */
  readonly fileVersion?: string;
  readonly summary?: { readonly tag: string } & ({ readonly scalar: number } | { readonly histogram: Histogram });
}

/** What a file begins with. */
export const FILE_VERSION = "brain.Event:2";

/** An event as it stands in a file: length, its checksum, the message, its checksum. */
export function encodeRecord(event: Event): Buffer {
  const message = encodeEvent(event);
  const record = Buffer.alloc(12 + message.length + 4);
  record.writeBigUInt64LE(BigInt(message.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  message.copy(record, 12);
  record.writeUInt32LE(maskedCrc(message), 12 + message.length);
  return record;
}

function encodeEvent({ wallTime, step, fileVersion, summary }: Event): Buffer {
  const parts = [double(1, wallTime)];
  if (step !== undefined) parts.push(varint(2, step));
  if (fileVersion !== undefined) parts.push(bytes(3, Buffer.from(fileVersion)));
  if (summary !== undefined) {
    const value = "scalar" in summary ? float(2, summary.scalar) : bytes(5, encodeHistogram(summary.histogram));
    parts.push(bytes(5, bytes(1, Buffer.concat([bytes(1, Buffer.from(summary.tag)), value]))));
  }
  return Buffer.concat(parts);
}

function encodeHistogram({ min, max, num, sum, sumSquares, limits, counts }: Histogram): Buffer {
  const numbers = [min, max, num, sum, sumSquares].map((value, i) => double(i + 1, value));
  return Buffer.concat([...numbers, bytes(6, doubles(limits)), bytes(7, doubles(counts))]);
}

// Fields of the wire format: a key, which is the number of the field and the kind of value, and the value.
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

/** Seven bits a byte, the lowest first; all but the last have the highest bit set. A negative value is of 64 bits. */
function base128(value: number | bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}

function field(number: number, kind: number, value: Buffer): Buffer {
  return Buffer.concat([base128((number << 3) | kind), value]);
}

function varint(number: number, value: number): Buffer {
  return field(number, VARINT, base128(value));
}

function bytes(number: number, value: Buffer): Buffer {
  return field(number, LENGTH, Buffer.concat([base128(value.length), value]));
}

function double(number: number, value: number): Buffer {
  return field(number, FIXED64, doubles([value]));
}

function float(number: number, value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeFloatLE(value);
  return field(number, FIXED32, out);
}

function doubles(values: readonly number[]): Buffer {
  const out = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) out.writeDoubleLE(value, 8 * i);
  return out;
}

/** CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of each byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C, rotated by 15 bits and shifted by a constant, as TFRecord has it for data that itself holds checksums. */
function maskedCrc(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (CRC_TABLE[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
