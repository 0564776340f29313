import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import {
  abs,
  add,
  cast,
  ceil,
  clip,
  cos,
  div,
  elu,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  greater,
  greaterEqual,
  leakyRelu,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mul,
  neg,
  normalCdf,
  notEqual,
  pow,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
  tensor,
  where,
  zeros,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { expectClose, rows, values } from "./support.js";

setBackend("reference");

const double = (...data: number[]) => tensor(data, { dtype: "float64" });
const int = (...data: number[]) => tensor(data, { dtype: "int32" });
const bool = (...data: boolean[]) => tensor(data);
const NAN = Number.NaN;
const INF = Number.POSITIVE_INFINITY;

describe("functions of one operand", () => {
  // Within a few roundings of float64 of the value given, which JavaScript or the definition computes another way.
  it.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ["neg", neg, [1.5, -0, INF], [-1.5, 0, -INF]],
    ["abs", abs, [-1.5, -0, -INF, NAN], [1.5, 0, INF, NAN]],
    ["sign", sign, [-3, 0, -0, 2, NAN], [-1, 0, 0, 1, NAN]],
    ["floor", floor, [1.5, -1.5, 2], [1, -2, 2]],
    ["ceil", ceil, [1.5, -1.5, 2], [2, -1, 2]],
    ["round", round, [0.5, 1.5, 2.5, -0.5, -1.5, 2.4], [0, 2, 2, -0, -2, 2]],
    ["sqrt", sqrt, [4, 0, -1], [2, 0, NAN]],
    ["rsqrt", rsqrt, [4, 0], [0.5, INF]],
    ["square", square, [-3, 0.5], [9, 0.25]],
    ["reciprocal", reciprocal, [4, 0], [0.25, INF]],
    ["exp", exp, [0, 1, -INF, 1000], [1, Math.E, 0, INF]],
    ["expm1", expm1, [1e-10, 1], [1e-10 + 5e-21, Math.E - 1]],
    ["log", log, [1, Math.E, 0, -1], [0, 1, -INF, NAN]],
    ["log1p", log1p, [1e-10, Math.E - 1, -1], [1e-10 - 5e-21, 1, -INF]],
    ["sin", sin, [Math.PI / 6, 0], [0.5, 0]],
    ["cos", cos, [Math.PI / 3, 0], [0.5, 1]],
    ["tanh", tanh, [Math.log(3), -INF, 0], [0.8, -1, 0]],
    ["sigmoid", sigmoid, [0, Math.log(3), -1000, 1000], [0.5, 0.75, 0, 1]],
    ["erf", erf, [0, 0.5, 1, -2, INF], [0, 0.5204998778130465, 0.8427007929497149, -0.9953222650189527, 1]],
    [
      "normalCdf",
      normalCdf,
      [0, 1, -1, -10, INF, -INF, NAN],
      [0.5, 0.8413447460685429, 0.15865525393145707, 7.61985302416e-24, 1, 0, NAN],
    ],
    ["relu", relu, [-1, 0, 2, NAN, -INF], [0, 0, 2, NAN, 0]],
    ["leakyRelu", leakyRelu, [-1, 0, 2, NAN], [-0.01, 0, 2, NAN]],
    ["elu", elu, [-1, 0, 2, -1000], [1 / Math.E - 1, 0, 2, -1]],
    ["gelu", gelu, [0, 1, -1, 10], [0, 0.8413447460685429, -0.15865525393145707, 10]],
    ["silu", silu, [0, Math.log(3), -1000], [0, 0.75 * Math.log(3), -0]],
    ["softplus", softplus, [0, 1000, -1000, Math.log(3)], [Math.LN2, 1000, 0, Math.log(4)]],
  ])("%s", (_, op, inputs, outputs) => {
    const tolerance = 2 ** -50;
    expectClose(op(double(...inputs)), [inputs.length], outputs, tolerance);
  });

  it("take parameters", () => {
    expect(values(leakyRelu(tensor([-2, 3]), 0.5))).toEqual([-1, 3]);
    expect(values(elu(double(-1000, 1), 2))).toEqual([-2, 1]);
    expect(values(clip(tensor([-5, 0.5, 5, NAN]), -1, 1))).toEqual([-1, 0.5, 1, NAN]);
  });

  it("compute the lecture's neuron", () => {
    const z = add(tensor([1 * 1 + -2 * -1, -1 * 1 + 1 * -1]), tensor([1, 0]));
    expect(values(sigmoid(z)).map((y) => Number(y.toFixed(2)))).toEqual([0.98, 0.12]);
  });

  it("keep integers where they have a meaning", () => {
    expect(values(neg(int(5, -(2 ** 31))))).toEqual([-5, -(2 ** 31)]);
    expect(values(abs(int(-5, 7)))).toEqual([5, 7]);
    expect(values(sign(int(-5, 0, 7)))).toEqual([-1, 0, 1]);
    expect(values(relu(int(-5, 7)))).toEqual([0, 7]);
    expect(() => exp(int(1))).toThrow(new DTypeError("exp: needs float tensors, got int32; cast first"));
    expect(() => floor(int(1))).toThrow(DTypeError);
    expect(() => neg(tensor(Uint8Array.of(1)))).toThrow(
      new DTypeError("neg: needs float or int32 tensors, got uint8; cast first"),
    );
  });
});

describe("functions of two operands", () => {
  it.each<[string, (a: Tensor, b: Tensor) => Tensor, number[], number[], number[]]>([
    ["add", add, [1, INF], [2, -INF], [3, NAN]],
    ["sub", sub, [1, 0.5], [2, 0.25], [-1, 0.25]],
    ["mul", mul, [3, 0], [-2, INF], [-6, NAN]],
    ["div", div, [1, -1, 0], [4, 0, 0], [0.25, -INF, NAN]],
    ["pow", pow, [2, 4, -8, -8, 0, 1], [10, 0.5, 3, 1 / 3, 0, NAN], [1024, 2, -512, NAN, 1, 1]],
    ["maximum", maximum, [1, NAN, 5], [2, 0, NAN], [2, NAN, NAN]],
    ["minimum", minimum, [1, NAN, 5], [2, 0, NAN], [1, NAN, NAN]],
  ])("%s", (_, op, a, b, out) => {
    expectClose(op(double(...a), double(...b)), [a.length], out, 2 ** -50);
  });

  it("wrap int32", () => {
    const big = int(2 ** 31 - 1, 2 ** 16 + 1);
    expect(values(add(big, 1))).toEqual([-(2 ** 31), 2 ** 16 + 2]);
    expect(values(mul(big, big))).toEqual([1, 2 ** 17 + 1]);
    expect(values(sub(int(-(2 ** 31)), int(1)))).toEqual([2 ** 31 - 1]);
  });

  it("round once in float32", () => {
    const third = Math.fround(1 / 3);
    expect(values(div(tensor([1]), 3))).toEqual([third]);
    expect(values(add(tensor([2 ** 24]), 1))).toEqual([2 ** 24]);
  });

  it("simplify powers to the same values", () => {
    const x = double(2.5, 0.75);
    for (const power of [0.5, 1, 2, 3, -1]) {
      expectClose(pow(x, power), [2], [2.5 ** power, 0.75 ** power], 2 ** -48);
    }
    expect(values(pow(2, double(3, -1)))).toEqual([8, 0.5]);
  });

  it("broadcast, and give numbers the tensors' dtype", () => {
    expect(rows(add(tensor([[1], [2]]), tensor([10, 20])))).toEqual([
      [11, 21],
      [12, 22],
    ]);
    expect(sub(1, double(1)).dtype).toBe("float64");
    expect(values(mul(int(3), 2))).toEqual([6]);
    expect(add(1, 2)).toMatchObject({ shape: [], dtype: "float32" });
    expect(add(zeros([0, 3]), zeros([1])).shape).toEqual([0, 3]);
  });

  it("name operands that do not fit", () => {
    expect(() => add(zeros([2, 3]), zeros([2]))).toThrow(
      new ShapeError("add: shapes do not broadcast: [2, 3] and [2] (3 ≠ 2)"),
    );
    expect(() => add(zeros([1]), int(1))).toThrow(
      new DTypeError("add: dtypes differ: float32 and int32; cast one of them"),
    );
    expect(() => mul(int(1), 0.5)).toThrow(new DTypeError("mul: 0.5 is not a value of int32; cast the tensor first"));
    expect(() => add("1" as never, zeros([1]))).toThrow(
      new OptionError('add: operand must be a tensor or a number, got "1"'),
    );
    expect(() => div(int(1), int(1))).toThrow(DTypeError);
    expect(() => clip("1" as never, 0, 1)).toThrow(
      new OptionError('clip: operand must be a tensor or a number, got "1"'),
    );
    expect(() => clip(int(1), 0, 0.5)).toThrow(
      new DTypeError("clip: 0.5 is not a value of int32; cast the tensor first"),
    );
    expect(() => clip(zeros([3]), zeros([2]), 1)).toThrow(
      new ShapeError("clip: shapes do not broadcast: [3] and [2] (3 ≠ 2)"),
    );
    for (const power of [1, 2, 3]) {
      expect(() => pow(int(2), power)).toThrow(new DTypeError("pow: needs float tensors, got int32; cast first"));
    }
  });
});

describe("comparisons", () => {
  it.each<[string, (a: Tensor, b: Tensor) => Tensor, number[]]>([
    ["equal", equal, [0, 1, 0, 0]],
    ["notEqual", notEqual, [1, 0, 1, 1]],
    ["less", less, [1, 0, 0, 0]],
    ["lessEqual", lessEqual, [1, 1, 0, 0]],
    ["greater", greater, [0, 0, 1, 0]],
    ["greaterEqual", greaterEqual, [0, 1, 1, 0]],
  ])("%s", (_, op, expected) => {
    const result = op(tensor([1, 2, 3, NAN]), tensor([2, 2, 2, 2]));
    expect(result.dtype).toBe("bool");
    expect(values(result)).toEqual(expected);
    expect(values(op(int(1, 2, 3), int(2, 2, 2)))).toEqual(expected.slice(0, 3));
    expect(values(op(tensor(Uint8Array.of(1, 2, 255)), tensor(Uint8Array.of(2, 2, 2))))).toEqual(expected.slice(0, 3));
  });
});

describe("logic", () => {
  it("follows the truth tables", () => {
    const [a, b] = [bool(false, false, true, true), bool(false, true, false, true)];
    expect(values(logicalAnd(a, b))).toEqual([0, 0, 0, 1]);
    expect(values(logicalOr(a, b))).toEqual([0, 1, 1, 1]);
    expect(values(logicalXor(a, b))).toEqual([0, 1, 1, 0]);
    expect(values(logicalNot(a))).toEqual([1, 1, 0, 0]);
    expect(() => logicalAnd(zeros([1]), zeros([1]))).toThrow(DTypeError);
  });
});

describe("where", () => {
  it("selects, and broadcasts all three", () => {
    const mask = tensor([[true], [false]]);
    expect(rows(where(mask, tensor([1, 2]), -1))).toEqual([
      [1, 2],
      [-1, -1],
    ]);
    expect(values(where(bool(true, false), int(1, 2), int(3, 4)))).toEqual([1, 4]);
    expect(values(where(bool(true, false), NAN, tensor([0, 1])))).toEqual([NAN, 1]);
  });

  it("names what is wrong", () => {
    expect(() => where(zeros([1]), 1, 2)).toThrow(new DTypeError("where: condition must be bool, got float32"));
    expect(() => where(true as never, 1, 2)).toThrow(new OptionError("where: condition must be a tensor, got true"));
  });
});

describe("cast", () => {
  it("truncates and saturates floats", () => {
    const x = tensor([1.9, -1.9, 3e9, -3e9, NAN, INF]);
    expect(values(cast(x, "int32"))).toEqual([1, -1, 2 ** 31 - 1, -(2 ** 31), 0, 2 ** 31 - 1]);
    expect(values(cast(x, "uint8"))).toEqual([1, 0, 255, 0, 0, 255]);
    expect(values(cast(tensor([0, -0, 0.1, NAN]), "bool"))).toEqual([0, 0, 1, 1]);
  });

  it("converts between integers, and to floats", () => {
    expect(values(cast(int(-1, 256, 300), "uint8"))).toEqual([255, 0, 44]);
    expect(values(cast(int(0, -3), "bool"))).toEqual([0, 1]);
    expect(values(cast(bool(true, false), "float32"))).toEqual([1, 0]);
    expect(values(cast(tensor(Uint8Array.of(200)), "int32"))).toEqual([200]);
    expect(values(cast(int(2 ** 24 + 1), "float32"))).toEqual([2 ** 24]);
    expect(values(cast(double(0.1), "float32"))).toEqual([Math.fround(0.1)]);
  });

  it("to the same dtype is the tensor itself", () => {
    const x = zeros([1]);
    expect(cast(x, "float32")).toBe(x);
    expect(() => cast(x, "float" as never)).toThrow(DTypeError);
  });
});
