import { describe, expect, it } from "vitest";
import { setBackend, tensor, zeros } from "../../lib/index.js";
import { CharLSTM } from "../../lib/models/index.js";
import { BatchNorm1d, crossEntropy, Dropout, Linear, Sequential } from "../../lib/nn/index.js";
import { inEvaluation } from "../../lib/nn/mode.js";
import { evaluate } from "../../lib/train/index.js";

setBackend("reference");

/** A model that is being trained, but for a part that is frozen. */
function partlyFrozen() {
  const frozen = new BatchNorm1d(2);
  const model = new Sequential({ frozen, dropout: new Dropout(0.5), fc: new Linear(2, 2, { seed: 1 }) });
  model.train();
  frozen.eval();
  return model;
}

const modes = (model: Sequential) => Object.values(model.modules()).map(({ training }) => training);

describe("evaluation for a while", () => {
  it("leaves each module in the mode that it had", () => {
    const model = partlyFrozen();
    const before = modes(model);
    expect(before).toContain(true);
    expect(before).toContain(false);
    expect(inEvaluation(model, () => modes(model))).toEqual(before.map(() => false));
    expect(modes(model)).toEqual(before);
  });

  it("ends when something goes wrong, and with the promise there is one for", async () => {
    const model = partlyFrozen();
    const before = modes(model);
    const fails = () => inEvaluation(model, () => model.forward(zeros([3, 5])));
    expect(fails).toThrow();
    expect(modes(model)).toEqual(before);
    const waiting = inEvaluation(model, async () => {
      await undefined;
      return modes(model);
    });
    expect(modes(model)).not.toContain(true);
    expect(await waiting).toEqual(before.map(() => false));
    expect(modes(model)).toEqual(before);
    await expect(inEvaluation(model, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(modes(model)).toEqual(before);
  });

  it("is how models are measured and generate", async () => {
    const model = partlyFrozen();
    const before = modes(model);
    const batch = { inputs: zeros([3, 2]), targets: tensor(Int32Array.of(0, 1, 0)) };
    await evaluate(model, [batch], { loss: crossEntropy });
    expect(modes(model)).toEqual(before);
    const writer = new CharLSTM("ab", { seed: 1 });
    writer.lstm.eval();
    writer.generate("a", 1);
    expect([writer.training, writer.lstm.training, writer.fc.training]).toEqual([true, false, true]);
  });
});
