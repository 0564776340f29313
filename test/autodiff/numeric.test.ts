import { describe, expect, it } from "vitest";
import {
  GradientError,
  getBackend,
  mul,
  numericGradient,
  OptionError,
  setBackend,
  sin,
  square,
  sum,
  type Tensor,
  tensor,
} from "../../lib/index.js";

setBackend("reference");

const cube = (x: Tensor) => sum(mul(x, square(x)));

describe("numericGradient", () => {
  it("has an error of the order of h forwards, and of h² from both sides", () => {
    /** At 2 and −1, where x³ has the slopes 12 and 3. */
    const errors = (method: "forward" | "central", step: number) => {
      const [slopes] = numericGradient(cube, [tensor([2, -1])], { method, step }) as [Tensor];
      const [left, right] = slopes.dataSync() as unknown as [number, number];
      return [left - 12, right - 3] as const;
    };
    // (f(x + h) − f(x)) / h = 3x² + 3xh + h², and from both sides 3x² + h².
    const h = 2 ** -10;
    const [forward, central] = [errors("forward", h), errors("central", h)];
    expect(forward[0]).toBeCloseTo(6 * h + h * h, 9);
    expect(forward[1]).toBeCloseTo(-3 * h + h * h, 9);
    for (const error of central) expect(error).toBeCloseTo(h * h, 9);
    for (const error of [...errors("forward", 1e-8), ...errors("central", 1e-5)]) {
      expect(Math.abs(error)).toBeLessThan(1e-6);
    }
  });

  it("is that of every input, in float64, whatever the backend", () => {
    setBackend("native");
    const [byX, byY] = numericGradient((x, y) => sum(mul(sin(x), y)), [tensor([0.5]), tensor([[2, 3]])]);
    expect(getBackend().name).toBe("native");
    setBackend("reference");
    expect([byX?.dtype, byX?.shape, byY?.shape]).toEqual(["float64", [1], [1, 2]]);
    expect(byX?.item()).toBeCloseTo(5 * Math.cos(0.5), 9);
    for (const slope of byY?.dataSync() ?? []) expect(slope).toBeCloseTo(Math.sin(0.5), 9);
  });

  it("has a step of its own for each method", () => {
    for (const method of ["forward", "central"] as const) {
      const [slope] = numericGradient((x) => sin(x), [tensor(1)], { method }) as [Tensor];
      expect(slope.item()).toBeCloseTo(Math.cos(1), method === "forward" ? 7 : 9);
    }
  });

  it("refuses what it cannot differentiate", () => {
    expect(() => numericGradient(square, [tensor([1, 2])])).toThrow(GradientError);
    expect(() => numericGradient(cube, [tensor(Int32Array.of(1))])).toThrow("numericGradient: inputs must be float");
    expect(() => numericGradient(cube, [tensor(1)], { step: 0 })).toThrow(OptionError);
    expect(() => numericGradient(cube, [tensor(1)], { method: "backward" as never })).toThrow('must be "forward" or');
  });
});
