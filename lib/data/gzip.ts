/** gzip of files that may lie: nothing is decompressed beyond what the caller expects. */

import { constants as limits } from "node:buffer";
import { constants, gunzipSync } from "node:zlib";
import type { Fail } from "../io/files.js";

/** Bytes that one compressed byte can stand for at most: 258 in two bits. */
export const DEFLATE_RATIO = 1032;

/** Longest array of bytes that this Node.js has. */
const { MAX_LENGTH } = limits;

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The length that a gzip file says it has unpacked, from its last four bytes: a claim, but one below what that
 * many compressed bytes can hold.
 */
export function claimedLength(bytes: Uint8Array, fail: Fail): number {
  if (bytes.length < 18) fail("truncated gzip data");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  if (length > DEFLATE_RATIO * bytes.length) fail("corrupt gzip data");
  return length;
}

/** Decompresses what the first `bytes` of a gzip file hold. */
export function gunzipHead(bytes: Uint8Array, fail: Fail): Uint8Array {
  return unpack(() => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }), fail);
}

/** Decompresses a whole gzip file, which must hold at most `maxLength` bytes. */
export function gunzip(bytes: Uint8Array, maxLength: number, fail: Fail): Uint8Array {
  const maxOutputLength = Math.min(Math.max(1, maxLength), MAX_LENGTH);
  return unpack(() => gunzipSync(bytes, { maxOutputLength }), fail);
}

function unpack(body: () => Uint8Array, fail: Fail): Uint8Array {
  try {
    return body();
  } catch (cause) {
    const tooLong = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    fail(tooLong ? "trailing bytes, more than the header describes" : "corrupt gzip data", { cause });
  }
}
