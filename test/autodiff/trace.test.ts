import { expect, it } from "vitest";
import {
  add,
  GradientError,
  mul,
  OptionError,
  sin,
  square,
  sum,
  type Tensor,
  tensor,
  traceDerivative,
  valueAndGrad,
} from "../../lib/index.js";
import { describeOnBoth } from "../runtime/support.js";

const f = (x1: Tensor, x2: Tensor) => add(mul(x1, x2), sin(x1));
const point = [tensor(1.5), tensor(0.5)];

describeOnBoth("the trace of f = x₁x₂ + sin x₁", () => {
  it("in forward mode carries a tangent along", () => {
    const { mode, steps } = traceDerivative(f, point, { tangents: [tensor(1), tensor(0)] });
    expect(mode).toBe("forward");
    expect(steps.map(({ name, expression }) => [name, expression])).toEqual([
      ["x1", ""],
      ["x2", ""],
      ["v1", "x1·x2"],
      ["v2", "sin(x1)"],
      ["v3", "v1 + v2"],
    ]);
    const [sine, cosine] = [Math.sin(1.5), Math.cos(1.5)];
    [1.5, 0.5, 0.75, sine, 0.75 + sine].forEach((value, i) => {
      expect(steps[i]?.values[0]).toBeCloseTo(value, 6);
    });
    [1, 0, 0.5, cosine, 0.5 + cosine].forEach((tangent, i) => {
      expect(steps[i]?.derivatives[0]).toBeCloseTo(tangent, 6);
    });
  });

  it("in reverse mode has what each step does to the result", () => {
    const { mode, steps } = traceDerivative(f, point);
    expect(mode).toBe("reverse");
    [0.5 + Math.cos(1.5), 1.5, 1, 1, 1].forEach((derivative, i) => {
      expect(steps[i]?.derivatives[0]).toBeCloseTo(derivative, 6);
    });
  });

  it("ends with the same derivative in both modes", () => {
    const reverse = traceDerivative(f, point).steps.slice(0, 2);
    const forward = [0, 1].map((i) => {
      const tangents = [tensor(i === 0 ? 1 : 0), tensor(i === 1 ? 1 : 0)];
      return traceDerivative(f, point, { tangents }).steps.at(-1);
    });
    expect(forward.map((step) => step?.derivatives)).toEqual(reverse.map((step) => step.derivatives));
  });

  it("is printed as a table", () => {
    expect(`${traceDerivative(f, point)}`.split("\n")).toEqual([
      "step          value     ∂result/∂step",
      "x1            1.5       0.570737",
      "x2            0.5       1.5",
      "v1 = x1·x2    0.75      1",
      "v2 = sin(x1)  0.997495  1",
      "v3 = v1 + v2  1.74749   1",
    ]);
    const named = traceDerivative(f, point, { names: ["a", "b"], tangents: [tensor(0), tensor(-1)] });
    expect(`${named}`.split("\n").slice(0, 4)).toEqual([
      "step          value     tangent",
      "a             1.5       0",
      "b             0.5       −1",
      "v1 = a·b      0.75      −1.5",
    ]);
  });
});

describeOnBoth("the trace of a function of tensors", () => {
  it("shows the first elements, and leaves views of the same values out", () => {
    const [x, w] = [tensor([1, 2, 3]), tensor(2)];
    const g = (x: Tensor, w: Tensor) => sum(square(mul(x, w)).mul(3));
    const { steps } = traceDerivative(g, [x, w]);
    expect(steps.map(({ expression }) => expression)).toEqual(["", "", "x1·x2", "v1²", "v2·3", "sum(v3)"]);
    const { value, grad } = valueAndGrad(g, { argument: [0, 1] })(x, w);
    expect(steps.at(-1)?.values[0]).toBe(value.item());
    expect(steps.slice(0, 2).map(({ derivatives }) => [...derivatives])).toEqual(
      (grad as Tensor[]).map((slope) => [...slope.dataSync()]),
    );
    const long = traceDerivative((y: Tensor) => sum(y), [tensor([1, 2, 3, 4, 5, 6, 7])]);
    expect(`${long}`).toContain("[1, 2, 3, 4, 5, 6, …]");
  });

  it("refuses what has no derivative", () => {
    expect(() => traceDerivative(square, [tensor([1, 2])])).toThrow(GradientError);
    expect(() => traceDerivative(() => tensor(1).mul(2), [tensor(1)])).toThrow("does not depend on the inputs");
    expect(() => traceDerivative(f, point, { names: ["x"] })).toThrow(OptionError);
    expect(() => traceDerivative(f, point, { tangents: [] })).toThrow("needs 2 tangent(s), got 0");
  });
});
