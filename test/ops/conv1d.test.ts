import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import { type Conv1dOptions, checkGradients, conv1d, setBackend, tensor, zeros } from "../../lib/index.js";
import { expectClose, sample } from "./support.js";

setBackend("reference");

describe("conv1d", () => {
  it("slides filters along sequences, without mirroring them", () => {
    const x = tensor([1, 2, 3, 4], { shape: [1, 1, 4], dtype: "float64" });
    const w = tensor([1, 10], { shape: [1, 1, 2], dtype: "float64" });
    expectClose(conv1d(x, w), [1, 1, 3], [21, 32, 43], 0);
    expectClose(conv1d(x, w, { stride: 2 }), [1, 1, 2], [21, 43], 0);
    expectClose(conv1d(x, w, { dilation: 2 }), [1, 1, 2], [31, 42], 0);
    expectClose(conv1d(x, w, { padding: 1 }), [1, 1, 5], [10, 21, 32, 43, 4], 0);
    expectClose(conv1d(x, w, { padding: [0, 1] }), [1, 1, 4], [21, 32, 43, 4], 0);
    expectClose(conv1d(x, w, { padding: "same" }), [1, 1, 4], [21, 32, 43, 4], 0);
    expectClose(conv1d(x, w, { padding: "valid" }), [1, 1, 3], [21, 32, 43], 0);
  });

  it("has the right derivatives", () => {
    const options: Conv1dOptions = { stride: 2, padding: 1, dilation: 2, groups: 2 };
    checkGradients((x, w) => conv1d(x, w, options), [sample([2, 4, 9]), sample([6, 2, 3])], { order: 2 });
  });

  it("refuses what does not fit, in its own name", () => {
    const [x, w] = [zeros([2, 4, 9]), zeros([6, 4, 3])];
    const bad: [() => unknown, new (message: string) => Error, string][] = [
      [() => conv1d(zeros([4, 9]), w), ShapeError, "conv1d: x must have 3 axes [n, c, length], got [4, 9]"],
      [() => conv1d(x, zeros([6, 4])), ShapeError, "conv1d: weights must have 3 axes [o, c/groups, taps], got [6, 4]"],
      [() => conv1d(x, w, { groups: 2 }), ShapeError, "channels differ: x [2, 4, 9], weights [6, 4, 3] in 2 group(s)"],
      [() => conv1d(x, zeros([6, 4, 10])), ShapeError, "kernel is larger than the padded input"],
      [() => conv1d(x, w, { stride: 0 }), OptionError, 'conv1d: option "stride" must be a positive integer, got 0'],
      [() => conv1d(x, w, { padding: -1 }), OptionError, 'conv1d: option "padding" must be'],
      [() => conv1d(x, w, { layout: "NHWC" } as object), OptionError, 'conv1d: unknown option "layout"'],
      [() => conv1d(x, zeros([6, 4, 3], { dtype: "float64" })), DTypeError, "conv1d: dtypes differ"],
    ];
    for (const [use, type, message] of bad) {
      expect(use).toThrow(type);
      expect(use).toThrow(message);
    }
  });
});
