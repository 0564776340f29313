import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../../lib/errors.js";
import { setBackend, type Tensor, tensor } from "../../../lib/index.js";
import * as nn from "../../../lib/nn/index.js";

setBackend("reference");

const [row, column] = [tensor([1, 2, 3]), tensor([[1], [2], [3]])];
const [scores, labels] = [tensor([[1, 2, 3]]), tensor(Int32Array.of(0))];

type Loss = (prediction: Tensor, target: Tensor, options?: object) => Tensor;

const pairs: readonly Loss[] = [
  nn.l1Loss,
  nn.mseLoss,
  nn.euclideanLoss,
  nn.hingeLoss,
  nn.binaryCrossEntropy,
  nn.binaryCrossEntropyWithLogits,
  nn.klDivergence,
  nn.zeroOneLoss,
];
const labelled: readonly Loss[] = [nn.crossEntropy, nn.nllLoss, nn.multiclassHingeLoss];

describe.each(pairs.map((loss) => [loss.name, loss] as const))("%s", (name, loss) => {
  it("compares only what has one shape and dtype", () => {
    expect(() => loss(row, column)).toThrow(`${name}: shapes differ: prediction [3], target [3, 1]`);
    expect(() => loss(row, column)).toThrow(ShapeError);
    expect(() => loss(row, row.cast("float64"))).toThrow(DTypeError);
    expect(() => loss(row, [1, 2, 3] as unknown as Tensor)).toThrow(`${name}: target must be a tensor`);
  });

  it("knows its options", () => {
    expect(() => loss(row, row, { reduction: "average" })).toThrow(
      `${name}: option "reduction" must be "mean", "sum" or "none", got "average"`,
    );
    expect(() => loss(row, row, { reductoin: "sum" })).toThrow('did you mean "reduction"?');
  });
});

describe.each(labelled.map((loss) => [loss.name, loss] as const))("%s", (name, loss) => {
  it("takes a label for each row of scores", () => {
    expect(() => loss(scores, tensor(Int32Array.of(0, 1)))).toThrow(`${name}: labels do not fit the logits: `);
    expect(() => loss(tensor(1), tensor(Int32Array.of(0)))).toThrow(ShapeError);
    expect(() => loss(scores.cast("int32"), labels)).toThrow(DTypeError);
    expect(() => loss(scores, labels.cast("bool"))).toThrow(DTypeError);
  });

  it("knows its options", () => {
    expect(() => loss(scores, labels, { reduction: "average" })).toThrow(OptionError);
    expect(() => loss(scores, labels, { weights: 1 })).toThrow(`${name}: unknown option "weights"`);
  });
});

describe("options out of range", () => {
  const wrong: readonly [Loss, object, string][] = [
    [nn.multiclassHingeLoss, { margin: 0 }, 'option "margin" must be a number > 0, got 0'],
    [nn.multiclassHingeLoss, { squared: 2 }, 'option "squared" must be true or false, got 2'],
    [nn.multiclassHingeLoss, { meanOverClasses: 1 }, 'option "meanOverClasses" must be true or false, got 1'],
    [nn.crossEntropy, { labelSmoothing: 1.5 }, 'option "labelSmoothing" must be a number in [0, 1], got 1.5'],
    [
      nn.crossEntropy,
      { ignoreIndex: 0.5 },
      'option "ignoreIndex" must be an integer in [-2147483648, 2147483647], got 0.5',
    ],
    [nn.crossEntropy, { ignoreIndex: 2 ** 31 }, 'option "ignoreIndex" must be an integer in'],
    [nn.crossEntropy, { classWeights: [1, 2, 3] }, 'option "classWeights" must be a tensor'],
    [nn.crossEntropy, { classWeights: tensor([1, 2]) }, "class weights must have shape [3], got [2]"],
    [nn.nllLoss, { classWeights: tensor([1, 2, 3], { dtype: "float64" }) }, "dtypes differ"],
  ];

  it.each(wrong)("%p with %o", (loss, options, message) => {
    expect(() => loss(scores, labels, options)).toThrow(message);
  });

  it.each([...labelled, nn.accuracy])("and labels are no floats: %p", (loss) => {
    expect(() => loss(scores, tensor([0]))).toThrow(`${loss.name}: labels must be int32 or uint8, got float32`);
  });

  it.each([nn.klDivergence, nn.euclideanLoss])("and scalars are no rows: %p", (loss) => {
    expect(() => loss(tensor(1), tensor(1))).toThrow(`${loss.name}: needs at least 1 axis, got []`);
    expect(() => loss(tensor(1), tensor(1))).toThrow(ShapeError);
  });

  it("and labels to ignore need labels", () => {
    expect(() => nn.crossEntropy(scores, scores, { ignoreIndex: 1 })).toThrow(
      'crossEntropy: option "ignoreIndex" needs labels',
    );
  });
});

describe("labels to ignore", () => {
  const two = tensor([
    [1, 2, 3],
    [Number.NaN, 0, 0],
  ]);

  it("do not count, whatever their scores, and may be of bytes", () => {
    const bytes = tensor(Uint8Array.of(0, 255));
    const alone = nn.crossEntropy(scores, labels).item();
    expect(nn.crossEntropy(two, bytes, { ignoreIndex: 255 }).item()).toBe(alone);
    expect([...nn.crossEntropy(two, bytes, { ignoreIndex: 255, reduction: "none" }).dataSync()]).toEqual([alone, 0]);
    expect(nn.crossEntropy(two, tensor(Int32Array.of(0, -1)), { ignoreIndex: -1 }).item()).toBe(alone);
  });

  it("leave NaN as the mean when there is nothing else", () => {
    expect(nn.crossEntropy(scores, labels, { ignoreIndex: 0 }).item()).toBeNaN();
    expect(nn.crossEntropy(scores, labels, { ignoreIndex: 0, reduction: "sum" }).item()).toBe(0);
  });
});

describe("zeroOneLoss", () => {
  it("counts what differs", () => {
    const [found, truth] = [tensor(Int32Array.of(0, 1, 2, 2)), tensor(Int32Array.of(0, 1, 1, 2))];
    expect([...nn.zeroOneLoss(found, truth, { reduction: "none" }).dataSync()]).toEqual([0, 0, 1, 0]);
    expect(nn.zeroOneLoss(found, truth).item()).toBe(0.25);
    const signs = tensor([0.5, -2]).sign();
    expect(nn.zeroOneLoss(signs, tensor([1, 1]), { reduction: "sum" }).item()).toBe(1);
  });
});
