/** A model that says what it sees. */

import { checkBoolean, checkInteger, checkSeed } from "../data/check.js";
import { Random, Vocabulary } from "../data/index.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import {
  crossEntropy,
  Embedding,
  Linear,
  LSTMCell,
  type LSTMState,
  Module,
  type Sequential,
  scaledDotProductAttention,
  splitSeed,
} from "../nn/index.js";
import { inEvaluation } from "../nn/mode.js";
import { concat, expandDims, type SeedOptions, slice, squeeze, stack, tanh, tensor } from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { compile } from "../runtime/compile-function.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { checkTemperature, draw } from "./draw.js";
import { FEATURES, imageEncoder, MAP_FEATURES, placesOf, vectorOf } from "./image-encoder.js";

/** Options of `Captioner`. */
export interface CaptionerOptions extends SeedOptions {
  /** Features of a word (default 32). */
  readonly features?: number;
  /** Hidden units of the LSTM (default 128). */
  readonly hidden?: number;
  /** Whether it looks for each word where it wants to (default true), or at the whole image. */
  readonly attention?: boolean;
}

/** Options of `Captioner.generate`. */
export interface CaptionOptions extends SeedOptions {
  /** Words of a caption at most (default 20). */
  readonly maxLength?: number;
  /** What scores are divided by, ≥ 0 (default 0: the likeliest word always). */
  readonly temperature?: number;
}

/**
 * Describes images: a convolutional encoder, and an LSTM that starts from the encoder's map as a whole and writes a word after
 * another. Before each word it looks at the image again: with attention, at an average of the places of the map, weighted by
 * how well they fit the LSTM's state, so that it may look elsewhere for each word; without, at the whole.
 *
 * Images `[n, 3, h, w]`, values around 0 to 1, and captions `[n, steps]`, int32, as `vocabulary.encode(texts, { mark: true })`
 * gives them, become scores `[n, steps − 1, words]` of the words after each but the last, before the softmax.
 *
 * ```ts
 * const model = new Captioner(new Vocabulary(captions));
 * await fit(model, loader, {
 *   forward: ({ images, captions }) => model.forward(images, captions),
 *   targets: ({ captions }) => captions,
 *   loss: (scores, captions) => model.loss(scores, captions),
 *   optimizer,
 *   epochs: 5,
 * });
 * model.generate(images);
 * ```
 *
 * O. Vinyals et al., "Show and tell", 2015; K. Xu et al., "Show, attend and tell", 2015, with scaled dot products.
 */
export class Captioner extends Module<[images: Tensor, captions: Tensor]> {
  readonly vocabulary: Vocabulary;
  readonly encoder: Sequential;
  readonly embedding: Embedding;
  /** The LSTM's first h and c, of the encoder's map as a whole. */
  readonly start: { readonly hidden: Linear; readonly cell: Linear };
  /** What the LSTM looks for, of its h; undefined without attention. */
  readonly query: Linear | undefined;
  readonly lstm: LSTMCell;
  readonly fc: Linear;
  private readonly look = compile((images: Tensor) => this.encode(images));
  private readonly next = compile((seen: Tensor, words: Tensor, state: LSTMState) => {
    const after = this.step(seen, this.embedding.forward(words), state);
    return { scores: this.fc.forward(after.hidden), state: after };
  });

  /** @throws {OptionError} for what is no vocabulary, and options that are unknown or wrong. */
  constructor(vocabulary: Vocabulary, options: CaptionerOptions = {}) {
    super();
    const op = "Captioner";
    checkVocabulary(op, vocabulary);
    checkOptions(op, options, ["features", "hidden", "attention", "seed"]);
    const { features = 32, hidden = 128, attention = true } = options;
    const [encoder, embedding, startHidden, startCell, query, lstm, fc] = splitSeed(op, options.seed, 7);
    this.vocabulary = vocabulary;
    this.encoder = imageEncoder(op, encoder);
    this.embedding = new Embedding(vocabulary.size, features, { seed: embedding });
    this.start = {
      hidden: new Linear(MAP_FEATURES, hidden, { seed: startHidden }),
      cell: new Linear(MAP_FEATURES, hidden, { seed: startCell }),
    };
    this.query = checkBoolean(op, "attention", attention) ? new Linear(hidden, FEATURES, { seed: query }) : undefined;
    this.lstm = new LSTMCell(features + (attention ? FEATURES : MAP_FEATURES), hidden, { seed: lstm });
    this.fc = new Linear(hidden, vocabulary.size, { seed: fc });
  }

  /** @throws {ShapeError} when the captions are not `[n, steps]` with at least two steps. */
  forward(images: Tensor, captions: Tensor): Tensor {
    checkTensor("Captioner", images, "images");
    checkTensor("Captioner", captions, "captions");
    const [count, steps = 0] = captions.shape;
    if (captions.rank !== 2 || steps < 2 || count !== images.shape[0]) {
      throw new ShapeError(
        `Captioner: captions must be [${images.shape[0]}, steps ≥ 2], got ${showShape(captions.shape)}`,
      );
    }
    const words = this.embedding.forward(slice(captions, [null, [0, -1]]));
    let { seen, state } = this.encode(images);
    const outputs = Array.from({ length: steps - 1 }, (_, step) => {
      state = this.step(seen, slice(words, [null, step]), state);
      return state.hidden;
    });
    return this.fc.forward(stack(outputs, { axis: 1 }));
  }

  /** The mean cross-entropy of the words of captions, `[n, steps]`, but the first; `PAD` does not count. */
  loss(scores: Tensor, captions: Tensor): Tensor {
    return crossEntropy(scores, slice(captions, [null, [1]]), { ignoreIndex: Vocabulary.PAD });
  }

  /**
   * A caption for each image, in the mode of its use, a word at a time: each is put in before the next is drawn.
   *
   * @param images `[n, 3, h, w]`, as those it has learnt from.
   * @returns `[n]`. The same seed (default 0) gives the same.
   * @throws {OptionError} for options that are unknown or wrong.
   */
  generate(images: Tensor, options: CaptionOptions = {}): string[] {
    const op = "Captioner.generate";
    checkOptions(op, options, ["maxLength", "temperature", "seed"]);
    const maxLength = checkInteger(op, "maxLength", options.maxLength ?? 20, 0, 65_536);
    const temperature = checkTemperature(op, options.temperature ?? 0);
    const random = new Random(checkSeed(op, options.seed ?? 0));
    const indices = inEvaluation(this, () =>
      this.write(images, maxLength, (scores) => draw(op, scores, temperature, random)),
    );
    return indices.map((row) => this.vocabulary.decode(row));
  }

  /** The words of each caption, drawn from their scores. */
  private write(images: Tensor, maxLength: number, choose: (scores: ArrayLike<number>) => number): number[][] {
    let { seen, state } = this.look(images);
    const captions = Array.from({ length: images.shape[0] as number }, (): number[] => [Vocabulary.BEGIN]);
    const isOpen = (caption: number[]) => caption.at(-1) !== Vocabulary.END;
    for (let length = 0; length < maxLength && captions.some(isOpen); length++) {
      const last = Int32Array.from(captions, (caption) => caption.at(-1) as number);
      const result = this.next(seen, tensor(last), state);
      state = result.state;
      const scores = result.scores.dataSync();
      for (const [i, caption] of captions.entries()) {
        if (!isOpen(caption)) continue;
        // PAD and BEGIN, which no caption goes on with, come first.
        const from = i * this.vocabulary.size + Vocabulary.END;
        caption.push(Vocabulary.END + choose(scores.subarray(from, (i + 1) * this.vocabulary.size)));
      }
    }
    return captions;
  }

  /**
   * What is seen of the images before each word, their places `[n, places, features]` or the whole `[n, features]`, and the
   * state before the first word.
   */
  private encode(images: Tensor): { readonly seen: Tensor; readonly state: LSTMState } {
    const map = this.encoder.forward(images);
    const whole = vectorOf(map);
    const { hidden, cell } = this.start;
    const state = { hidden: tanh(hidden.forward(whole)), cell: tanh(cell.forward(whole)) };
    return { seen: this.query === undefined ? whole : placesOf(map), state };
  }

  private step(seen: Tensor, words: Tensor, state: LSTMState): LSTMState {
    return this.lstm.forward(concat([words, this.attend(seen, state)], { axis: 1 }), state);
  }

  /** What of an image goes into a step. */
  private attend(seen: Tensor, { hidden }: LSTMState): Tensor {
    if (this.query === undefined) return seen;
    const query = expandDims(this.query.forward(hidden), 1);
    return squeeze(scaledDotProductAttention(query, seen, seen), { axes: 1 });
  }
}

/** @throws {OptionError} for anything else. */
export function checkVocabulary(op: string, vocabulary: unknown): void {
  if (vocabulary instanceof Vocabulary) return;
  throw new OptionError(`${op}: vocabulary must be a Vocabulary, got ${show(vocabulary)}`);
}
