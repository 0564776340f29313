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
import { CharLSTM, lenet5 } from "../../lib/models/index.js";
import {
  Activation,
  type AnyModule,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  Embedding,
  Flatten,
  GlobalAvgPool2d,
  GRU,
  GRUCell,
  Linear,
  LSTM,
  LSTMCell,
  Maxout,
  MaxPool2d,
  Module,
  MultiheadAttention,
  ResidualBlock,
  RNN,
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
    /** An image and itself turned round: two pixels, here near, there far from each other. */
    class Mirrored extends Module {
      readonly conv = new Conv2d(1, 1, 3, { seed: 1 });
      forward(x: Tensor): Tensor {
        const y = this.conv.forward(x);
        return add(y, y.flip({ axes: 3 }));
      }
    }
    expect(fields(new Mirrored(), [1, 8, 8])).toEqual([[3, 3], undefined]);
  });

  it("reach from the first to the last of the positions that are put together", () => {
    class Pixels extends Module {
      readonly conv = new Conv2d(1, 1, 3, { seed: 1 });
      forward(x: Tensor): Tensor {
        const y = this.conv.forward(x);
        return add(y.slice([null, null, 0, 0]), y.slice([null, null, 1, 3]));
      }
    }
    expect(fields(new Pixels(), [1, 8, 8])).toEqual([[3, 3], [4, 6]]); // biome-ignore format: a picture
    /** Neighbours, of which one comes from an image that has been turned round twice. */
    class Neighbours extends Module {
      forward(x: Tensor): Tensor {
        const turned = x
          .flip()
          .slice([null, null, [0, -1]])
          .flip();
        return add(turned, x.slice([null, null, [0, -1]]));
      }
    }
    expect(fields(new Neighbours(), [1, 8])).toEqual([[2]]);
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

describe("receptive fields of sequences", () => {
  const words = { dtype: "int32" } as const;

  it.each([
    ["RNN", new RNN(3, 4, { layers: 2, seed: 1 })],
    ["LSTM", new LSTM(3, 4, { bidirectional: true, seed: 1 })],
    ["GRU", new GRU(3, 4, { seed: 1 })],
    ["MultiheadAttention", new MultiheadAttention(3, 1, { seed: 1 })],
  ])("are all steps of %s", (_, model) => {
    expect(summary(model as AnyModule, [7, 3]).layers.at(-1)?.receptiveField).toEqual([7]);
  });

  it("are those of the layers before, word by word, and all of it behind a recurrent one", () => {
    const model = new CharLSTM("abc", { seed: 1 });
    expect(summary(model, [5], words).layers.map((layer) => layer.receptiveField)).toEqual([[1], [5], [5]]);
  });

  it("grow with each step of a cell", () => {
    class Steps extends Module {
      readonly cell = new GRUCell(3, 4, { seed: 1 });
      forward(x: Tensor): Tensor {
        const first = this.cell.forward(x.slice([null, 1]));
        return this.cell.forward(x.slice([null, 3]), first).hidden;
      }
    }
    expect(fields(new Steps(), [7, 3])).toEqual([[1], [3]]); // from step 1 to step 3
  });
});

describe("multiply-adds", () => {
  const work = (model: AnyModule, shape: number[], dtype: "float32" | "int32" = "float32") =>
    summary(model, shape, { dtype }).multiplyAdds;

  it("of recurrent layers are those of both matrices at each step, layer and direction", () => {
    expect(work(new LSTMCell(3, 4, { seed: 1 }), [3])).toBe(4 * 4 * (3 + 4));
    expect(work(new GRU(3, 4, { seed: 1 }), [5, 3])).toBe(5 * 3 * 4 * (3 + 4));
    const both = new LSTM(3, 4, { layers: 2, bidirectional: true, seed: 1 });
    expect(work(both, [5, 3])).toBe(2 * 5 * 16 * (3 + 4) + 2 * 5 * 16 * (8 + 4));
  });

  it("of attention are those of four matrices and of two products of sequences", () => {
    expect(work(new MultiheadAttention(8, 2, { seed: 1 }), [5, 8])).toBe(4 * 5 * 8 * 8 + 2 * 5 * 5 * 8);
  });

  it("of a transposed convolution are a filter for each pixel of its input", () => {
    expect(work(new ConvTranspose2d(4, 6, 3, { stride: 2, groups: 2, seed: 1 }), [4, 5, 7])).toBe(5 * 7 * 4 * (3 * 9));
  });

  it("of an embedding are none: rows are picked", () => {
    expect(work(new Embedding(9, 4, { seed: 1 }), [5], "int32")).toBe(0);
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
