/** How closely the native machine convolves, against float64: strictly, and fast. */

import { describe, expect, it } from "vitest";
import type { TypedArray } from "../../lib/dtype.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import * as ng from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { compile } from "../../lib/runtime/compile-function.js";
import { valuesOf } from "../../lib/runtime/realize.js";
import { pullback } from "../../lib/testing/case.js";
import { jobOf } from "../../lib/testing/job.js";
import { runOnNative } from "./machines.js";
import { requireAddon } from "./native-addon.js";

const normal = (shape: readonly number[], seed: number) =>
  ng.tensor(valuesOf(ng.randomNormal(shape, { seed })), { shape });
const inDouble = (x: Tensor) => ng.cast(x, "float64");

/** Root mean square of the difference, relative to that of the expected values. */
function relativeError(actual: TypedArray, expected: TypedArray): number {
  let [error, size] = [0, 0];
  expected.forEach((value, i) => {
    error += ((actual[i] as number) - (value as number)) ** 2;
    size += (value as number) ** 2;
  });
  return Math.sqrt(error / size);
}

setBackend("reference");

/** Convolutions of unit variance: many images let the machine take large tiles, one small image small tiles. */
const rows = [
  [8, 16, 12],
  [2, 64, 16],
  [1, 256, 14],
  [1, 512, 6],
].map(([n, c, size]) => {
  const operands = [
    normal([n as number, c as number, size as number, size as number], 1),
    normal([48, c as number, 3, 3], 2),
  ];
  const y = normal([n as number, 48, size as number, size as number], 3);
  const forward = (accuracy: ng.Accuracy) => (a: Tensor, b: Tensor) => ng.conv2d(a, b, { padding: 1, accuracy });
  const results = (accuracy: ng.Accuracy, [a, b]: readonly Tensor[], t: Tensor) => [
    forward(accuracy)(a as Tensor, b as Tensor),
    ...([0, 1] as const).map((input) => pullback(forward(accuracy) as never, input)(a as Tensor, b as Tensor, t)),
  ];
  const exact = results("strict", operands.map(inDouble), inDouble(y)).map(valuesOf);
  const jobs = (["strict", "fast"] as const).map((accuracy) => jobOf(accuracy, results(accuracy, operands, y)));
  return {
    name: `${n}×${c}×${size}×${size}`,
    terms: [9 * (c as number), 9 * 48, (n as number) * (size as number) ** 2],
    exact,
    jobs,
  };
});

describe.each(requireAddon().addon.targets)("convolution on %s", (target) => {
  it.each(rows)("$name: fast is at most ten times as far from float64 as strict", ({ terms, exact, jobs }) => {
    const [strict, fast] = runOnNative(target, jobs).map(({ outputs }) =>
      outputs.map((values, i) => relativeError(values, exact[i] as TypedArray)),
    ) as [number[], number[]];
    exact.forEach((_, i) => {
      // Each of k roundings is off by u/√3 of a sum of at most k terms, which on average is half of the last one.
      const bound = 2 ** -24 * Math.sqrt(terms[i] as number);
      expect(strict[i]).toBeLessThan(bound);
      expect(fast[i]).toBeLessThan(10 * (strict[i] as number));
    });
  });
});

describe("accuracy", () => {
  const explain = (accuracy?: ng.Accuracy) => {
    setBackend("native");
    const options = { padding: 1, ...(accuracy === undefined ? {} : { accuracy }) };
    const f = compile((x: Tensor, w: Tensor, dy: Tensor) => [
      ng.conv2d(x, w, options),
      ...[0, 1].map((input) => pullback((a, b) => ng.conv2d(a as Tensor, b as Tensor, options), input)(x, w, dy)),
    ]);
    const image = ng.zeros([16, 64, 16, 16]);
    const text = f.explain(image, ng.zeros([64, 64, 3, 3]), image);
    setBackend("reference");
    return text.split("\n").filter((line) => line.includes("conv2d"));
  };
  const all = (notes: string) => new Array(3).fill(expect.stringContaining(notes));

  it("allows Winograd's algorithm, in gradients too, where it is fast", () => {
    expect(explain("fast")).toEqual(all("-- winograd F(4x4,3x3), 256 tiles"));
    expect(explain("strict")).toEqual(all("strict  -- direct"));
  });

  it("is what setAccuracy says where a convolution does not", () => {
    expect(ng.getAccuracy()).toBe("fast");
    expect(explain()).toEqual(all("-- winograd"));
    ng.setAccuracy("strict");
    try {
      expect(ng.getAccuracy()).toBe("strict");
      expect(explain()).toEqual(all("strict  -- direct"));
      expect(explain("fast")).toEqual(all("-- winograd"));
    } finally {
      ng.setAccuracy("fast");
    }
  });

  it("lets what is not finite reach its tile and no further", () => {
    setBackend("native");
    const x = new Float32Array(32 * 12 * 12).fill(1);
    x[5 * 12 + 5] = Number.NaN;
    x[12 * 12 + 11 * 12 + 11] = Number.POSITIVE_INFINITY;
    const images = ng.tensor(x, { shape: [1, 32, 12, 12] });
    const values = valuesOf(ng.conv2d(images, ng.ones([32, 32, 3, 3]), { padding: 1, accuracy: "fast" }));
    setBackend("reference");
    for (let i = 0; i < 12; i++) {
      for (let j = 0; j < 12; j++) {
        const value = values[i * 12 + j] as number;
        const seen = Math.abs(i - 5) <= 1 && Math.abs(j - 5) <= 1;
        const near = Math.abs(i - 5) <= 4 && Math.abs(j - 5) <= 4;
        const infinite = i >= 8 && j >= 8;
        if (seen) expect(value).toBeNaN();
        else if (!near && !infinite)
          expect(value).toBeCloseTo(288 * (i % 11 === 0 ? 2 / 3 : 1) * (j % 11 === 0 ? 2 / 3 : 1), 3);
        if (i >= 10 && j >= 10) expect(Number.isFinite(value)).toBe(false);
      }
    }
  });
});
