import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { relu, setBackend, zeros } from "../../lib/index.js";
import { type AnyModule, Bottleneck, ResidualBlock } from "../../lib/nn/index.js";
import { expectClose, sample, values } from "../ops/support.js";
import { checkLayer } from "./support.js";

setBackend("reference");

const names = (module: AnyModule) => Object.keys(module.variables()).toSorted();
const sizeOf = (module: AnyModule) => Object.values(module.parameters()).reduce((total, { size }) => total + size, 0);
const bn = (name: string) => ["bias", "running_mean", "running_var", "weight"].map((part) => `${name}.${part}`);

describe("ResidualBlock", () => {
  it("has torchvision's names and ResNet-18's parameter counts", () => {
    const plain = new ResidualBlock(64, 64, { seed: 1 });
    expect(names(plain)).toEqual([...bn("bn1"), ...bn("bn2"), "conv1.weight", "conv2.weight"]);
    expect(sizeOf(plain)).toBe(2 * 64 * 64 * 9 + 4 * 64);
    const down = new ResidualBlock(64, 128, { stride: 2, seed: 1 });
    expect(names(down)).toEqual([...names(plain), "downsample.0.weight", ...bn("downsample.1")]);
    expect(sizeOf(down)).toBe(230_144);
  });

  it("adds x to what its convolutions make, and relu follows", () => {
    const block = new ResidualBlock(3, 3, { seed: 1 }).eval();
    const x = sample([2, 3, 4, 4], { dtype: "float32" });
    block.conv2.weight.assign(0);
    expectClose(block.forward(x), [2, 3, 4, 4], values(relu(x)), 0);
    block.bn2.bias?.assign(1);
    expectClose(block.forward(x), [2, 3, 4, 4], values(relu(x.add(1))), 0);
  });

  it("may have a shortcut without parameters: every other pixel, zeros for new channels", () => {
    const block = new ResidualBlock(2, 3, { stride: 2, shortcut: "padding", seed: 1 }).eval();
    expect(names(block)).toEqual([...bn("bn1"), ...bn("bn2"), "conv1.weight", "conv2.weight"]);
    block.conv2.weight.assign(0);
    const x = sample([1, 2, 3, 4], { dtype: "float32", low: 0 });
    const at = values(x);
    const kept = [0, 2, 8, 10, 12, 14, 20, 22].map((i) => at[i] as number);
    expectClose(block.forward(x), [1, 3, 2, 2], [...kept, 0, 0, 0, 0], 0);
  });

  it("shrinks images as its convolution does", () => {
    for (const shortcut of ["projection", "padding"] as const) {
      const block = new ResidualBlock(2, 4, { stride: 2, shortcut, seed: 1 });
      expect(block.forward(zeros([2, 2, 7, 8])).shape).toEqual([2, 4, 4, 4]);
    }
  });

  it("skips its convolutions at random while training", () => {
    const block = new ResidualBlock(2, 2, { dropRate: 0.5, seed: 1 });
    const x = sample([64, 2, 2, 2], { dtype: "float32", low: 0.1, high: 1 });
    const [y, all] = [values(block.forward(x)), values(x)];
    const isSkipped = (i: number) => y.slice(8 * i, 8 * i + 8).every((value, k) => value === all[8 * i + k]);
    const skipped = Array.from({ length: 64 }, (_, i) => isSkipped(i)).filter(Boolean).length;
    expect(Math.abs(skipped - 32)).toBeLessThan(5 * 4);
    expect(names(block)).toHaveLength(10);
  });

  it("has the right derivatives", () => {
    // Away from the kinks of relu: in evaluation nothing depends on the batch, and a few elements will do.
    const block = new ResidualBlock(2, 3, { stride: 2, seed: 1 }).eval();
    checkLayer(block, [sample([1, 2, 3, 3], { seed: 4 })]);
  });

  it("refuses sizes and options that make no sense", () => {
    expect(() => new ResidualBlock(0, 4)).toThrow(OptionError);
    expect(() => new ResidualBlock(4, 4, { stride: 0 })).toThrow(OptionError);
    expect(() => new ResidualBlock(4, 2, { shortcut: "padding" })).toThrow(
      "ResidualBlock: a shortcut by padding cannot lead 4 channels to 2",
    );
    expect(() => new ResidualBlock(4, 4, { shortcut: "identity" as "padding" })).toThrow(
      'ResidualBlock: option "shortcut" must be "projection" or "padding", got "identity"',
    );
    expect(() => new ResidualBlock(4, 4, { dropRate: 1 })).toThrow(OptionError);
    expect(() => new ResidualBlock(4, 4).forward(zeros([1, 3, 4, 4]))).toThrow(ShapeError);
  });
});

describe("Bottleneck", () => {
  it("has torchvision's names, ResNet-50's parameter counts, and its stride in the 3×3 convolution", () => {
    const block = new Bottleneck(64, 64, { seed: 1 });
    const conv = ["conv1.weight", "conv2.weight", "conv3.weight"];
    const down = ["downsample.0.weight", ...bn("downsample.1")];
    expect(names(block)).toEqual([...bn("bn1"), ...bn("bn2"), ...bn("bn3"), ...conv, ...down]);
    expect(sizeOf(block)).toBe(75_008);
    expect(new Bottleneck(256, 64, { seed: 1 }).downsample).toBeUndefined();
    const strided = new Bottleneck(8, 4, { stride: 2, seed: 1 });
    expect(strided.forward(zeros([2, 8, 5, 6])).shape).toEqual([2, 16, 3, 3]);
    expect(strided.conv2.forward(zeros([2, 4, 5, 6])).shape).toEqual([2, 4, 3, 3]);
  });
});
