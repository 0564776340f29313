/**
 * The errors nodegrad throws on purpose.
 *
 * Every message reads `<op>: <what is wrong>: <what was given>`, with the expectation last where it
 * helps, and every error carries a stable `code` to branch on. Anything else that escapes is a bug.
 */

/** What went wrong, as a stable string: the part of the message a program may depend on. */
export type ErrorCode =
  | "SHAPE"
  | "DTYPE"
  | "OPTION"
  | "GRADIENT"
  | "BACKEND"
  | "INDEX"
  | "STALE_TENSOR"
  | "STORAGE_BUSY"
  | "FORMAT"
  | "NETWORK"
  | "INTERNAL";

/** Base class of every error nodegrad throws on purpose. */
export class NodegradError extends Error {
  /** Stable identifier of the kind of error, e.g. `"SHAPE"`. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Shapes that do not fit each other or an operation, or a tensor of more than 2³¹ − 1 elements. */
export class ShapeError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("SHAPE", message, options);
  }
}

/** Element types that do not fit each other, an operation or the backend. */
export class DTypeError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("DTYPE", message, options);
  }
}

/** An argument or option that is unknown, of the wrong type or out of range. */
export class OptionError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("OPTION", message, options);
  }
}

/** A derivative that does not exist or was asked for in the wrong way. */
export class GradientError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("GRADIENT", message, options);
  }
}

/** A backend that is unknown, cannot be loaded or cannot do what was asked. */
export class BackendError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("BACKEND", message, options);
  }
}

/** An index or label outside the axis it points into. */
export class IndexError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("INDEX", message, options);
  }
}

/** A lazy tensor that captured the value a variable had before it was assigned. */
export class StaleTensorError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("STALE_TENSOR", message, options);
  }
}

/** Storage that was written or disposed from JavaScript while a run was using it. */
export class StorageBusyError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("STORAGE_BUSY", message, options);
  }
}

/** A file or Program that is truncated, corrupt or of another format. */
export class FormatError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("FORMAT", message, options);
  }
}

/** A server that cannot be reached, does not have the file, or stops in the middle of it. */
export class NetworkError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("NETWORK", message, options);
  }
}

/** A broken promise inside nodegrad: always a bug worth reporting. */
export class InternalError extends NodegradError {
  constructor(message: string, options?: ErrorOptions) {
    super("INTERNAL", `${message} (this is a bug in nodegrad, please report it)`, options);
  }
}

/**
 * Rejects keys of an options object that an operation does not know.
 *
 * @param op Name of the public function, for the message.
 * @param options The object the caller passed.
 * @param known Every option the operation has.
 * @throws {OptionError} naming the unknown key and the nearest known one, or when it is not an object.
 */
export function checkOptions(op: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new OptionError(`${op}: options must be an object, got ${show(options)}; known options: ${known.join(", ")}`);
  }
  for (const key in options) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const hint = near === undefined ? `; known options: ${known.join(", ")}` : `; did you mean "${near}"?`;
    throw new OptionError(`${op}: unknown option "${key}"${hint}`);
  }
}

/** Characters of a text that are shown: a file can name its tensors as long as it likes. */
const MOST_SHOWN = 300;

/** A readable form of any value for the end of an error message: what is long is cut. */
export function show(value: unknown): string {
  if (typeof value === "string") {
    return value.length <= MOST_SHOWN ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, MOST_SHOWN))}…`;
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value === "object" && value !== null) {
    if (Array.isArray(value) && value.length <= 16 && value.every((v) => typeof v !== "object")) {
      return `[${Array.from(value, show).join(", ")}]`;
    }
    const name: unknown = (value as object).constructor?.name;
    const length = (value as { length?: unknown }).length;
    const shown = typeof name === "string" ? name : "Object";
    return typeof length === "number" ? `${shown}(${length})` : shown;
  }
  return String(value);
}

/** The known word at the smallest edit distance from `word`, if it is close enough to be a typo. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(word.length / 2)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(substitute, (row[j] as number) + 1, (next[j - 1] as number) + 1);
    }
    row = next;
  }
  return row[b.length] as number;
}
