import { describe, expect, it } from "vitest";
import { IndexError, OptionError, ShapeError } from "../../lib/errors.js";
import {
  compile,
  flip,
  mean,
  setBackend,
  setSeed,
  slice,
  square,
  stack,
  sub,
  type Tensor,
  tensor,
  zeros,
} from "../../lib/index.js";
import {
  Embedding,
  GRU,
  GRUCell,
  type HiddenState,
  Linear,
  LSTM,
  LSTMCell,
  Module,
  normal,
  RNN,
  RNNCell,
  summary,
} from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";
import { expectClose, sample, values } from "../ops/support.js";
import { checkLayer, momentsOf } from "./support.js";

setBackend("reference");

const float32 = (shape: number[], seed = 1) => sample(shape, { dtype: "float32", seed });

describe("recurrent cells", () => {
  it("compute their formulas", () => {
    const sigma = (z: number) => 1 / (1 + Math.exp(-z));
    const weights = (cell: RNNCell | LSTMCell | GRUCell, ih: number[], hh: number[]) => {
      cell.weights.weight_ih?.assign(tensor(ih, { shape: [ih.length, 1] }));
      cell.weights.weight_hh?.assign(tensor(hh, { shape: [hh.length, 1] }));
      cell.weights.bias_ih?.assign(0.5);
      cell.weights.bias_hh?.assign(0.25);
    };
    const [x, h, c] = [tensor([[2]]), tensor([[0.5]]), tensor([[-1]])];
    const rnn = new RNNCell(1, 1);
    weights(rnn, [0.25], [-1]);
    expectClose(rnn.forward(x, { hidden: h }).hidden, [1, 1], [Math.tanh(0.5 + 0.5 - 0.5 + 0.25)], 1e-6);
    const lstm = new LSTMCell(1, 1);
    weights(lstm, [1, -1, 0.5, 2], [1, 2, 3, 4]);
    const [i, f, g, o] = [2 + 0.5, -2 + 1, 1 + 1.5, 4 + 2].map((z) => z + 0.75) as [number, number, number, number];
    const cell = sigma(f) * -1 + sigma(i) * Math.tanh(g);
    const state = lstm.forward(x, { hidden: h, cell: c });
    expectClose(state.cell, [1, 1], [cell], 1e-6);
    expectClose(state.hidden, [1, 1], [sigma(o) * Math.tanh(cell)], 1e-6);
    const gru = new GRUCell(1, 1);
    weights(gru, [1, -1, 0.5], [1, 2, 3]);
    const [r, z] = [sigma(2 + 0.5 + 0.75), sigma(-2 + 1 + 0.75)];
    const n = Math.tanh(1 + 0.5 + r * (1.5 + 0.25));
    expectClose(gru.forward(x, { hidden: h }).hidden, [1, 1], [(1 - z) * n + z * 0.5], 1e-6);
  });

  it("have PyTorch's names, and start uniform in ±1/√hidden", () => {
    const cell = new LSTMCell(3, 4, { seed: 1 });
    expect(Object.keys(cell.parameters())).toEqual(["weight_ih", "weight_hh", "bias_ih", "bias_hh"]);
    expect(cell.weights.weight_ih?.shape).toEqual([16, 3]);
    for (const weight of Object.values(cell.weights)) {
      expect(Math.max(...values(weight).map(Math.abs))).toBeLessThanOrEqual(0.5);
    }
    expect(Object.keys(new GRUCell(3, 4, { bias: false }).parameters())).toEqual(["weight_ih", "weight_hh"]);
  });

  it("have the right derivatives", () => {
    const [x, h, c] = [sample([2, 3]), sample([2, 2], { seed: 2 }), sample([2, 2], { seed: 3 })];
    const [rnn, gru, lstm] = [new RNNCell(3, 2), new GRUCell(3, 2), new LSTMCell(3, 2)];
    checkLayer(rnn, [x, h], (x, hidden) => rnn.forward(x as Tensor, { hidden: hidden as Tensor }).hidden);
    checkLayer(gru, [x, h], (x, hidden) => gru.forward(x as Tensor, { hidden: hidden as Tensor }).hidden);
    checkLayer(lstm, [x, h, c], (...inputs) => {
      const [x, hidden, cell] = inputs as [Tensor, Tensor, Tensor];
      const next = lstm.forward(x, { hidden, cell });
      return [next.hidden, next.cell];
    });
  });

  it("refuse other shapes", () => {
    const cell = new LSTMCell(3, 2);
    expect(() => cell.forward(zeros([4, 2]))).toThrow("LSTMCell: x must have axes [n, 3], got [4, 2]");
    const hidden = zeros([4, 2]);
    expect(() => cell.forward(zeros([4, 3]), { hidden, cell: zeros([1, 2]) })).toThrow(
      "LSTMCell: cell state must have shape [4, 2], got [1, 2]",
    );
    expect(() => cell.forward(zeros([4, 3]), { hidden } as never)).toThrow(OptionError);
    expect(() => new LSTMCell(0, 2)).toThrow(OptionError);
    expect(() => new LSTMCell(3, 2, { layers: 2 } as object)).toThrow('LSTMCell: unknown option "layers"');
  });
});

describe("recurrent networks", () => {
  const pairs = [
    ["RNN", new RNN(3, 4, { seed: 1 }), new RNNCell(3, 4)],
    ["GRU", new GRU(3, 4, { seed: 1 }), new GRUCell(3, 4)],
    ["LSTM", new LSTM(3, 4, { seed: 1 }), new LSTMCell(3, 4)],
  ] as const;

  it.each(pairs)("%s does step by step what its cell does", (_, network, cell) => {
    for (const [name, weight] of Object.entries(cell.weights)) weight.assign(network.weights[`${name}_l0`] as Tensor);
    const x = float32([2, 5, 3]);
    const { output, state } = network.forward(x);
    const step = cell as unknown as { forward(x: Tensor, state?: HiddenState): HiddenState };
    let running: HiddenState | undefined;
    const outputs = [0, 1, 2, 3, 4].map((t) => {
      running = step.forward(slice(x, [null, t]), running);
      return running.hidden;
    });
    expectClose(output, [2, 5, 4], values(stack(outputs, { axis: 1 })), 1e-6);
    for (const [name, tensor] of Object.entries(running as HiddenState)) {
      expectClose((state as unknown as Record<string, Tensor>)[name] as Tensor, [1, 2, 4], values(tensor), 1e-6);
    }
  });

  it("goes on from a state as if the sequence had not been cut", () => {
    const network = new LSTM(3, 2, { layers: 2, seed: 1 });
    const x = float32([2, 6, 3]);
    const whole = network.forward(x);
    const start = network.forward(slice(x, [null, [0, 4]]));
    const rest = network.forward(slice(x, [null, [4]]), start.state);
    expectClose(rest.output, [2, 2, 2], values(slice(whole.output, [null, [4]])), 1e-6);
    expectClose(rest.state.cell, [2, 2, 2], values(whole.state.cell), 1e-6);
  });

  it("reads backwards what it reads forwards of the sequence turned round", () => {
    const network = new GRU(3, 2, { bidirectional: true, seed: 1 });
    for (const part of ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]) {
      network.weights[`${part}_l0_reverse`]?.assign(network.weights[`${part}_l0`] as Tensor);
    }
    const x = float32([2, 4, 3]);
    const [forth, back] = [network.forward(x).output, network.forward(flip(x, { axes: 1 })).output];
    const backwards = slice(forth, [null, null, [2]]);
    expectClose(backwards, [2, 4, 2], values(flip(slice(back, [null, null, [0, 2]]), { axes: 1 })), 1e-6);
  });

  it("drops outputs between layers while training only", () => {
    setSeed(1);
    const network = new RNN(3, 4, { layers: 2, dropRate: 0.5, seed: 1 });
    const x = float32([2, 3, 3]);
    const run = () => values(network.forward(x).output);
    expect(run()).not.toEqual(run());
    network.eval();
    expect(run()).toEqual(run());
    const single = new RNN(3, 4, { dropRate: 0.5, seed: 1 });
    expect(values(single.forward(x).output)).toEqual(values(single.eval().forward(x).output));
  });

  it("has the right derivatives through time, layers and directions", () => {
    const network = new GRU(2, 2, { layers: 2, bidirectional: true, seed: 1 });
    checkLayer(network, [sample([1, 3, 2])], (x) => network.forward(x as Tensor).output);
  });

  it("refuses other shapes and impossible options", () => {
    const network = new LSTM(3, 2, { layers: 2 });
    expect(() => network.forward(zeros([2, 3]))).toThrow("LSTM: x must have axes [n, steps, 3], got [2, 3]");
    expect(() => network.forward(zeros([2, 0, 3]))).toThrow(ShapeError);
    const hidden = zeros([1, 2, 2]);
    expect(() => network.forward(zeros([2, 4, 3]), { hidden, cell: hidden })).toThrow(
      "LSTM: hidden state must have shape [2, 2, 2], got [1, 2, 2]",
    );
    expect(() => new RNN(3, 2, { layers: 0 })).toThrow('RNN: option "layers" must be a positive integer, got 0');
    expect(() => new RNN(3, 2, { dropRate: 1 })).toThrow(OptionError);
    expect(() => new RNN(3, 2, { bidirectional: 1 as unknown as boolean })).toThrow(OptionError);
    expect(() => new RNN(3, 2, { numLayers: 2 } as object)).toThrow('RNN: unknown option "numLayers"');
  });

  it("learns what came first in a sequence, compiled", () => {
    /** Words in, a number out after the last one. */
    class Memory extends Module {
      readonly embedding = new Embedding(4, 4, { seed: 1 });
      readonly lstm = new LSTM(4, 8, { seed: 2 });
      readonly head = new Linear(8, 1, { seed: 3 });
      forward(words: Tensor): Tensor {
        const { state } = this.lstm.forward(this.embedding.forward(words));
        return this.head.forward(slice(state.hidden, [0]));
      }
    }
    const model = new Memory();
    const optimizer = new SGD(model.parameters(), { learningRate: 0.2, momentum: 0.9 });
    const words = sample([32, 5], { dtype: "int32", low: 0, high: 4 });
    const target = tensor(values(words).filter((_, i) => i % 5 === 0).map((word) => [word - 1.5])); // biome-ignore format: a picture
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = mean(square(sub(model.forward(x), y)));
      loss.backward();
      optimizer.step();
      return loss;
    });
    let loss = Number.NaN;
    for (let i = 0; i < 300; i++) loss = step(words, target).item();
    expect(loss).toBeLessThan(0.01); // of a variance of 1.25
    expect(step.traces).toBe(1);
    const table = summary(model, [5], { dtype: "int32" });
    expect(table.layers.map(({ name, outputShape }) => [name, outputShape])).toEqual([
      ["embedding", [5, 4]],
      ["lstm", [5, 8]],
      ["head", [1]],
    ]);
    // Five steps of 4·8 rows over 4 inputs and 8 hidden ones, and the head.
    expect(table.multiplyAdds).toBe(5 * 32 * (4 + 8) + 8);
    expect(table.layers.map(({ receptiveField }) => receptiveField)).toEqual([[1], [5], [5]]);
  });
});

describe("Embedding", () => {
  it("starts padding as zeros and does not train it, as PyTorch", () => {
    const layer = new Embedding(300, 2, { paddingIndex: 1, seed: 1 });
    const plain = values(new Embedding(300, 2, { seed: 1 }).weight);
    expect(values(layer.weight)).toEqual(plain.map((value, i) => (i === 2 || i === 3 ? 0 : value)));
    layer.weight.assign(
      tensor(
        Float32Array.from({ length: 600 }, (_, i) => i),
        { shape: [300, 2] },
      ),
    );
    const words = tensor(Uint8Array.of(1, 2, 1, 2), { shape: [2, 2] });
    const vectors = layer.forward(words);
    vectors.square().sum().backward();
    // A vector for padding that has been loaded is used.
    expect(values(vectors)).toEqual([2, 3, 4, 5, 2, 3, 4, 5]);
    const slopes = values(layer.weight.grad as Tensor);
    expect(slopes.flatMap((slope, i) => (slope === 0 ? [] : [[i, slope]]))).toEqual([[4, 16], [5, 20]]); // biome-ignore format: a picture
    expect(values(new Embedding(300, 1, { paddingIndex: 299 }).forward(tensor(Uint8Array.of(255))))).toHaveLength(1);
    for (const paddingIndex of [-1, 300, 0.5]) {
      expect(() => new Embedding(300, 2, { paddingIndex })).toThrow(
        'Embedding: option "paddingIndex" must be an integer',
      );
    }
  });

  it("gives each word its vector, and words the gradients of all their places", () => {
    const layer = new Embedding(5, 2);
    layer.weight.assign(tensor([[0, 1], [10, 11], [20, 21], [30, 31], [40, 41]])); // biome-ignore format: a picture
    const words = tensor([[4, 0], [4, 2]], { dtype: "int32" }); // biome-ignore format: a picture
    const y = layer.forward(words);
    expectClose(y, [2, 2, 2], [40, 41, 0, 1, 40, 41, 20, 21], 0);
    y.sum().backward();
    expectClose(layer.weight.grad as Tensor, [5, 2], [1, 1, 0, 0, 1, 1, 0, 0, 2, 2], 0);
  });

  it("starts normal, or as told, and refuses words that do not exist", () => {
    const { mean, variance } = momentsOf(values(new Embedding(50, 40, { seed: 1 }).weight));
    // Standard errors of 2,000 normal draws: 1/√2000 and √(2/2000).
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(2000));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
    const layer = new Embedding(5, 2, { initializer: (name, shape) => normal(name, shape, 0) });
    expect(values(layer.weight)).toEqual(new Array(10).fill(0));
    expect(() => layer.forward(tensor([5], { dtype: "int32" })).dataSync()).toThrow(IndexError);
    expect(() => new Embedding(0, 2)).toThrow(OptionError);
    expect(() => new Embedding(5, 2, { gain: 1 } as object)).toThrow(OptionError);
  });
});
