/** The course's first networks: a layer of two neurons, and a chain of three. */

import { expect, it } from "vitest";
import { add, matmul, sigmoid, tensor } from "../../lib/index.js";
import { Activation, Linear, Sequential } from "../../lib/nn/index.js";
import { describeOnBoth } from "../runtime/support.js";

const layers = [
  { weight: [1, -2, -1, 1], bias: [1, 0] },
  { weight: [2, -1, -2, -1], bias: [0, 0] },
  { weight: [3, -1, -1, 4], bias: [-2, 2] },
];

/** y = σ(W³σ(W²σ(W¹x + b¹) + b²) + b³). */
function chain(): Sequential {
  const model = new Sequential({
    first: new Linear(2, 2),
    sigmoid1: new Activation("sigmoid"),
    second: new Linear(2, 2),
    sigmoid2: new Activation("sigmoid"),
    third: new Linear(2, 2),
    sigmoid3: new Activation("sigmoid"),
  });
  const state = ["first", "second", "third"].flatMap((name, i) => {
    const { weight, bias } = layers[i] as (typeof layers)[number];
    return [
      [`${name}.weight`, { dtype: "float32", shape: [2, 2], data: Float32Array.from(weight) }],
      [`${name}.bias`, { dtype: "float32", shape: [2], data: Float32Array.from(bias) }],
    ];
  });
  model.loadState(Object.fromEntries(state));
  return model;
}

const rounded = (values: Iterable<number>) => [...values].map((value) => Number(value.toFixed(2)));

describeOnBoth("neurons", () => {
  it("σ(W·(1, −1) + b) is (0.98, 0.12)", () => {
    const w = tensor([
      [1, -2],
      [-1, 1],
    ]);
    const output = sigmoid(add(matmul(w, tensor([1, -1])), tensor([1, 0])));
    expect(rounded(output.dataSync())).toEqual([0.98, 0.12]);
  });

  it("three layers make (0.62, 0.83) of (1, −1), and (0.51, 0.85) of (0, 0)", () => {
    const output = chain().forward(
      tensor([
        [1, -1],
        [0, 0],
      ]),
    );
    expect(rounded(output.dataSync())).toEqual([0.62, 0.83, 0.51, 0.85]);
  });
});
