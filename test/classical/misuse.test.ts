/** What is passed to classical systems by mistake, and the error it gives. */

import { describe, expect, it } from "vitest";
import {
  absorbBias,
  appendOnes,
  KernelSVM,
  KMeans,
  KNearestNeighbors,
  LinearDiscriminant,
  LinearRegression,
  LinearSVM,
  PCA,
  Perceptron,
  SoftmaxClassifier,
  VisualWords,
} from "../../lib/classical/index.js";
import { type NodegradError, OptionError, ShapeError } from "../../lib/errors.js";
import { tensor, zeros } from "../../lib/index.js";

/** What TypeScript would not let pass. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
const wrong = (value?: unknown): any => value;

const x = zeros([3, 2]);
const pca = new PCA({ components: 1 }).fit(x);
const model = new SoftmaxClassifier({ epochs: 1 }).fit(x, [0, 1, 2]);
const gives = (value: unknown) => new KernelSVM({ kernel: () => wrong(value) });

type Mistake = readonly [string, new (message: string) => NodegradError, RegExp, () => unknown];

const mistakes: readonly Mistake[] = [
  [
    "a kernel of numbers",
    OptionError,
    /^KernelSVM.fit: what the kernel gives must be a tensor, got 5/,
    () => {
      gives(5).fit(x, [0, 1, 1]);
    },
  ],
  [
    "a kernel of another shape",
    ShapeError,
    /^KernelSVM.fit: the kernel gives \[2, 2\]; expected \[3, 3\]/,
    () => {
      gives(zeros([2, 2])).fit(x, [0, 1, 1]);
    },
  ],
  ["numbers to reconstruct", OptionError, /^PCA.reconstruct: z must be a tensor/, () => pca.reconstruct(wrong(5))],
  ["templates of no shape", ShapeError, /^SoftmaxClassifier.templates: shape/, () => model.templates(wrong())],
  ["no examples of ones", OptionError, /^appendOnes: x must be a tensor/, () => appendOnes(wrong())],
  [
    "fewer patches than words",
    OptionError,
    /^VisualWords.fit: 100 words of 8 patches; expected at most as many/,
    () => new VisualWords({ shape: [1, 8, 8] }).fit(zeros([2, 64])),
  ],
  ["no bias", OptionError, /^absorbBias: bias must be a tensor/, () => absorbBias(x, wrong())],
];

describe("mistakes with classical systems", () => {
  it.each(mistakes)("%s", (_, type, message, run) => {
    expect(run).toThrow(type);
    expect(run).toThrow(message);
  });
});

describe.each([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
])("a feature of %s", (name, value) => {
  const examples = tensor([
    [1, 2],
    [3, value],
    [4, 5],
  ]);
  const classifiers = {
    KNearestNeighbors: new KNearestNeighbors(),
    Perceptron: new Perceptron(),
    KernelSVM: new KernelSVM(),
    LinearSVM: new LinearSVM(),
    SoftmaxClassifier: new SoftmaxClassifier(),
    LinearDiscriminant: new LinearDiscriminant(),
  };
  const transforms = {
    PCA: new PCA({ components: 1 }),
    KMeans: new KMeans({ clusters: 2 }),
    VisualWords: new VisualWords({ shape: [1, 1, 2], patch: 1, words: 1 }),
  };

  it.each([
    ...Object.entries(classifiers).map(([op, system]) => [op, () => system.fit(examples, [0, 1, 1])] as const),
    ...Object.entries(transforms).map(([op, system]) => [op, () => system.fit(examples)] as const),
    ["LinearRegression", () => new LinearRegression().fit(examples, [0, 1, 1])] as const,
  ])("is refused by %s", (op, run) => {
    expect(run).toThrow(OptionError);
    expect(run).toThrow(`${op}.fit: x[1, 1] must be a finite number, got ${name}`);
  });
});
