/** What the course says about linear layers; neurons and their chains are in neurons.test.ts. */

import { describe, expect, it } from "vitest";
import { matmul, setBackend, tensor, transpose } from "../../lib/index.js";
import { Activation, Linear, type Module, Sequential } from "../../lib/nn/index.js";
import { expectClose, sample, values } from "../ops/support.js";

setBackend("reference");

const sizeOf = (model: Module) => Object.values(model.parameters()).reduce((total, { size }) => total + size, 0);

describe("linear layers", () => {
  it("a linear classifier of CIFAR-10: 30,730 parameters, and f(cx) = c·f(x) without bias", () => {
    expect(sizeOf(new Linear(3072, 10))).toBe(30_730);
    const scores = new Linear(12, 10, { bias: false, seed: 1 });
    const x = sample([3, 12], { dtype: "float32" });
    // A power of two scales without rounding.
    expect(values(scores.forward(x.mul(4)))).toEqual(values(scores.forward(x).mul(4)));
  });

  it("the bias trick: a 1 appended to x, b as the last column of W", () => {
    const layer = new Linear(4, 3, { seed: 1 });
    const wide = new Linear(5, 3, { bias: false });
    const columns = values(layer.weight).concat();
    const rows = [0, 1, 2].map((i) => [
      ...columns.slice(4 * i, 4 * i + 4),
      values(layer.bias as Linear["weight"])[i] as number,
    ]);
    wide.weight.assign(tensor(rows, { dtype: "float32" }));
    const x = [[1, -2, 3, 0.5], [0, 1, 0, -1]]; // biome-ignore format: a picture
    const extended = tensor(x.map((row) => [...row, 1]), { dtype: "float32" }); // biome-ignore format: short
    const expected = values(layer.forward(tensor(x, { dtype: "float32" })));
    expectClose(wide.forward(extended), [2, 3], expected, 2 * 6 * 4 * 2 ** -24);
  });

  it("two layers without activation between them: one linear map, W₂·W₁", () => {
    const [one, two] = [new Linear(6, 5, { bias: false, seed: 1 }), new Linear(5, 3, { bias: false, seed: 2 })];
    const x = sample([4, 6], { dtype: "float32" });
    const product = matmul(two.weight, one.weight);
    const deep = new Sequential([one, two]).forward(x);
    // Sums of 30 products of at most 1/√30 each.
    expectClose(deep, [4, 3], values(matmul(x, transpose(product))), 2 * 12 * 6 * 2 ** -24);
    const bent = new Sequential([one, new Activation("relu"), two]).forward(x);
    expect(values(bent)).not.toEqual(values(deep));
  });
});
