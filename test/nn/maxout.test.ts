import { describe, expect, it } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { setBackend, tensor, zeros } from "../../lib/index.js";
import { Maxout } from "../../lib/nn/index.js";
import { sample } from "../ops/support.js";
import { checkLayer } from "./support.js";

setBackend("reference");

describe("Maxout", () => {
  it("is max(w₁ᵀx + b₁, w₂ᵀx + b₂) for each output", () => {
    const layer = new Maxout(2, 2);
    // Rows: w₁ of both outputs, then w₂ of both.
    layer.linear.weight.assign(tensor([[1, 0], [0, 1], [-1, 0], [0, 2]])); // biome-ignore format: a picture
    layer.linear.bias?.assign(tensor([0, 0, 1, -5]));
    expect(layer.forward(tensor([[3, 4], [-3, 6]])).toArray()).toEqual([[3, 4], [4, 7]]); // biome-ignore format: a picture
  });

  it("makes any activation of one variable that is convex: here |x| and relu", () => {
    const layer = new Maxout(1, 2, { bias: false });
    layer.linear.weight.assign(tensor([[1], [1], [-1], [0]]));
    expect(layer.forward(tensor([[-2], [3]])).toArray()).toEqual([[2, 0], [3, 3]]); // biome-ignore format: a picture
  });

  it("takes any number of pieces and leading axes, and differentiates", () => {
    const layer = new Maxout(3, 4, { pieces: 5, seed: 1 });
    expect(layer.forward(zeros([2, 6, 3])).shape).toEqual([2, 6, 4]);
    expect(layer.linear.weight.shape).toEqual([20, 3]);
    checkLayer(new Maxout(3, 2, { pieces: 3, seed: 1 }), [sample([4, 3])]);
    expect(() => new Maxout(3, 4, { pieces: 0 })).toThrow('Maxout: option "pieces" must be a positive integer, got 0');
    expect(() => new Maxout(3, 4, { piece: 2 } as object)).toThrow(OptionError);
  });
});
