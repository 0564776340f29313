import { describe, expect, it } from "vitest";
import { SimpleNeuron } from "../../lib/classical/index.js";
import { tensor } from "../../lib/index.js";

/** All patterns of three inputs, 000 to 111. */
const patterns = tensor(Array.from({ length: 8 }, (_, i) => [(i >> 2) & 1, (i >> 1) & 1, i & 1]));

describe("SimpleNeuron", () => {
  it("fires by the firing rule, and is undefined in a tie", () => {
    // Taught to fire at 101 and 111, and not to at 000 and 001.
    const taught = tensor([[1, 0, 1], [1, 1, 1], [0, 0, 0], [0, 0, 1]]); // biome-ignore format: a table
    const neuron = new SimpleNeuron().fit(taught, [1, 1, 0, 0]);
    // 010 differs from 000 in one input and from 111 in two; 011 and 100 are as near to both kinds.
    expect(neuron.predict(patterns).toArray()).toEqual([0, 0, 0, -1, -1, 1, 1, 1]);
    expect(neuron.score(taught, [1, 1, 0, 0])).toBe(1);
  });

  it("does the only thing it was taught, whatever the pattern", () => {
    const neuron = new SimpleNeuron();
    expect(
      neuron
        .fit(tensor([[1, 0, 1]]), [1])
        .predict(patterns)
        .toArray(),
    ).toEqual(new Array(8).fill(1));
    expect(
      neuron
        .fit(tensor([[1, 0, 1]]), [0])
        .predict(patterns)
        .toArray(),
    ).toEqual(new Array(8).fill(0));
  });

  it("is undefined at a pattern it was taught both ways", () => {
    const neuron = new SimpleNeuron().fit(Uint8Array.of(1, 1, 1, 1), [1, 0]);
    expect(neuron.predict(Uint8Array.of(1, 1)).item()).toBe(-1);
  });

  it("says what is wrong", () => {
    const neuron = new SimpleNeuron();
    expect(() => neuron.predict(patterns)).toThrow("SimpleNeuron: knows nothing yet; call fit() first");
    expect(() => neuron.fit(tensor([[1, 2]]), [1])).toThrow("SimpleNeuron.fit: inputs must be 0 or 1, got 2");
    expect(() => neuron.fit(tensor([[1, 0]]), [2])).toThrow("labels must be 0 or 1, got 2");
    neuron.fit(tensor([[1, 0]]), [1]);
    expect(() => neuron.predict(tensor([[0.5, 0]]))).toThrow("SimpleNeuron.predict: inputs must be 0 or 1, got 0.5");
  });
});
