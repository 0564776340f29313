import { describe, expect, it } from "vitest";
import { loadAddon } from "../../lib/backends/native/index.js";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import {
  type ConvTranspose2dOptions,
  checkGradients,
  conv2d,
  convTranspose2d,
  mul,
  setBackend,
  sum,
  tensor,
  transpose,
  zeros,
} from "../../lib/index.js";
import { expectClose, sample, values } from "./support.js";

setBackend("reference");

describe("convTranspose2d", () => {
  it("adds a multiple of the filter for each pixel", () => {
    const x = tensor([1, 2], { shape: [1, 1, 1, 2], dtype: "float64" });
    const w = tensor([1, 10, 100], { shape: [1, 1, 1, 3], dtype: "float64" });
    expectClose(convTranspose2d(x, w), [1, 1, 1, 4], [1, 12, 120, 200], 0);
    expectClose(convTranspose2d(x, w, { stride: [1, 2] }), [1, 1, 1, 5], [1, 10, 102, 20, 200], 0);
    expectClose(convTranspose2d(x, w, { padding: [0, 1] }), [1, 1, 1, 2], [12, 120], 0);
    expectClose(convTranspose2d(x, w, { padding: [[0, 0], [0, 1]] }), [1, 1, 1, 3], [1, 12, 120], 0); // biome-ignore format: short
    const more = { stride: [1, 2], outputPadding: [0, 1] } as const;
    expectClose(convTranspose2d(x, w, more), [1, 1, 1, 6], [1, 10, 102, 20, 200, 0], 0);
  });

  const cases: readonly ConvTranspose2dOptions[] = [
    {},
    { stride: 2, padding: 1, outputPadding: 1 },
    { stride: [3, 1], dilation: [1, 2], groups: 2 },
  ];

  it.each(cases)("is the transpose of conv2d, ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩, %o", (options) => {
    const { outputPadding: _, ...convolution } = options;
    const w = sample([4, 6 / (options.groups ?? 1), 3, 2], { seed: 1 });
    const y = sample([2, 4, 3, 4], { seed: 2 });
    const back = convTranspose2d(y, w, options);
    const x = sample(back.shape, { seed: 3 });
    const [left, right] = [sum(mul(conv2d(x, w, convolution), y)).item(), sum(mul(x, back)).item()];
    expect(Math.abs(left - right)).toBeLessThan(1e-11);
  });

  it.each(cases)("has the right derivatives, %o", (options) => {
    const groups = options.groups ?? 1;
    const inputs = [sample([1, 4, 2, 3]), sample([4, 4 / groups, 2, 3])];
    checkGradients((x, w) => convTranspose2d(x, w, options), inputs, { order: 2 });
  });

  it("takes either layout", () => {
    const [x, w] = [sample([2, 3, 4, 5]), sample([3, 2, 3, 3])];
    const last = convTranspose2d(transpose(x, [0, 2, 3, 1]), w, { stride: 2, layout: "NHWC" });
    const first = convTranspose2d(x, w, { stride: 2 });
    expectClose(transpose(last, [0, 3, 1, 2]), first.shape, values(first), 1e-13);
  });

  it.runIf("addon" in loadAddon())("gives the same on the native machine", () => {
    const [x, w] = [sample([2, 4, 5, 6], { dtype: "float32" }), sample([4, 3, 3, 3], { dtype: "float32" })];
    const run = () => convTranspose2d(x, w, { stride: 2, padding: 1, outputPadding: 1 });
    const expected = values(run());
    try {
      setBackend("native");
      // At most 4·4 products to a result, each of magnitude 1 at most: 17 roundings.
      expectClose(run(), [2, 3, 10, 12], expected, 2 * 17 * 16 * 2 ** -24);
    } finally {
      setBackend("reference");
    }
  });

  it("refuses what does not fit", () => {
    const [x, w] = [zeros([1, 4, 3, 3]), zeros([4, 2, 3, 3])];
    const bad: [() => unknown, new (message: string) => Error, string][] = [
      [() => convTranspose2d(zeros([4, 3, 3]), w), ShapeError, "convTranspose2d: x must have 4 axes [n, c, h, w]"],
      [
        () => convTranspose2d(x, zeros([4, 2])),
        ShapeError,
        "weights must have 4 axes [c, o/groups, kh, kw], got [4, 2]",
      ],
      [() => convTranspose2d(x, zeros([3, 2, 3, 3])), ShapeError, "convTranspose2d: channels differ"],
      [() => convTranspose2d(x, w, { groups: 3 }), ShapeError, "in 3 group(s)"],
      [() => convTranspose2d(x, w, { padding: 3 }), ShapeError, "padding leaves nothing of the result: -1×-1"],
      [
        () => convTranspose2d(x, w, { outputPadding: 1 }),
        OptionError,
        '"outputPadding" must be a non-negative integer below',
      ],
      [
        () => convTranspose2d(x, w, { padding: "same" as "valid" }),
        OptionError,
        'must be numbers or "valid", got "same"',
      ],
      [() => convTranspose2d(x, w, { kernel: 3 } as object), OptionError, 'unknown option "kernel"'],
      [() => convTranspose2d(x, zeros([4, 2, 3, 3], { dtype: "float64" })), DTypeError, "dtypes differ"],
      [() => convTranspose2d(zeros([1, 4, 9e4, 1]), w, { stride: 9e4 }), ShapeError, "too many elements"],
    ];
    for (const [use, type, message] of bad) {
      expect(use).toThrow(type);
      expect(use).toThrow(message);
    }
  });
});
