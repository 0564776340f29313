import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import {
  add,
  matmul,
  mean,
  mul,
  randomUniform,
  relu,
  setBackend,
  setSeed,
  sigmoid,
  type Tensor,
  transpose,
} from "../../lib/index.js";
import { lenet5 } from "../../lib/models/index.js";
import {
  Activation,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GlobalAvgPool2d,
  Linear,
  Maxout,
  MaxPool2d,
  Module,
  ResidualBlock,
  Sequential,
  summary,
} from "../../lib/nn/index.js";
import { values } from "../ops/support.js";

setBackend("reference");

const fields = (model: Module, shape: number[]) => summary(model, shape).layers.map((layer) => layer.receptiveField);

describe("summary", () => {
  it("gives the lecture's table of LeNet-5", () => {
    const table = summary(lenet5({ seed: 1 }), [1, 28, 28]);
    const shapes = table.layers.filter(({ kind }) => kind !== "Activation").map(({ outputShape }) => outputShape);
    expect(shapes).toEqual([[20, 28, 28], [20, 14, 14], [50, 14, 14], [50, 7, 7], [2450], [500], [10]]);
    expect(table.parameters).toBe(1_256_080);
    const weighted = table.layers.filter(({ parameters }) => parameters > 0);
    expect(weighted.map(({ parameters }) => parameters)).toEqual([520, 25_050, 1_225_500, 5010]);
    expect(weighted.map(({ multiplyAdds }) => multiplyAdds)).toEqual([392_000, 4_900_000, 1_225_000, 5000]);
    expect(weighted.map(({ name }) => name)).toEqual(["conv1", "conv2", "fc1", "fc2"]);
    expect(table.multiplyAdds).toBe(6_522_000);
  });

  it("gives the lecture's 760 parameters and 768,000 multiply-adds of ten 5×5 filters", () => {
    const table = summary(new Conv2d(3, 10, 5, { padding: 2 }), [3, 32, 32]);
    expect(table.layers).toEqual([
      {
        name: "",
        kind: "Conv2d",
        outputShape: [10, 32, 32],
        parameters: 760,
        multiplyAdds: 768_000,
        receptiveField: [5, 5],
        activationBytes: 4 * 10 * 32 * 32,
      },
    ]);
  });

  it("knows the rule of thumb N > |W|/(1 − a) for the size of the training set", () => {
    const table = summary(lenet5({ seed: 1 }), [1, 28, 28]);
    expect(table.examplesFor(0)).toBe(1_256_080);
    expect(table.examplesFor(0.9)).toBeCloseTo(12_560_800, 3);
    expect(() => table.examplesFor(1)).toThrow("examplesFor: accuracy must be in [0, 1), got 1");
    expect(String(table)).toContain("more than 12,560,800 for 90 % accuracy");
  });

  it("is a table as text, and plain data as JSON", () => {
    const model = new Sequential({ conv: new Conv2d(1, 2, 3, { seed: 1 }), pool: new MaxPool2d(2) });
    const table = summary(model, [1, 6, 6]);
    expect(String(table).split("\n").slice(0, 4)).toEqual([
      "layer  kind       output  parameters  multiply-adds  receptive field  activations",
      "─────  ─────────  ──────  ──────────  ─────────────  ───────────────  ───────────",
      "conv   Conv2d      2×4×4          20            288              3×3        128 B",
      "pool   MaxPool2d   2×2×2           0              0              4×4         32 B",
    ]);
    expect(inspect(table)).toBe(String(table));
    expect(JSON.parse(JSON.stringify(table))).toMatchObject({ inputShape: [1, 6, 6], parameters: 20 });
  });
});

describe("receptive fields", () => {
  it("are 1 + L·(K − 1) after L convolutions of K", () => {
    for (const k of [1, 3, 5]) {
      const layers = [1, 2, 3, 4].map(() => new Conv2d(1, 1, k, { padding: (k - 1) / 2, seed: 1 }));
      const expected = [1, 2, 3, 4].map((l) => [1 + l * (k - 1), 1 + l * (k - 1)]);
      expect(fields(new Sequential(layers), [1, 9, 9])).toEqual(expected);
    }
  });

  it("grow by strides, dilation and pooling, each direction by itself", () => {
    const model = new Sequential([
      new Conv2d(1, 2, [3, 5], { stride: [2, 1], seed: 1 }), // 3×5, steps of 2×1
      new Activation("relu"),
      new AvgPool2d([2, 3]), // + 1·2, + 2·1 → 5×7, steps of 4×3
      new Conv2d(2, 1, 2, { dilation: 2, seed: 1 }), // spans 3: + 2·4, + 2·3
    ]);
    expect(fields(model, [1, 40, 40])).toEqual([[3, 5], [3, 5], [5, 7], [13, 13]]); // biome-ignore format: a picture
  });

  it("are those of the longest way through a residual block", () => {
    const stem = new Conv2d(3, 4, 3, { stride: 2, padding: 1, seed: 1 });
    for (const shortcut of ["projection", "padding"] as const) {
      const block = new ResidualBlock(4, 8, { stride: 2, shortcut, seed: 1 });
      const layers = summary(new Sequential([stem, block]), [3, 16, 16]).layers;
      const field = (name: string) => layers.find((layer) => layer.name === name)?.receptiveField;
      expect(field("1.conv1")).toEqual([7, 7]); // 3 + 2·2
      expect(field("1.conv2")).toEqual([15, 15]); // + 2·4
      expect(field(shortcut === "padding" ? "1.downsample" : "1.downsample.0")).toEqual([3, 3]);
      expect(field("1")).toEqual([15, 15]);
    }
  });

  it("are all of the input after a linear layer over positions, and after pooling over all", () => {
    const conv = new Conv2d(1, 2, 3, { seed: 1 });
    const flat = new Sequential([conv, new Flatten(), new Linear(2 * 6 * 4, 3, { seed: 1 })]);
    expect(fields(flat, [1, 8, 6])).toEqual([[3, 3], [3, 3], [8, 6]]); // biome-ignore format: a picture
    const pooled = new Sequential([conv, new GlobalAvgPool2d(), new Linear(2, 3, { seed: 1 })]);
    expect(fields(pooled, [1, 8, 6])).toEqual([[3, 3], [8, 6], [8, 6]]); // biome-ignore format: a picture
  });

  it("are found in either layout, and for linear layers over channels", () => {
    const model = new Sequential([
      new Conv2d(3, 4, 3, { layout: "NHWC", seed: 1 }),
      new Linear(4, 5, { seed: 1 }),
      new Conv2d(5, 4, 3, { layout: "NHWC", seed: 1 }),
    ]);
    expect(fields(model, [8, 8, 3])).toEqual([[3, 3], [3, 3], [5, 5]]); // biome-ignore format: a picture
  });

  it("are not claimed where there are none or they cannot be told", () => {
    expect(fields(new Sequential([new Linear(4, 2, { seed: 1 })]), [4])).toEqual([undefined]);
    /** Two rows of an image, each one position, added: neither says where the other lies. */
    class Rows extends Module {
      readonly conv = new Conv2d(1, 1, 3, { seed: 1 });
      forward(x: Tensor): Tensor {
        const y = this.conv.forward(x);
        return add(y.slice([null, null, 0, 0]), y.slice([null, null, 1, 1]));
      }
    }
    expect(fields(new Rows(), [1, 8, 8])).toEqual([[3, 3], undefined]);
    /** One position, twice: it sees what it sees. */
    class Corner extends Module {
      readonly conv = new Conv2d(1, 1, 3, { seed: 1 });
      forward(x: Tensor): Tensor {
        const y = this.conv.forward(x).slice([null, null, 0, 0]);
        return mul(y, sigmoid(y));
      }
    }
    expect(fields(new Corner(), [1, 8, 8])).toEqual([[3, 3], [3, 3]]); // biome-ignore format: a picture
  });
});

describe("summary of any module", () => {
  /** A module that computes by functions too, calls a layer twice and shares weights. */
  class Custom extends Module {
    readonly fc = new Linear(6, 6, { seed: 1 });
    readonly out = new Linear(6, 2, { seed: 2 });

    forward(x: Tensor): Tensor {
      const twice = this.fc.forward(relu(this.fc.forward(x)));
      return this.out.forward(relu(matmul(twice, transpose(this.fc.weight))));
    }
  }

  it("counts work where it is done, and shared parameters once", () => {
    const table = summary(new Custom(), [6]);
    expect(table.layers.map(({ name, parameters, multiplyAdds }) => [name, parameters, multiplyAdds])).toEqual([
      ["fc", 42, 36],
      ["fc", 0, 36],
      ["out", 14, 12],
      ["", 0, 36],
    ]);
    expect(table.parameters).toBe(56);
    expect(table.multiplyAdds).toBe(120);
  });

  it("counts results once, and views not at all", () => {
    const table = summary(new Sequential([new Flatten(), new Dropout(), new Maxout(4, 3, { seed: 1 })]), [2, 2]);
    const bytes = table.layers.map(({ name, activationBytes }) => [name, activationBytes]);
    expect(bytes).toEqual([["0", 0], ["1", 0], ["2.linear", 24], ["2", 12]]); // biome-ignore format: a picture
    expect(table.activationBytes).toBe(36);
  });

  it("counts running statistics as memory, not as parameters", () => {
    const table = summary(new BatchNorm2d(5), [5, 2, 2]);
    expect([table.parameters, table.variableBytes]).toEqual([10, 80]);
  });

  it("leaves the model as it was: its mode, its variables, its methods, and the random numbers to come", () => {
    const model = new Sequential([new BatchNorm2d(2), new Dropout()]);
    model.layers[1]?.eval();
    setSeed(1);
    summary(model, [2, 3, 3]);
    expect(Object.hasOwn(model, "forward")).toBe(false);
    const modes = ["", "0", "1"].map((path) => model.modules()[path]?.training);
    expect(modes).toEqual([true, true, false]);
    expect(model.variables()["0.running_mean"]?.toArray()).toEqual([0, 0]);
    const after = values(randomUniform([3]));
    setSeed(1);
    expect(values(randomUniform([3]))).toEqual(after);
  });

  it("leaves it so when the model does not take the input, too", () => {
    const model = lenet5({ seed: 1 });
    expect(() => summary(model, [1, 27, 27])).toThrow(ShapeError);
    expect(Object.values(model.modules()).some((module) => Object.hasOwn(module, "forward"))).toBe(false);
    expect(model.training).toBe(true);
  });

  it("keeps a forward that is a property of its own", () => {
    class Arrow extends Module {
      override forward = (x: Tensor): Tensor => mul(x, 2);
    }
    const model = new Arrow();
    const { forward } = model;
    expect(summary(model, [3]).layers).toHaveLength(1);
    expect(model.forward).toBe(forward);
  });

  it("refuses what is no module, unknown options, and models that read values", () => {
    expect(() => summary({} as Module, [1])).toThrow("summary: needs a module, got Object");
    expect(() => summary(new Flatten(), [1], { batch: 2 } as object)).toThrow(OptionError);
    expect(() => summary(new Flatten(), [-1])).toThrow("summary: shape must hold non-negative integers");
    class Reads extends Module {
      forward(x: Tensor): Tensor {
        return mul(x, mean(x).item());
      }
    }
    expect(() => summary(new Reads(), [3])).toThrow('values do not exist while "summary" is being compiled');
  });
});
