/** A language model of characters. */

import { checkInteger, checkSeed } from "../data/check.js";
import { type Arrays, Random } from "../data/index.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { Embedding, Linear, LSTM, type LSTMState, Module, splitSeed } from "../nn/index.js";
import { inEvaluation } from "../nn/mode.js";
import { type SeedOptions, tensor } from "../ops/index.js";
import { compile } from "../runtime/compile-function.js";
import type { Tensor } from "../tensor.js";
import { checkTemperature, draw } from "./draw.js";

/** Options of `CharLSTM`. */
export interface CharLSTMOptions extends SeedOptions {
  /** Features of a character (default 32). */
  readonly features?: number;
  /** Hidden units of a layer (default 128). */
  readonly hidden?: number;
  /** Layers of the LSTM (default 1). */
  readonly layers?: number;
  /** Share of the outputs between layers that dropout leaves out while training, in [0, 1) (default 0). */
  readonly dropRate?: number;
}

/** Options of `CharLSTM.generate`. */
export interface GenerateOptions extends SeedOptions {
  /**
   * What scores are divided by, ≥ 0 (default 1): below 1 likely characters become likelier, 0 takes the likeliest always.
   */
  readonly temperature?: number;
}

/**
 * Predicts the next character of a text from those before: an embedding, an LSTM and a linear layer. Characters (code
 * points) are known by their place in the alphabet; `[n, steps]`, int32, become scores `[n, steps, characters]`, before
 * the softmax.
 *
 * ```ts
 * const model = new CharLSTM(alphabetOf(text));
 * const loader = new DataLoader(arrayDataset(model.windows(text, 50)), { batchSize: 32, shuffle: true });
 * await fit(model, loader, { loss: crossEntropy, optimizer, epochs: 10 });
 * model.generate("Once upon ", 100);
 * ```
 *
 * As in A. Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015.
 */
export class CharLSTM extends Module {
  /** The characters it knows, in their order. */
  readonly alphabet: readonly string[];
  readonly embedding: Embedding;
  readonly lstm: LSTM;
  readonly fc: Linear;
  private readonly indices: ReadonlyMap<string, number>;

  /**
   * @param alphabet Every character once.
   * @throws {OptionError} for an alphabet that is empty or has a character twice, and options that are unknown or wrong.
   */
  constructor(alphabet: string, options: CharLSTMOptions = {}) {
    super();
    const op = "CharLSTM";
    checkOptions(op, options, ["features", "hidden", "layers", "dropRate", "seed"]);
    const { features = 32, hidden = 128, layers = 1, dropRate = 0 } = options;
    this.alphabet = [...checkText(op, "alphabet", alphabet)];
    this.indices = new Map(this.alphabet.map((character, i) => [character, i]));
    if (this.indices.size === 0 || this.indices.size < this.alphabet.length) {
      throw new OptionError(`${op}: alphabet must hold characters, each once, got ${show(alphabet)}`);
    }
    const [first, second, third] = splitSeed(op, options.seed, 3);
    this.embedding = new Embedding(this.alphabet.length, features, { seed: first });
    this.lstm = new LSTM(features, hidden, { layers, dropRate, seed: second });
    this.fc = new Linear(hidden, this.alphabet.length, { seed: third });
  }

  forward(x: Tensor): Tensor {
    return this.advance(x).scores;
  }

  /** The scores after each character, and the state after the last one, which the characters that follow go on from. */
  advance(x: Tensor, state?: LSTMState): { readonly scores: Tensor; readonly state: LSTMState } {
    const { output, state: after } = this.lstm.forward(this.embedding.forward(x), state);
    return { scores: this.fc.forward(output), state: after };
  }

  /**
   * The places of characters in the alphabet, `[length]`.
   *
   * @throws {OptionError} for a character that is not in it.
   */
  encode(text: string): Int32Array {
    return Int32Array.from([...checkText("CharLSTM", "text", text)], (character) => {
      const index = this.indices.get(character);
      if (index === undefined) throw new OptionError(`CharLSTM: not in the alphabet: ${show(character)}`);
      return index;
    });
  }

  /**
   * Examples to learn a text from: every stretch of `steps` characters that begins at a multiple of `steps`, and as
   * targets the characters that follow each of them. Both int32 `[count, steps]`.
   *
   * @throws {OptionError} for a text of fewer than `steps` + 1 characters, or with unknown ones.
   */
  windows(text: string, steps: number): Arrays<"inputs" | "targets"> {
    checkInteger("CharLSTM.windows", "steps", steps, 1, Number.MAX_SAFE_INTEGER);
    const characters = this.encode(text);
    const count = Math.floor((characters.length - 1) / steps);
    if (count < 1) throw new OptionError(`CharLSTM.windows: text is too short: ${characters.length} characters`);
    const shifted = (by: number) =>
      ({ dtype: "int32", shape: [count, steps], data: characters.slice(by, by + count * steps) }) as const;
    return { inputs: shifted(0), targets: shifted(1) };
  }

  /**
   * Continues a text, a character at a time, each drawn from what the model predicts; in the mode of its use.
   *
   * @param prompt At least one character.
   * @param length How many characters to add.
   * @returns The characters added. The same seed (default 0) gives the same.
   * @throws {OptionError} for an empty prompt, unknown characters, and options that are unknown or wrong.
   */
  generate(prompt: string, length: number, options: GenerateOptions = {}): string {
    const op = "CharLSTM.generate";
    checkOptions(op, options, ["temperature", "seed"]);
    checkInteger(op, "length", length, 0, Number.MAX_SAFE_INTEGER);
    const temperature = checkTemperature(op, options.temperature ?? 1);
    const characters = this.encode(prompt);
    if (characters.length === 0) throw new OptionError(`${op}: prompt must have a character, got ${show(prompt)}`);
    const random = new Random(checkSeed(op, options.seed ?? 0));
    return inEvaluation(this, () => this.continue(characters, length, temperature, random));
  }

  private continue(given: Int32Array, length: number, temperature: number, random: Random): string {
    const first = compile((x: Tensor) => this.advance(x));
    const next = compile((x: Tensor, state: LSTMState) => this.advance(x, state));
    let { scores, state } = first(tensor(given, { shape: [1, given.length] }));
    let text = "";
    for (let i = 0; i < length; i++) {
      const index = draw("CharLSTM.generate", scores.dataSync().slice(-this.alphabet.length), temperature, random);
      text += this.alphabet[index];
      if (i + 1 < length) ({ scores, state } = next(tensor(Int32Array.of(index), { shape: [1, 1] }), state));
    }
    return text;
  }
}

function checkText(op: string, what: string, text: unknown): string {
  if (typeof text === "string") return text;
  throw new OptionError(`${op}: ${what} must be a text, got ${show(text)}`);
}

/**
 * The characters of a text, each once, in the order of their code points.
 *
 * @throws {OptionError} for anything but a string.
 */
export function alphabetOf(text: string): string {
  return [...new Set(checkText("alphabetOf", "text", text))]
    .sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number))
    .join("");
}
