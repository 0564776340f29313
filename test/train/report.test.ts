import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeImage } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";
import { info, tensor } from "../../lib/index.js";
import { Activation, Conv2d, Flatten, Linear, Sequential, summary } from "../../lib/nn/index.js";
import { linearSchedule } from "../../lib/optim/index.js";
import {
  type Evaluation,
  evaluate,
  fit,
  formatReport,
  History,
  htmlReport,
  saveReport,
} from "../../lib/train/index.js";
import { textsOf } from "../support.js";
import { measures, points, setUp } from "./support.js";

/** The texts of a page. Style sheets are no markup. */
const readPage = (page: string) => textsOf(page.replace(/<style>[^<]*<\/style>/, ""));

/** The pictures in a page. */
const picturesOf = (page: string) =>
  [...page.matchAll(/<img src="data:image\/png;base64,([^"]*)"/g)].map(([, bytes]) =>
    decodeImage(Buffer.from(bytes as string, "base64")),
  );

function historyOf(losses: readonly number[], validation: readonly number[] = []): History {
  const history = new History();
  for (const [i, loss] of losses.entries()) {
    const row = { epoch: i + 1, step: 1000 * (i + 1), seconds: 0.25, loss, accuracy: 0.5 };
    history.rows.push(validation.length > 0 ? { ...row, validationLoss: validation[i] as number } : row);
  }
  return history;
}

const confusion = [
  [6, 2, 0],
  [0, 9, 1],
  [0, 0, 0],
];

const evaluation: Evaluation = {
  ...{ loss: 0.25, metrics: { accuracy: 0.8, top2: 0.5 }, examples: 18, seconds: 1, confusion },
  mistakes: [
    { index: 7, truth: 0, predicted: 1, confidence: 0.875, input: tensor([[[0, 1, 2]]]) },
    { index: 3, truth: 1, predicted: 2, confidence: 0.5, input: tensor([1, 2, 3]) },
  ],
};

describe("a report", () => {
  it("has a chart for each measure, with training and validation, and one of the learning rate", () => {
    const history = historyOf([2, 1, 0.5], [2.5, 1.25, 1.5]);
    const page = formatReport({ history, learningRates: [Number.NaN, 0.1, 0.05] });
    const charts = [...page.matchAll(/<svg xmlns.*?aria-label="([^"]*)"/g)].map(([, title]) => title);
    expect(charts).toEqual(["Loss", "Accuracy", "Learning rate"]);
    const texts = readPage(page);
    const marks = texts.filter((text) => /^(training|validation|at the end of the epoch), \d/.test(text));
    expect(marks).toEqual([
      ...["training, 1: 2", "training, 2: 1", "training, 3: 0.5"],
      ...["validation, 1: 2.5", "validation, 2: 1.25", "validation, 3: 1.5"],
      ...["training, 1: 0.5", "training, 2: 0.5", "training, 3: 0.5"],
      ...["at the end of the epoch, 2: 0.1", "at the end of the epoch, 3: 0.05"],
    ]);
    expect(texts).toContain(
      "Validation loss is least after epoch 2: 1.2500. After the last, 3, it is 1.5000, with 0.5000 in training.",
    );
    const at = texts.indexOf("All epochs") + 1;
    expect(texts.slice(at, at + 12)).toEqual([
      ...["epoch", "step", "seconds", "loss", "accuracy", "validationLoss"],
      ...["1", "1,000", "0.3", "2.0000", "50.00 %", "2.5000"],
    ]);
  });

  it("draws a history without validation, with one epoch, with none, and with a loss that is not a number", () => {
    expect(readPage(formatReport({ history: historyOf([1]) }))).toContain("training, 1: 1");
    expect(formatReport({ history: historyOf([1]) })).not.toContain("Validation");
    expect(formatReport({ history: new History() })).not.toContain("Curves");
    const diverged = formatReport({ history: historyOf([1, Number.NaN], [Number.NaN, Number.NaN]) });
    expect(readPage(diverged)).toContain("NaN");
  });

  it("has the confusion matrix with the accuracy of each class, the best and the worst one, and pairs", () => {
    const page = formatReport({ evaluation, classNames: ["cat", "dog", "owl"] });
    const texts = readPage(page);
    expect(texts).toContain("18 examples: loss 0.2500, top2 0.5000");
    expect(texts).toContain(
      "accuracy 83.33 % of 18; best: dog (90.00 %), worst: cat (75.00 %). Rows are the truth, columns the predictions.",
    );
    const at = texts.indexOf("truth");
    expect(texts.slice(at, at + 20)).toEqual([
      ...["truth", "cat", "dog", "owl", "accuracy"],
      ...["cat", "6", "2", "·", "75.00 %", "dog", "·", "9", "1", "90.00 %", "owl", "·", "·", "·", "–"],
    ]);
    const pairs = texts.indexOf("Most frequent confusions");
    expect(texts.slice(pairs + 4, pairs + 10)).toEqual(["cat", "dog", "2", "dog", "owl", "1"]);
    // Three quarters of the cats are right: 0.7 of full blue. A tenth of the dogs is wrong, by its root.
    expect(page).toContain('<td style="background: rgba(49, 130, 206, 0.52)">6</td>');
    expect(page).toContain('<td style="background: rgba(221, 107, 32, 0.32)">1</td>');
  });

  it("draws the matrix of many classes as a picture", () => {
    const matrix = Array.from({ length: 50 }, (_, i) => Array.from({ length: 50 }, (_, j) => (i === j ? 3 : 0)));
    const page = formatReport({ evaluation: { loss: 0, metrics: {}, examples: 150, seconds: 1, confusion: matrix } });
    const [picture] = picturesOf(page);
    expect([picture?.rows, picture?.columns]).toEqual([50 * 12, 50 * 12]);
    // Black where it is right.
    expect([picture?.pixels[0], picture?.pixels[12]]).toEqual([0, 255]);
    expect(readPage(page)).toContain(
      "accuracy 100.00 % of 150; best: 0 (100.00 %), worst: 0 (100.00 %). Rows are the truth, columns the predictions.",
    );
  });

  it("shows mistakes with what they are, what they were taken for, and how surely", () => {
    const page = formatReport({ evaluation, classNames: ["cat", "dog", "owl"] });
    const texts = readPage(page);
    const at = texts.indexOf("Most confident mistakes") + 1;
    expect(texts.slice(at, at + 8)).toEqual([
      ...["cat", ", taken for", "dog", "87.50 %"],
      ...["Example 3:", "dog", ", taken for", "owl"],
    ]);
    const [picture] = picturesOf(page);
    expect([...(picture?.pixels.subarray(0, 3) ?? [])]).toEqual([0, 128, 255]);
  });

  it("shows the filters of the first layer, where they are images", () => {
    const filters = (model: Sequential, shape?: number[]) =>
      picturesOf(formatReport({ model, ...(shape && { summary: summary(model, shape) }) })).map(({ rows, columns }) => [
        rows,
        columns,
      ]);
    const convolution = (channels: number) => new Sequential([new Conv2d(channels, 4, 7, { seed: 1 })]);
    // Seven pixels, eight times as large, with 4 white ones between.
    expect(filters(convolution(3))).toEqual([[56, 4 * 56 + 3 * 4]]);
    expect(filters(convolution(2))).toEqual([[56, 8 * 56 + 7 * 4]]);
    const linear = new Sequential([new Flatten(), new Linear(12, 100, { seed: 1 })]);
    expect(filters(linear)).toEqual([]);
    expect(filters(linear, [3, 2, 2])).toEqual([[4 * 56 + 3 * 4, 16 * 56 + 15 * 4]]);
    expect(filters(new Sequential([new Activation("relu")]))).toEqual([]);
  });

  it("has the summary, the settings and what it ran on", () => {
    const model = new Sequential([new Linear(3, 2)]);
    const page = formatReport({ summary: summary(model, [3]), settings: { seed: 7, shuffled: true, data: "own" } });
    const texts = readPage(page);
    expect(texts.find((text) => text.startsWith("layer"))).toBe(String(summary(model, [3])));
    const at = texts.indexOf("Settings") + 1;
    expect(texts.slice(at, at + 8)).toEqual([
      ...["seed", "7", "shuffled", "true", "data", "own", "nodegrad", info().version],
    ]);
    expect(texts).toContain("processor");
  });

  it("escapes every text, loads nothing and runs nothing", () => {
    const evil = `"><script>alert('&')</script><img src=x onerror="1">\u0000`;
    const history = new History();
    history.rows.push({ epoch: 1, step: 1, seconds: 1, loss: 1, [evil]: 1 } as never);
    const page = formatReport({
      title: evil,
      history,
      evaluation: { ...evaluation, metrics: { [evil]: 1 } },
      classNames: [evil, evil, evil],
      model: new Sequential({ [evil]: new Conv2d(1, 1, 3) }),
      summary: summary(new Sequential({ [evil]: new Linear(3, 2) }), [3]),
      settings: { [evil]: evil },
    });
    expect(readPage(page).filter((text) => text.includes("&lt;script&gt;alert")).length).toBeGreaterThan(15);
    expect(page).not.toMatch(/<script|<img src=x|<link|<iframe/);
    expect(page).not.toContain("\0");
    expect(page).not.toMatch(/(?:src|href)="(?!data:image\/png;base64,)/);
    expect(page).not.toMatch(/url\(|@import/);
    expect(page).toContain("default-src 'none'");
  });

  it("refuses what it does not know", async () => {
    expect(() => formatReport({ titel: "" } as never)).toThrow('formatReport: unknown option "titel"');
    expect(() => formatReport(3 as never)).toThrow(OptionError);
    const wrong = { history: [], learningRates: 1, evaluation: 3, classNames: "ab", model: {}, summary: "", title: 1 };
    for (const [option, value] of Object.entries({ ...wrong, settings: "x" })) {
      expect(() => formatReport({ [option]: value })).toThrow(`formatReport: option "${option}" must be`);
    }
    await expect(saveReport(join(tmpdir(), "none", "there", "a.html"), {})).rejects.toThrow("saveReport: cannot write");
  });
});

describe("htmlReport", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-report-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const train = async (path: string, options: Partial<Parameters<typeof htmlReport>[0]>, watch?: () => unknown) => {
    const { model, optimizer } = setUp();
    await fit(model, points, {
      ...measures,
      ...{ optimizer, epochs: 3, seed: 5, validation: points(0, 20), schedule: linearSchedule(0.12, { steps: 12 }) },
      callbacks: [
        htmlReport({
          path,
          evaluate: () => evaluate(model, points(0, 20), { ...measures, confusion: true }),
          ...options,
        }),
        { onStart: watch, onEpochEnd: watch },
      ] as never,
    });
  };

  it("grows with every epoch, and ends with the evaluation", async () => {
    const path = join(folder, "report.html");
    const pages: string[] = [];
    await train(path, { title: "Points" }, async () => pages.push(await readFile(path, "utf8")));
    const last = await readFile(path, "utf8");
    const epochs = (page: string) => page.match(/validation, \d: /g)?.length ?? 0;
    // Two charts have validation.
    expect(pages.map(epochs)).toEqual([0, 2, 4, 6]);
    for (const [i, page] of pages.entries()) {
      expect(page).toContain('<meta http-equiv="refresh" content="5">');
      expect(readPage(page)).toContain(`${i} of 3 epochs done; this page reloads itself.`);
      expect(page).not.toContain("Evaluation");
    }
    expect(last).not.toContain("refresh");
    const texts = readPage(last);
    expect(texts[0]).toBe("Points");
    expect(texts.some((text) => /^accuracy .* % of 20; best: /.test(text))).toBe(true);
    const at = texts.indexOf("Settings") + 1;
    expect(texts.slice(at, at + 8)).toEqual(["optimizer", "SGD", "epochs", "3", "steps", "12", "seed", "5"]);
    // The rate of the last step of each epoch, of 4 steps.
    const rates = texts.filter((text) => text.startsWith("at the end of the epoch, ")).map((text) => +text.slice(28));
    expect(rates).toEqual([0.09, 0.05, 0.01]);
    expect(await readdir(folder)).toEqual(["report.html"]);
  });

  it("fails before the first epoch when it cannot write, and when options are wrong", async () => {
    await expect(train(join(folder, "none", "a.html"), {})).rejects.toThrow("htmlReport: cannot write file");
    expect(() => htmlReport({} as never)).toThrow('htmlReport: option "path" must be a string, got undefined');
    expect(() => htmlReport({ path: "a", evaluate: 1 as never })).toThrow('option "evaluate" must be a function');
    expect(() => htmlReport({ path: "a", history: new History() } as never)).toThrow('unknown option "history"');
    expect(() => htmlReport({ path: "a", title: 1 as never })).toThrow('htmlReport: option "title" must be a string');
  });
});

describe("evaluate", () => {
  it("keeps the most confident mistakes, with their inputs", async () => {
    // Scores are the inputs; the label of every example is 0.
    const model = new Sequential([new Activation("relu")]);
    const batches = [
      [
        [1, 0],
        [0, 2],
        [0, 1],
      ],
      [
        [0, 3],
        [9, 0],
      ],
    ].map((rows) => ({ inputs: tensor(rows), targets: tensor(new Int32Array(rows.length)) }));
    const { mistakes, confusion } = await evaluate(model, batches, { ...measures, mistakes: 2 });
    expect(confusion).toBeUndefined();
    expect(mistakes?.map(({ index, truth, predicted }) => [index, truth, predicted])).toEqual([
      [3, 0, 1],
      [1, 0, 1],
    ]);
    expect(mistakes?.map(({ input }) => input?.toArray())).toEqual([
      [0, 3],
      [0, 2],
    ]);
    // softmax(0, x)₁ = 1/(1 + e⁻ˣ), in float32.
    for (const [i, x] of [3, 2].entries()) {
      expect(Math.abs((mistakes?.[i]?.confidence as number) - 1 / (1 + Math.exp(-x)))).toBeLessThan(1e-6);
    }
    await expect(evaluate(model, batches, { ...measures, mistakes: -1 })).rejects.toThrow(
      'evaluate: option "mistakes"',
    );
    expect(await evaluate(model, batches, measures)).not.toHaveProperty("mistakes");
  });
});
