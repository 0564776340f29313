/** A model that answers questions about images. */

import { Vocabulary } from "../data/index.js";
import { checkOptions, OptionError, ShapeError, show } from "../errors.js";
import { Embedding, Linear, LSTMCell, type LSTMState, Module, type Sequential, splitSeed } from "../nn/index.js";
import { inEvaluation } from "../nn/mode.js";
import {
  argMax,
  expandDims,
  mul,
  notEqual,
  reshape,
  type SeedOptions,
  slice,
  tanh,
  tensor,
  where,
  zeros,
} from "../ops/index.js";
import { checkTensor } from "../ops/operands.js";
import { compile } from "../runtime/compile-function.js";
import { showShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { checkVocabulary } from "./captioner.js";
import { imageEncoder, MAP_FEATURES, vectorOf } from "./image-encoder.js";

/** Options of `QuestionAnswerer`. */
export interface QuestionAnswererOptions extends SeedOptions {
  /** Features of a word (default 32). */
  readonly features?: number;
  /** Hidden units of the LSTM, and the length of the vectors of image and question (default 128). */
  readonly hidden?: number;
}

/**
 * Answers questions about images with one of K answers: a convolutional network makes a vector of the image, an LSTM
 * one of the question, and a linear layer scores the answers by their product, element by element.
 *
 * Images `[n, 3, h, w]`, values around 0 to 1, and questions `[n, steps]`, int32, as `vocabulary.encode(texts)` gives them,
 * become scores `[n, K]`, before the softmax. Questions `[n, k, steps]` are k about each image, which is looked at once: scores
 * `[n, k, K]`. `PAD` changes nothing.
 *
 * ```ts
 * const model = new QuestionAnswerer(new Vocabulary(questions), answers);
 * await fit(model, loader, {
 *   forward: ({ images, questions }) => model.forward(images, questions),
 *   targets: ({ answers }) => answers,
 *   loss: crossEntropy,
 *   optimizer,
 *   epochs: 5,
 * });
 * const { answers, state } = model.ask(images, ["what colour is the shape"]);
 * ```
 *
 * The state after a question may be given to the next, which then may refer back to it: a dialog.
 *
 * S. Antol et al., "VQA: Visual question answering", 2015.
 */
export class QuestionAnswerer extends Module<[images: Tensor, questions: Tensor]> {
  readonly vocabulary: Vocabulary;
  /** What it may answer, `[K]`. */
  readonly answers: readonly string[];
  readonly encoder: Sequential;
  readonly embedding: Embedding;
  readonly lstm: LSTMCell;
  /** The vectors of image and question. */
  readonly image: Linear;
  readonly question: Linear;
  readonly fc: Linear;
  private readonly hidden: number;
  private readonly choose = compile((images: Tensor, questions: Tensor, before: LSTMState | undefined) => {
    const { scores, state } = this.advance(images, questions, before);
    return { choices: argMax(scores, { axis: -1 }), state };
  });

  /**
   * @param answers Every answer once.
   * @throws {OptionError} for what is no vocabulary, for no answers or one twice, and options that are unknown or wrong.
   */
  constructor(vocabulary: Vocabulary, answers: readonly string[], options: QuestionAnswererOptions = {}) {
    super();
    const op = "QuestionAnswerer";
    checkVocabulary(op, vocabulary);
    if (!Array.isArray(answers) || answers.length === 0 || new Set(answers).size < answers.length) {
      throw new OptionError(`${op}: answers must be a list of strings, each once, got ${show(answers)}`);
    }
    checkOptions(op, options, ["features", "hidden", "seed"]);
    const { features = 32, hidden = 128 } = options;
    const [encoder, embedding, lstm, image, question, fc] = splitSeed(op, options.seed, 6);
    this.vocabulary = vocabulary;
    this.answers = [...answers];
    this.hidden = hidden;
    this.encoder = imageEncoder(op, encoder);
    this.embedding = new Embedding(vocabulary.size, features, { seed: embedding });
    this.lstm = new LSTMCell(features, hidden, { seed: lstm });
    this.image = new Linear(MAP_FEATURES, hidden, { seed: image });
    this.question = new Linear(hidden, hidden, { seed: question });
    this.fc = new Linear(hidden, answers.length, { seed: fc });
  }

  /** @throws {ShapeError} when the questions are not `[n, steps]` or `[n, k, steps]`. */
  forward(images: Tensor, questions: Tensor): Tensor {
    return this.advance(images, questions).scores;
  }

  /**
   * The scores of the answers, and the state after the questions, `[n, hidden]` or `[n·k, hidden]`, from which others may go
   * on.
   */
  advance(
    images: Tensor,
    questions: Tensor,
    before?: LSTMState,
  ): { readonly scores: Tensor; readonly state: LSTMState } {
    checkTensor("QuestionAnswerer", images, "images");
    checkTensor("QuestionAnswerer", questions, "questions");
    const [count] = images.shape;
    if ((questions.rank !== 2 && questions.rank !== 3) || questions.shape[0] !== count) {
      const expected = `[${count}, steps] or [${count}, k, steps]`;
      throw new ShapeError(`QuestionAnswerer: questions must be ${expected}, got ${showShape(questions.shape)}`);
    }
    const state = this.read(reshape(questions, [-1, questions.shape.at(-1) as number]), before);
    const image = tanh(this.image.forward(vectorOf(this.encoder.forward(images))));
    const question = tanh(this.question.forward(state.hidden));
    const asked = questions.shape.slice(0, -1);
    const pairs = mul(expandDims(image, 1), reshape(question, [asked[0] as number, -1, this.hidden]));
    return { scores: reshape(this.fc.forward(pairs), [...asked, this.answers.length]), state };
  }

  /**
   * The likeliest answer to a question about each image, in the mode of its use.
   *
   * @param images `[n, 3, h, w]`.
   * @param questions `[n]`, in words; those that are not in the vocabulary are read as unknown.
   * @param before The state after the questions before, for a dialog (default: there were none).
   * @returns The answers, `[n]`, and the state after the questions.
   * @throws {OptionError} for another number of questions, and what is no string.
   */
  ask(
    images: Tensor,
    questions: readonly string[],
    before?: LSTMState,
  ): { readonly answers: string[]; readonly state: LSTMState } {
    const op = "QuestionAnswerer.ask";
    checkTensor(op, images, "images");
    if (!Array.isArray(questions))
      throw new OptionError(`${op}: questions must be a list of texts, got ${show(questions)}`);
    if (questions.length !== images.shape[0]) {
      throw new OptionError(`${op}: ${images.shape[0]} images need as many questions, got ${questions.length}`);
    }
    const { data, shape } = this.vocabulary.encode(questions);
    return inEvaluation(this, () => {
      const { choices, state } = this.choose(images, tensor(data, { shape }), before);
      return { answers: Array.from(choices.dataSync(), (choice) => this.answers[choice] as string), state };
    });
  }

  /** The state after the words of questions, `[rows, steps]`; `PAD` leaves it as it is. */
  private read(questions: Tensor, before: LSTMState | undefined): LSTMState {
    const [rows, steps] = questions.shape as [number, number];
    const words = this.embedding.forward(questions);
    const isWord = notEqual(questions, Vocabulary.PAD);
    const none = zeros([rows, this.hidden]);
    let state = before ?? { hidden: none, cell: none };
    for (let step = 0; step < steps; step++) {
      const isRead = expandDims(slice(isWord, [null, step]), 1);
      const { hidden, cell } = this.lstm.forward(slice(words, [null, step]), state);
      state = { hidden: where(isRead, hidden, state.hidden), cell: where(isRead, cell, state.cell) };
    }
    return state;
  }
}
