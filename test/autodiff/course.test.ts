/** The numbers of the course: small functions whose derivatives can be worked out on paper. */

import { expect, it } from "vitest";
import {
  add,
  checkGradients,
  formula,
  grad,
  jvp,
  matmul,
  mul,
  numericGradient,
  oneHot,
  randomNormal,
  sin,
  softmax,
  sub,
  type Tensor,
  tensor,
  traceDerivative,
  transpose,
  valueAndGrad,
  variable,
  vjp,
} from "../../lib/index.js";
import { crossEntropy } from "../../lib/nn/index.js";
import { describeOnBoth } from "../runtime/support.js";

const items = (list: unknown) => (list as Tensor[]).map((x) => x.item());

describeOnBoth("f = (x + y)·z at (−2, 5, −4)", () => {
  it("valueAndGrad: f = −12, ∂f = (−4, −4, 3)", () => {
    const f = (x: Tensor, y: Tensor, z: Tensor) => mul(add(x, y), z);
    const { value, grad: slopes } = valueAndGrad(f, { argument: [0, 1, 2] })(tensor(-2), tensor(5), tensor(-4));
    expect(value.item()).toBe(-12);
    expect(items(slopes)).toEqual([-4, -4, 3]);
  });

  it("backward: the same, and q = 3 on the way", () => {
    const [x, y, z] = [variable(-2), variable(5), variable(-4)];
    const q = x.add(y);
    const f = q.mul(z);
    f.backward();
    expect([q, f, x.grad, y.grad, z.grad].map((t) => t?.item())).toEqual([3, -12, -4, -4, 3]);
  });
});

describeOnBoth("the graph of f = (x + y)·z", () => {
  const f = (x: Tensor, y: Tensor, z: Tensor) => mul(add(x, y), z);
  const inputs = [tensor(-2), tensor(5), tensor(-4)] as const;

  it("has the same gradient by differences, from both sides and forwards", () => {
    for (const method of ["central", "forward"] as const) {
      const slopes = items(numericGradient(f, inputs, { method }));
      [-4, -4, 3].forEach((expected, i) => {
        // Rounding of values of 12, twice, divided by the step; f is linear in each input.
        expect(Math.abs((slopes[i] as number) - expected)).toBeLessThan((12 * 2 ** -52) / 1e-8);
      });
    }
  });

  it("has each step's value and derivative in its trace", () => {
    const { steps } = traceDerivative(f, inputs, { names: ["x", "y", "z"] });
    expect(
      steps.map(({ name, expression, values, derivatives }) => [name, expression, values[0], derivatives[0]]),
    ).toEqual([
      ["x", "", -2, -4],
      ["y", "", 5, -4],
      ["z", "", -4, 3],
      ["v1", "x + y", 3, -4],
      ["v2", "v1·z", -12, 1],
    ]);
  });

  it("has the symbolic derivatives z, z and x + y", () => {
    const [x, y, z] = inputs;
    const slopes = grad(f, { argument: [0, 1, 2] })(x, y, z) as Tensor[];
    expect(slopes.map((slope) => formula(slope, { x, y, z }))).toEqual(["z", "z", "x + y"]);
  });
});

describeOnBoth("one step of the chain rule", () => {
  it("an upstream gradient of 1.2 at x = 2 gives dL/dW = 2.4", () => {
    const x = tensor(2);
    const { vjp: pull } = vjp((w: Tensor) => w.mul(x), [tensor(0.7)]);
    expect(pull(tensor(1.2))[0]?.item()).toBe(Math.fround(2 * Math.fround(1.2)));
  });
});

describeOnBoth("f = x₁x₂ + sin x₁", () => {
  const f = (x1: Tensor, x2: Tensor) => add(mul(x1, x2), sin(x1));
  const [a, b] = [1.5, 0.5];
  // cos is within 2 ULP of its value, one rounding of the sum: 3 · 2⁻²⁴ of numbers below 1.
  const tolerance = 3 * 2 ** -24;

  it("both modes agree with ∂f = (x₂ + cos x₁, x₁)", () => {
    const inputs = [tensor(a), tensor(b)];
    const reverse = items(vjp(f, inputs).vjp(tensor(1)));
    const forward = [0, 1].map((i) => {
      const direction = [tensor(i === 0 ? 1 : 0), tensor(i === 1 ? 1 : 0)];
      return jvp(f, inputs, direction).tangents[0]?.item();
    });
    const expected = [b + Math.cos(a), a];
    for (const found of [reverse, forward]) {
      found.forEach((slope, i) => {
        expect(Math.abs((slope as number) - (expected[i] as number))).toBeLessThan(tolerance);
      });
    }
    expect(forward).toEqual(reverse);
  });

  it("the second derivatives are (−sin x₁, 1; 1, 0)", () => {
    const hessian = [0, 1].map((i) => {
      const slope = (x1: Tensor, x2: Tensor) =>
        (grad(f, { argument: [0, 1] })(x1, x2) as unknown as Tensor[])[i] as Tensor;
      return items(grad(slope, { argument: [0, 1] })(tensor(a), tensor(b)));
    });
    expect(Math.abs((hessian[0]?.[0] as number) + Math.sin(a))).toBeLessThan(tolerance);
    expect([hessian[0]?.[1], hessian[1]]).toEqual([1, [1, 0]]);
  });

  it("checkGradients passes it, in both modes and to second order", () => {
    const { maxRelativeError } = checkGradients(f, [tensor(a), tensor(b)], { order: 2 });
    expect(maxRelativeError).toHaveLength(2);
    for (const error of maxRelativeError) expect(error).toBeLessThan(1e-6);
  });
});

describeOnBoth("linear softmax classifier", () => {
  it("its analytic gradient (softmax − onehot)·xᵀ is the computed one", () => {
    const [n, inputs, classes] = [6, 5, 4];
    const x = randomNormal([n, inputs], { seed: 1 }).realize();
    const w = variable(randomNormal([classes, inputs], { seed: 2 }).dataSync(), { shape: [classes, inputs] });
    const y = tensor(Int32Array.of(0, 1, 2, 3, 1, 0));
    const scores = matmul(x, transpose(w));
    crossEntropy(scores, y, { reduction: "sum" }).backward();
    const analytic = matmul(transpose(sub(softmax(scores), oneHot(y, classes))), x).dataSync();
    const found = (w.grad as Tensor).dataSync();
    // Sums of 6 products of a number below 1 and one below 4, each factor off by a few ULP: 6 · 4 · 8 · 2⁻²⁴.
    const tolerance = 192 * 2 ** -24;
    expect(found).toHaveLength(classes * inputs);
    found.forEach((slope, i) => {
      expect(Math.abs(slope - (analytic[i] as number))).toBeLessThan(tolerance);
    });
    expect(Math.max(...found.map(Math.abs))).toBeGreaterThan(0.1);
  });

  it("the gradient of a row of scores is softmax − onehot", () => {
    const slope = grad((s: Tensor) => crossEntropy(s, tensor(Int32Array.of(0))))(tensor([[3.2, 5.1, -1.7]]));
    const exponentials = [3.2, 5.1, -1.7].map(Math.exp);
    const total = exponentials.reduce((a, b) => a + b);
    const expected = exponentials.map((e, i) => e / total - (i === 0 ? 1 : 0));
    // Scores up to 5.1 are rounded to 2⁻²² of absolute error, which is the relative error of their exponentials; the
    // quotient adds a few roundings.
    slope.dataSync().forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThan(2 ** -21);
    });
  });
});
