import { describe, expect, it } from "vitest";
import { arrayDataset, DataLoader } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";
import { tensor } from "../../lib/index.js";
import { alphabetOf, CharLSTM } from "../../lib/models/index.js";
import { accuracy, crossEntropy } from "../../lib/nn/index.js";
import { Adam } from "../../lib/optim/index.js";
import { fit } from "../../lib/train/index.js";

const line = "the cat sat on the mat; ";

describe("CharLSTM", () => {
  it("learns a line by heart, and continues it", { timeout: 120_000 }, async () => {
    const text = line.repeat(12);
    const model = new CharLSTM(alphabetOf(text), { features: 8, hidden: 32, seed: 1 });
    const loader = new DataLoader(arrayDataset(model.windows(text, 16)), { batchSize: 6, shuffle: true });
    const optimizer = new Adam(model.parameters(), { learningRate: 0.02 });
    const history = await fit(model, loader, { loss: crossEntropy, metrics: { accuracy }, optimizer, epochs: 40 });
    const losses = history.column("loss");
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect(model.generate("the cat ", line.length, { temperature: 0 })).toBe("sat on the mat; the cat ");
    expect(model.training).toBe(true);
  });

  it("has PyTorch's names, and scores for each character", () => {
    const model = new CharLSTM("abc", { features: 4, hidden: 5, layers: 2, seed: 1 });
    expect(Object.keys(model.parameters())).toEqual([
      "embedding.weight",
      ...[0, 1].flatMap((i) => ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => `lstm.${name}_l${i}`)),
      "fc.weight",
      "fc.bias",
    ]);
    expect(model.forward(tensor([[0, 1, 2, 0]], { dtype: "int32" })).shape).toEqual([1, 4, 3]);
  });

  it("goes on from a state as if it had read on", () => {
    const model = new CharLSTM("abc", { features: 4, hidden: 5, seed: 1 });
    const read = (text: string) => tensor(model.encode(text), { shape: [1, text.length] });
    const whole = model.advance(read("abcab"));
    const rest = model.advance(read("ab"), model.advance(read("abc")).state);
    const last = (values: ArrayLike<number>) => Array.from(values).slice(-6);
    // The products of three and of five rows may round differently.
    last(rest.scores.dataSync()).forEach((score, i) => {
      expect(score).toBeCloseTo(last(whole.scores.dataSync())[i] as number, 5);
    });
  });

  it("cuts a text into windows and the characters that follow", () => {
    const model = new CharLSTM("abc");
    const { inputs, targets } = model.windows("abcabcab", 3);
    expect([...inputs.data]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...targets.data]).toEqual([1, 2, 0, 1, 2, 0]);
    expect(inputs.shape).toEqual([2, 3]);
    expect(() => model.windows("abc", 3)).toThrow("CharLSTM.windows: text is too short: 3 characters");
  });

  it("draws by its seed, and more boldly when it is hot", () => {
    const model = new CharLSTM("abcdefgh", { seed: 1 });
    expect(model.generate("a", 20, { seed: 4 })).toBe(model.generate("a", 20, { seed: 4 }));
    expect(model.generate("a", 20, { seed: 4 })).not.toBe(model.generate("a", 20, { seed: 5 }));
    expect(model.generate("a", 20, { temperature: 1e-6 })).toBe(model.generate("a", 20, { temperature: 0 }));
    expect(model.generate("a", 0)).toBe("");
    expect(alphabetOf("hello\n")).toBe("\nehlo");
  });

  it("refuses what it does not know", () => {
    const model = new CharLSTM("ab");
    expect(() => new CharLSTM("")).toThrow(OptionError);
    expect(() => new CharLSTM("aba")).toThrow('CharLSTM: alphabet must hold characters, each once, got "aba"');
    expect(() => new CharLSTM("ab", { hiden: 3 } as object)).toThrow('did you mean "hidden"?');
    expect(() => model.encode("abc")).toThrow('CharLSTM: not in the alphabet: "c"');
    expect(() => model.generate("", 1)).toThrow("prompt must have a character");
    expect(() => model.generate("a", 1, { temperature: -1 })).toThrow(OptionError);
    expect(() => model.generate("a", 0.5)).toThrow(OptionError);
  });
});
