/** Lists of int32 words: the encoding of what decides about a Program. */

import type { Attributes } from "./op.js";

/** What introduces a number that is no int32: two words of a float64 follow. */
const FLOAT = 0x7ff00001;

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);
const strings = new Map<string, number>();

/** A list of words that grows, kept from use to use. Different values have different words, 0 and −0 too. */
export class WordList {
  private words = new Int32Array(4096);
  private used = 0;

  clear(): void {
    this.used = 0;
  }

  /** The words so far: a view that later calls overwrite. */
  view(): Int32Array {
    return this.words.subarray(0, this.used);
  }

  push(word: number): void {
    if (this.used === this.words.length) {
      const grown = new Int32Array(2 * this.words.length);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[this.used++] = word;
  }

  pushNumber(value: number): void {
    if ((value | 0) === value && value !== FLOAT && !Object.is(value, -0)) {
      this.push(value);
      return;
    }
    float[0] = value;
    this.push(FLOAT);
    this.push(floatWords[0] as number);
    this.push(floatWords[1] as number);
  }

  /** The values of attributes; their names are those of the op. */
  pushAttributes(attributes: Attributes): void {
    for (const name in attributes) {
      const value = attributes[name];
      if (typeof value === "number") this.pushNumber(value);
      else if (typeof value === "boolean") this.push(value ? 1 : 0);
      else if (typeof value === "string") this.push(codeOf(value));
      else if (value !== undefined) {
        this.push(value.length);
        for (let i = 0; i < value.length; i++) this.pushNumber(value[i] as number);
      }
    }
  }
}

function codeOf(text: string): number {
  let code = strings.get(text);
  if (code === undefined) {
    code = strings.size;
    strings.set(text, code);
  }
  return code;
}
