import { describe, expect, it } from "vitest";
import { generateScenes, questionsAbout, Random, SCENE_ANSWERS, Vocabulary } from "../../lib/data/index.js";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { compile, concat, randomUniform, type Tensor, tensor } from "../../lib/index.js";
import { QuestionAnswerer } from "../../lib/models/index.js";
import { crossEntropy } from "../../lib/nn/index.js";
import { Adam } from "../../lib/optim/index.js";

const vocabulary = new Vocabulary(["what colour is the shape", "and the ground"]);
const answers = ["red", "blue", "yes"];
const make = () => new QuestionAnswerer(vocabulary, answers, { features: 6, hidden: 10, seed: 1 });
const images = (count: number, seed = 0) => randomUniform([count, 3, 16, 16], { seed });
const questions = (texts: string[], length?: number) => {
  const { data, shape } = vocabulary.encode(texts, length === undefined ? {} : { length });
  return tensor(data, { shape });
};
const largest = (x: Tensor) => Math.max(...Array.from(x.abs().dataSync()));

describe("QuestionAnswerer", () => {
  it("learns the answers about scenes by heart", { timeout: 120_000 }, () => {
    const { images: pixels, scenes } = generateScenes({ count: 8, size: 16, seed: 5 });
    const asked = scenes.flatMap((scene, i) => questionsAbout(scene, new Random(0, i)));
    const words = new Vocabulary(asked.map(({ question }) => question));
    const model = new QuestionAnswerer(words, SCENE_ANSWERS, { features: 16, hidden: 48, seed: 1 });
    const pictures = tensor(
      Float32Array.from(pixels, (value) => value / 255),
      { shape: [8, 3, 16, 16] },
    );
    const { data, shape } = words.encode(asked.map(({ question }) => question));
    const texts = tensor(data, { shape: [8, 5, shape[1] as number] });
    const right = tensor(
      Int32Array.from(asked, ({ answer }) => SCENE_ANSWERS.indexOf(answer)),
      { shape: [8, 5] },
    );
    const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
    const step = compile(() => {
      const loss = crossEntropy(model.forward(pictures, texts), right);
      loss.backward();
      optimizer.step();
      return loss;
    });
    for (let i = 0; i < 100; i++) step();
    const firsts = asked.filter((_, i) => i % 5 === 4);
    const said = model.ask(
      pictures,
      firsts.map(({ question }) => question),
    );
    expect(said.answers).toEqual(firsts.map(({ answer }) => answer));
    expect(model.training).toBe(true);
  });

  it("sends gradients to every parameter, down to the first convolution", () => {
    const model = make();
    const parameters = model.parameters();
    const step = compile((x: Tensor, texts: Tensor) => {
      crossEntropy(model.forward(x, texts), tensor([0, 2], { dtype: "int32" })).backward();
      return Object.values(parameters).map(({ grad }) => grad as Tensor);
    });
    const gradients = step(images(2), questions(["what colour is the shape", "and the ground"]));
    expect(Object.keys(parameters)).toContain("encoder.conv1.weight");
    for (const [i, name] of Object.keys(parameters).entries()) {
      expect([name, largest(gradients[i] as Tensor) > 0]).toEqual([name, true]);
    }
  });

  it("combines both: other scores for another question and for another image", () => {
    const model = make().eval();
    const text = questions(["what colour is the shape"]);
    const scores = model.forward(images(1), text);
    expect(scores.shape).toEqual([1, 3]);
    expect(largest(model.forward(images(1), questions(["and the ground"])).sub(scores))).toBeGreaterThan(1e-4);
    expect(largest(model.forward(images(1, 1), text).sub(scores))).toBeGreaterThan(1e-4);
  });

  it("takes several questions about each image", () => {
    const model = make().eval();
    const text = questions(["what colour is the shape", "and the ground", "the shape", "what is the colour"], 5);
    const scores = model.forward(images(2), text.reshape([2, 2, 5]));
    expect(scores.shape).toEqual([2, 2, 3]);
    const twice = concat([0, 0, 1, 1].map((i) => images(2).slice([[i, i + 1]])));
    expect(largest(model.forward(twice, text).sub(scores.reshape([4, 3])))).toBeLessThan(1e-5);
  });

  it("passes over padding", () => {
    const model = make().eval();
    const [short, long] = [undefined, 9].map((length) =>
      model.advance(images(1), questions(["and the ground"], length)),
    ) as [ReturnType<typeof model.advance>, ReturnType<typeof model.advance>];
    expect(largest(short.scores.sub(long.scores))).toBeLessThan(1e-6);
    expect(largest(short.state.cell.sub(long.state.cell))).toBeLessThan(1e-6);
    expect(model.forward(images(1), questions([""], 2)).shape).toEqual([1, 3]);
  });

  it("goes on with a dialog as if it had read both questions", () => {
    const model = make().eval();
    const first = model.ask(images(2), ["what colour is the shape", "the shape"]);
    const second = model.ask(images(2), ["and the ground", "and"], first.state);
    const whole = model.ask(images(2), ["what colour is the shape and the ground", "the shape and"]);
    expect(second.answers).toEqual(whole.answers);
    expect(largest(second.state.hidden.sub(whole.state.hidden))).toBeLessThan(1e-5);
    const afresh = model.ask(images(2), ["and the ground", "and"]);
    expect(largest(second.state.hidden.sub(afresh.state.hidden))).toBeGreaterThan(1e-3);
  });

  it("says what is wrong", () => {
    const model = make();
    expect(() => new QuestionAnswerer({} as never, answers)).toThrow(
      "QuestionAnswerer: vocabulary must be a Vocabulary",
    );
    expect(() => new QuestionAnswerer(vocabulary, ["a", "a"])).toThrow("answers must be a list of strings, each once");
    expect(() => new QuestionAnswerer(vocabulary, [])).toThrow(OptionError);
    expect(() => new QuestionAnswerer(vocabulary, answers, { hiden: 1 } as object)).toThrow('did you mean "hidden"?');
    expect(() => model.forward(images(2), questions(["the shape"]))).toThrow(ShapeError);
    expect(() => model.forward(images(2), questions(["the shape"]))).toThrow(
      "questions must be [2, steps] or [2, k, steps]",
    );
    expect(() => model.ask(images(2), ["the shape"])).toThrow("2 images need as many questions, got 1");
  });
});
