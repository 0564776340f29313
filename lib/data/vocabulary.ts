/** Words as numbers. */

import { checkOptions, IndexError, OptionError, show } from "../errors.js";
import type { TensorData } from "../io/index.js";
import { checkBoolean, checkInteger } from "./check.js";

/** Options of `Vocabulary.encode`. */
export interface EncodeOptions {
  /** Indices in a row (default: as many as the longest text takes). */
  readonly length?: number;
  /** Whether each text stands between `BEGIN` and `END` (default false). */
  readonly mark?: boolean;
}

/**
 * The words of some texts, each with an index. Words are what stands between white space. The first indices mean:
 * 0 `PAD`, nothing, after a text that is shorter than others; 1 `BEGIN` and 2 `END` of a text; 3 `UNKNOWN`, a word that is
 * not among them.
 */
export class Vocabulary {
  static readonly PAD = 0;
  static readonly BEGIN = 1;
  static readonly END = 2;
  static readonly UNKNOWN = 3;

  /** What each index stands for; the first four are `<pad>`, `<begin>`, `<end>`, `<unknown>`. */
  readonly words: readonly string[];
  private readonly indices: ReadonlyMap<string, number>;

  /**
   * @param texts Whose words it has, in alphabetical order: the same texts in another order give the same indices.
   * @throws {OptionError} for a text that is no string, and for words that it needs for itself.
   */
  constructor(texts: Iterable<string>) {
    const marks = ["<pad>", "<begin>", "<end>", "<unknown>"];
    if (typeof texts === "string" || !isIterable(texts)) {
      throw new OptionError(`Vocabulary: texts must be a list of strings, got ${show(texts)}`);
    }
    const words = new Set([...texts].flatMap((text) => wordsOf("Vocabulary", text)));
    for (const mark of marks) if (words.has(mark)) throw new OptionError(`Vocabulary: not a word: ${show(mark)}`);
    this.words = [...marks, ...[...words].sort()];
    this.indices = new Map(this.words.map((word, i) => [word, i]));
  }

  /** How many indices there are. */
  get size(): number {
    return this.words.length;
  }

  /**
   * The indices of the words of each text, `[texts, length]`, int32, with `PAD` behind shorter ones.
   *
   * @throws {OptionError} for texts that are longer than `length`, or no strings, and options that are unknown or wrong.
   */
  encode(texts: readonly string[], options: EncodeOptions = {}): TensorData<"int32"> {
    const op = "Vocabulary.encode";
    checkOptions(op, options, ["length", "mark"]);
    if (!Array.isArray(texts)) throw new OptionError(`${op}: texts must be a list of strings, got ${show(texts)}`);
    const mark = checkBoolean(op, "mark", options.mark ?? false);
    const rows = Array.from(texts, (text) => {
      const indices = wordsOf(op, text).map((word) => this.indices.get(word) ?? Vocabulary.UNKNOWN);
      return mark ? [Vocabulary.BEGIN, ...indices, Vocabulary.END] : indices;
    });
    const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
    const length = checkInteger(op, "length", options.length ?? longest, 0, 65_536);
    if (longest > length) throw new OptionError(`${op}: a text takes ${longest} indices; expected at most ${length}`);
    const data = new Int32Array(rows.length * length).fill(Vocabulary.PAD);
    for (const [i, row] of rows.entries()) data.set(row, i * length);
    return { dtype: "int32", shape: [rows.length, length], data };
  }

  /**
   * The words of indices, with a space between them: up to the first `END`, without `PAD` and `BEGIN`.
   *
   * @throws {IndexError} for an index out of range, {OptionError} for what is no list.
   */
  decode(indices: Iterable<number>): string {
    if (!isIterable(indices)) {
      throw new OptionError(`Vocabulary.decode: indices must be a list of numbers, got ${show(indices)}`);
    }
    const words: string[] = [];
    for (const index of indices) {
      const word = this.words[index];
      if (word === undefined) {
        throw new IndexError(`Vocabulary.decode: index out of range: ${show(index)}; expected [0, ${this.size})`);
      }
      if (index === Vocabulary.END) break;
      if (index !== Vocabulary.PAD && index !== Vocabulary.BEGIN) words.push(word);
    }
    return words.join(" ");
  }
}

function wordsOf(op: string, text: unknown): string[] {
  if (typeof text !== "string") throw new OptionError(`${op}: a text must be a string, got ${show(text)}`);
  return text.split(/\s+/).filter((word) => word !== "");
}

function isIterable(value: unknown): boolean {
  return typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === "function";
}
