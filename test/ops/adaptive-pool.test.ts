import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { adaptiveAvgPool2d, checkGradients, setBackend, tensor, transpose, zeros } from "../../lib/index.js";
import { expectClose, sample, values } from "./support.js";

setBackend("reference");

describe("adaptiveAvgPool2d", () => {
  it("averages parts that are as even as can be", () => {
    const row = tensor([1, 2, 3, 4, 5, 6, 7], { shape: [1, 1, 1, 7], dtype: "float64" });
    // Parts of three out of seven: [0, 3), [2, 5), [4, 7).
    expectClose(adaptiveAvgPool2d(row, [1, 3]), [1, 1, 1, 3], [2, 4, 6], 1e-12);
    // More parts than pixels repeat them: [0, 1), [0, 2), [1, 2).
    const two = tensor([1, 3], { shape: [1, 1, 1, 2], dtype: "float64" });
    expectClose(adaptiveAvgPool2d(two, [1, 3]), [1, 1, 1, 3], [1, 2, 3], 1e-12);
    expectClose(adaptiveAvgPool2d(two, [2, 1]), [1, 1, 2, 1], [2, 2], 1e-12);
  });

  it("is the identity for the size that images have", () => {
    const x = sample([1, 2, 6, 7]);
    expect(adaptiveAvgPool2d(x, [6, 7])).toBe(x);
  });

  it("takes either layout, and keeps NaN in its parts", () => {
    const x = sample([2, 3, 5, 7]);
    const last = adaptiveAvgPool2d(transpose(x, [0, 2, 3, 1]), [2, 3], { layout: "NHWC" });
    expectClose(transpose(last, [0, 3, 1, 2]), [2, 3, 2, 3], values(adaptiveAvgPool2d(x, [2, 3])), 1e-12);
    const hole = tensor([1, 2, Number.NaN], { shape: [1, 1, 1, 3], dtype: "float64" });
    expect(values(adaptiveAvgPool2d(hole, [1, 2]))).toEqual([1.5, Number.NaN]);
  });

  it("has the right derivatives, overlapping parts included", () => {
    checkGradients((x) => adaptiveAvgPool2d(x, [2, 3]), [sample([1, 2, 5, 7])], { order: 2 });
    checkGradients((x) => adaptiveAvgPool2d(x, [2, 3]), [sample([1, 2, 4, 6])]);
  });

  it("refuses sizes that are none, and images without pixels", () => {
    expect(() => adaptiveAvgPool2d(zeros([1, 1, 4, 4]), 0)).toThrow(OptionError);
    expect(() => adaptiveAvgPool2d(zeros([1, 1, 4, 4]), 2, { stride: 1 } as object)).toThrow(OptionError);
    expect(() => adaptiveAvgPool2d(zeros([1, 1, 0, 4]), 2)).toThrow(
      "adaptiveAvgPool2d: images are empty: [1, 1, 0, 4]",
    );
    expect(() => adaptiveAvgPool2d(zeros([4, 4]), 2)).toThrow(ShapeError);
  });
});
