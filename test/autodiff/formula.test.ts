import { describe, expect, it } from "vitest";
import {
  add,
  cos,
  div,
  exp,
  formula,
  grad,
  log,
  matmul,
  mul,
  neg,
  OptionError,
  pow,
  relu,
  setBackend,
  sigmoid,
  sin,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  variable,
} from "../../lib/index.js";

setBackend("reference");

const [x, y, z] = [tensor(2), tensor(3), tensor(4)];
const names = { x, y, z };

describe("formula", () => {
  const expressions: readonly [Tensor, string][] = [
    [mul(add(x, y), z), "(x + y)·z"],
    [add(mul(x, y), sin(x)), "x·y + sin(x)"],
    [sub(x, add(y, z)), "x − (y + z)"],
    [sub(sub(x, y), z), "x − y − z"],
    [sub(x, sub(y, z)), "x − (y − z)"],
    [div(x, mul(y, z)), "x / (y·z)"],
    [mul(x, div(y, z)), "x·(y / z)"],
    [neg(add(x, y)), "−(x + y)"],
    [sub(x, neg(y)), "x + y"],
    [mul(neg(x), neg(y)), "x·y"],
    [div(neg(x), y), "−x / y"],
    [square(add(x, y)), "(x + y)²"],
    [square(neg(x)), "(−x)²"],
    [pow(x, add(y, 1)), "x^(y + 1)"],
    [mul(2, x), "2·x"],
    [mul(-3, x), "−3·x"],
    [sub(x, 0.25), "x − 0.25"],
    [add(mul(x, 0), y), "y"],
    [relu(sub(x, 1)), "relu(x − 1)"],
    [sum(mul(tensor([1, 2]), x)), "sum(float32[2]·x)"],
  ];

  it.each(expressions)("%# is %s", (tensor, expected) => {
    expect(formula(tensor, names)).toBe(expected);
  });

  it("names variables, and numbers by their values", () => {
    const w = variable([[1, 2]], { name: "w" });
    expect(formula(add(matmul(w, tensor([[1], [2]])), tensor(-0.5)))).toBe("matmul(w, float32[2, 1]) − 0.5");
    expect(formula(mul(w, 2), { weight: w })).toBe("weight·2");
  });

  it("ends before it takes all memory", () => {
    let doubled: Tensor = x;
    for (let i = 0; i < 60; i++) doubled = add(doubled, sin(doubled));
    expect(() => formula(doubled, names)).toThrow(OptionError);
  });
});

describe("symbolic differentiation", () => {
  type F = (x: Tensor, y: Tensor, z: Tensor) => Tensor;
  const slopes: readonly [string, F, string][] = [
    ["x·y + sin(x)", (x, y) => add(mul(x, y), sin(x)), "cos(x) + y"],
    ["(x + y)·z", (x, y, z) => mul(add(x, y), z), "z"],
    ["x²", (x) => square(x), "x + x"],
    ["cos(x)", (x) => cos(x), "−sin(x)"],
    ["ln(x) / y", (x, y) => div(log(x), y), "1 / y / x"],
    ["y·exp(−x)", (x, y) => mul(y, exp(neg(x))), "−y·exp(−x)"],
    ["sigmoid(x)", (x) => sigmoid(x), "sigmoid(x)·(1 − sigmoid(x))"],
    ["5", () => tensor(5).mul(1), "0"],
  ];

  it.each(slopes)("d/dx %s", (_, f, expected) => {
    expect(formula(grad(f)(x, y, z), names)).toBe(expected);
  });

  it("to second order, and of what backward() leaves", () => {
    const second = grad((a: Tensor) => grad((b: Tensor) => sin(b))(a));
    expect(formula(second(x), names)).toBe("−sin(x)");
    const w = variable(3, { name: "w" });
    mul(x, sin(w)).backward();
    expect(formula(w.grad as Tensor, names)).toBe("x·cos(w)");
  });
});
