import { describe, expect, it } from "vitest";
import { checkGradients, vjp } from "../../lib/autodiff/index.js";
import { declaredOps } from "../../lib/graph/op.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { topologicalOrder } from "../../lib/graph/walk.js";
import * as ng from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { distinct, sample, values } from "./support.js";

setBackend("reference");

type Fn = (...inputs: Tensor[]) => Tensor | readonly Tensor[];
type Case = readonly [name: string, fn: Fn, inputs: readonly Tensor[], order?: 1 | 2];

const int = (data: number[] | number[][]) => ng.tensor(data, { dtype: "int32" });

/** Away from 0, where kinks and poles are. */
const signed = ng.tensor([-1.7, -0.9, -0.4, 0.3, 0.8, 1.6], { dtype: "float64" });
const positive = sample([6], { low: 0.3, high: 2 });
const small = sample([6], { low: -0.8, high: 0.8 });
const [a, b] = [sample([3, 4]), sample([3, 4], { seed: 2 })];
const column = sample([3, 1], { low: 0.5, high: 1.5, seed: 3 });
const cube = sample([2, 3, 4], { seed: 4 });
/** Further apart than the steps of the differences, so that no maximum changes hands. */
const peaks = distinct([2, 3, 4]);
const mask = ng.greater(sample([3, 4], { seed: 5 }), 0);

const elementwise: Case[] = [
  ["add", ng.add, [a, b]],
  ["add, broadcast", ng.add, [a, column]],
  ["sub", ng.sub, [a, b]],
  ["sub from a number", (x) => ng.sub(3, x), [a]],
  ["mul", ng.mul, [a, b]],
  ["mul, one operand twice", (x) => ng.mul(x, x), [a]],
  ["div", ng.div, [a, column]],
  ["pow", ng.pow, [positive, small]],
  ["pow of a negative base", (x) => ng.pow(x, 3), [signed]],
  ["maximum", ng.maximum, [distinct([8]), distinct([8], { seed: 2, step: 0.13 })]],
  ["minimum", ng.minimum, [distinct([8]), distinct([8], { seed: 2, step: 0.13 })]],
  ["neg", ng.neg, [a]],
  ["abs", ng.abs, [signed]],
  ["square", ng.square, [a]],
  ["reciprocal", ng.reciprocal, [signed]],
  ["clip", (x) => ng.clip(x, -1, 1), [signed]],
  ["sqrt", ng.sqrt, [positive]],
  ["rsqrt", ng.rsqrt, [positive]],
  ["exp", ng.exp, [a]],
  ["expm1", ng.expm1, [a]],
  ["log", ng.log, [positive]],
  ["log1p", ng.log1p, [small]],
  ["sin", ng.sin, [a]],
  ["cos", ng.cos, [a]],
  ["erf", ng.erf, [a]],
  ["normalCdf", ng.normalCdf, [a]],
  ["tanh", ng.tanh, [a]],
  ["sigmoid", ng.sigmoid, [a]],
  ["relu", ng.relu, [signed]],
  ["leakyRelu", (x) => ng.leakyRelu(x, 0.1), [signed]],
  ["elu", (x) => ng.elu(x, 1.5), [signed]],
  ["gelu", ng.gelu, [a]],
  ["silu", ng.silu, [a]],
  ["softplus", ng.softplus, [signed]],
  ["softplus at 0", ng.softplus, [ng.tensor([0], { dtype: "float64" })], 2],
  ["where", (x, y) => ng.where(mask, x, y), [a, b]],
  ["cast", (x) => ng.sin(ng.cast(ng.cast(x, "float64"), "float64")), [a]],
];

const movement: Case[] = [
  ["reshape", (x) => ng.square(ng.reshape(x, [4, 6])), [cube]],
  ["transpose", (x) => ng.square(ng.transpose(x, [2, 0, 1])), [cube]],
  ["broadcastTo", (x) => ng.square(ng.broadcastTo(x, [2, 3, 4])), [column]],
  ["tile", (x) => ng.square(ng.tile(x, [2, 3])), [a]],
  ["slice", (x) => ng.square(ng.slice(x, [1, [null, null, -1], [1, 4, 2]])), [cube]],
  ["flip", (x) => ng.mul(ng.flip(x), x), [cube]],
  [
    "pad",
    (x) =>
      ng.square(
        ng.pad(
          x,
          [
            [1, 0],
            [0, 2],
          ],
          { value: 3 },
        ),
      ),
    [a],
  ],
  ["concat", (x, y) => ng.square(ng.concat([x, y, x], { axis: 1 })), [a, column]],
  ["stack", (x, y) => ng.square(ng.stack([x, y], { axis: 1 })), [a, b]],
  ["split", (x) => ng.split(ng.square(x), [1, 3], { axis: 1 }), [a]],
  ["stopGradient", (x) => ng.add(x, ng.mul(0, ng.stopGradient(x))), [a]],
];

const reductions: Case[] = [
  ["sum", (x) => ng.square(ng.sum(x, { axes: [0, 2] })), [cube]],
  ["mean", (x) => ng.square(ng.mean(x, { axes: 1, keepDims: true })), [cube]],
  ["prod", (x) => ng.prod(x, { axes: 1 }), [cube]],
  ["prod with a zero", (x) => ng.prod(x), [ng.tensor([0.5, 0, -2], { dtype: "float64" })]],
  ["prod with zeros", (x) => ng.prod(x, { axes: [0, 2] }), [ng.mul(cube, ng.cast(ng.greater(cube, 0), "float64"))]],
  ["max", (x) => ng.max(ng.square(x), { axes: [1, 2] }), [peaks]],
  ["min", (x) => ng.min(ng.mul(x, x), { axes: 0 }), [peaks]],
  ["logSumExp", (x) => ng.logSumExp(x, { axes: [0, 1] }), [cube]],
];

const image = sample([2, 4, 5, 4]);
const filters = sample([6, 2, 3, 2], { seed: 2 });
const grid = distinct([2, 2, 5, 6]);

const windows: Case[] = [
  ["conv2d", (x, w) => ng.conv2d(x, w, { groups: 2, padding: 1, stride: [2, 1] }), [image, filters]],
  ["conv2d, dilated", (x, w) => ng.conv2d(x, w, { groups: 2, dilation: [1, 2], padding: "same" }), [image, filters]],
  [
    "conv2d, NHWC",
    (x, w) =>
      ng.conv2d(x, w, {
        layout: "NHWC",
        groups: 2,
        stride: 2,
        padding: [
          [0, 1],
          [2, 0],
        ],
      }),
    [ng.transpose(image, [0, 2, 3, 1]), filters],
  ],
  ["maxPool2d", (x) => ng.maxPool2d(ng.square(x), { kernel: 3, stride: 2, padding: 1 }), [grid]],
  ["maxPool2d, NHWC", (x) => ng.maxPool2d(ng.square(x), { kernel: [2, 1], layout: "NHWC" }), [grid]],
  ["avgPool2d", (x) => ng.square(ng.avgPool2d(x, { kernel: 3, stride: 2, padding: 1 })), [grid]],
  [
    "avgPool2d inside the image",
    (x) => ng.square(ng.avgPool2d(x, { kernel: 2, padding: 1, countIncludePadding: false })),
    [grid],
  ],
  ["globalAvgPool2d", (x) => ng.square(ng.globalAvgPool2d(x)), [grid]],
  ["globalMaxPool2d", (x) => ng.square(ng.globalMaxPool2d(x)), [grid]],
];

const others: Case[] = [
  ["matmul", (x, y) => ng.matmul(x, ng.transpose(y)), [a, b]],
  ["matmul, batched", ng.matmul, [cube, sample([4, 2])]],
  ["matmul, broadcast", ng.matmul, [sample([2, 1, 2, 3]), sample([3, 3, 2], { seed: 2 })]],
  ["matmul of vectors", ng.matmul, [sample([5]), sample([5], { seed: 2 })]],
  ["softmax", (x) => ng.softmax(x, { axis: 1 }), [cube]],
  ["logSoftmax", (x) => ng.logSoftmax(x), [cube]],
  [
    "gather",
    (x) =>
      ng.square(
        ng.gather(
          x,
          int([
            [2, 0],
            [2, 1],
          ]),
          { axis: 1 },
        ),
      ),
    [cube],
  ],
  ["takeAlongAxis", (x) => ng.square(ng.takeAlongAxis(x, int([[1], [3], [1]]))), [a]],
  ["scatterAdd", (x, y) => ng.square(ng.scatterAdd(x, int([2, 0, 2, 1]), y)), [sample([3, 2]), sample([4, 2])]],
  ["moments", (x) => Object.values(ng.moments(x, { axes: [0, 2] })), [cube]],
  [
    "batchNorm of a batch",
    (x, gamma, beta) => ng.batchNorm(x, { ...ng.moments(x, { axes: [0, 2] }), gamma, beta }),
    [cube, sample([3]), sample([3], { seed: 2 })],
  ],
  ["layerNorm", (x, gamma) => ng.layerNorm(x, { gamma }), [cube, sample([4])]],
  ["dropout", (x) => ng.square(ng.dropout(x, { rate: 0.3, seed: 1 })), [cube]],
];

const all = { elementwise, movement, reductions, windows, others };

for (const [family, cases] of Object.entries(all)) {
  describe(`derivatives of ${family} agree with differences, forward and reverse`, () => {
    for (const [name, fn, inputs, order = 2] of cases) {
      it(`${name}, to order ${order}`, () => {
        checkGradients(fn, inputs, { order });
      });
    }
  });
}

describe("derivatives", () => {
  it("at ties go to the second operand of maximum, to the first element of a pooling window, to all of max", () => {
    const at = (fn: Fn, ...inputs: Tensor[]) => {
      const { outputs, vjp: pull } = vjp(fn, inputs);
      return pull(...outputs.map((output) => ng.onesLike(output))).map((x) => values(x));
    };
    const one = ng.ones([1]);
    expect(at(ng.maximum, one, one)).toEqual([[0], [1]]);
    expect(at((x) => ng.max(x), ng.ones([4]))).toEqual([[0.25, 0.25, 0.25, 0.25]]);
    expect(at((x) => ng.maxPool2d(x, { kernel: 2 }), ng.ones([1, 1, 2, 2]))).toEqual([[1, 0, 0, 0]]);
    expect(at(ng.relu, ng.zeros([1]))).toEqual([[0]]);
    expect(at(ng.abs, ng.zeros([1]))).toEqual([[0]]);
    expect(at((x) => ng.elu(x, 1.5), ng.zeros([1]))).toEqual([[1.5]]);
  });

  /** The derivatives of all derivatives of a scalar function: row i is that of ∂f/∂xᵢ. */
  function hessian(fn: (x: Tensor) => Tensor, at: number[]): number[][] {
    const gradient = (x: Tensor) => vjp(fn, [x]).vjp(ng.ones([], { dtype: "float64" }))[0] as Tensor;
    const { vjp: pull } = vjp(gradient, [ng.tensor(at, { dtype: "float64" })]);
    const unit = (i: number) =>
      ng.tensor(
        at.map((_, k) => (k === i ? 1 : 0)),
        { dtype: "float64" },
      );
    return at.map((_, i) => values(pull(unit(i))[0] as Tensor));
  }

  it("of a product are those of the polynomial, at zeros too", () => {
    expect(hessian((x) => ng.prod(x), [0, 2, 3])).toEqual([
      [0, 3, 2],
      [3, 0, 0],
      [2, 0, 0],
    ]);
    expect(hessian((x) => ng.prod(x), [0, 0, 3])).toEqual([
      [0, 3, 0],
      [3, 0, 0],
      [0, 0, 0],
    ]);
    expect(hessian((x) => ng.prod(x), [5])).toEqual([[0]]);
    // ∂³(x₀x₁x₂) = 1 at the origin, which shows only in a derivative of the Hessian.
    const third = vjp(
      (x) => {
        const gradient = (y: Tensor) =>
          vjp((z) => ng.prod(z), [y]).vjp(ng.tensor(1, { dtype: "float64" }))[0] as Tensor;
        return vjp(gradient, [x]).vjp(ng.tensor([1, 0, 0], { dtype: "float64" }))[0] as Tensor;
      },
      [ng.zeros([3], { dtype: "float64" })],
    );
    expect(values(third.vjp(ng.tensor([0, 1, 0], { dtype: "float64" }))[0] as Tensor)).toEqual([0, 0, 1]);
  });

  it("of a product over no elements have no elements", () => {
    const { vjp: pull } = vjp((x) => ng.prod(x, { axes: 1 }), [ng.zeros([2, 0])]);
    expect(pull(ng.ones([2]))[0]?.shape).toEqual([2, 0]);
    const one = vjp((x) => ng.prod(x, { axes: [0, 2] }), [ng.zeros([0, 2, 3])]);
    expect(one.vjp(ng.ones([2]))[0]?.shape).toEqual([0, 2, 3]);
  });

  it("of powers at 0 are those of the polynomial", () => {
    let derivative = (x: Tensor) => ng.pow(x, 3);
    const at: number[] = [];
    for (let order = 0; order < 6; order++) {
      const fn = derivative;
      at.push(values(fn(ng.tensor(0, { dtype: "float64" })))[0] as number);
      derivative = (x) => vjp(fn, [x]).vjp(ng.tensor(1, { dtype: "float64" }))[0] as Tensor;
    }
    expect(at).toEqual([0, 0, 0, 6, 0, 0]);
    for (const exponent of [0, ng.tensor([0, 0, 0])]) {
      const { vjp: pull } = vjp((x) => ng.pow(x, exponent), [ng.tensor([0, 2, -1])]);
      expect(values(pull(ng.ones([3]))[0] as Tensor).map(Math.abs)).toEqual([0, 0, 0]);
    }
  });

  it("of logSumExp are the softmax: nothing where all elements are −∞", () => {
    const rows = ng.tensor([
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, 5],
      [Number.POSITIVE_INFINITY, 5],
    ]);
    const { vjp: pull } = vjp((x) => ng.logSumExp(x, { axes: 1 }), [rows]);
    expect(values(pull(ng.ones([3]))[0] as Tensor)).toEqual([0, 0, 0, 1, Number.NaN, 0]);
  });

  it("are checked for every op that has one", () => {
    const reached = new Set<number>();
    const visit = (tensors: readonly Tensor[]) => {
      for (const node of topologicalOrder(tensors)) reached.add(node.op.id);
    };
    for (const [, fn, inputs] of Object.values(all).flat()) {
      const outer = vjp((...points) => {
        const inner = vjp(fn, points);
        visit(inner.outputs);
        return inner.vjp(...inner.outputs.map((output) => ng.onesLike(output)));
      }, inputs);
      visit(outer.outputs);
      visit(outer.vjp(...outer.outputs.map((output) => ng.onesLike(output))));
    }
    const differentiable = declaredOps().filter(
      ({ kind, vjp }) => kind !== "leaf" && (typeof vjp === "function" || vjp?.some((rule) => rule !== null)),
    );
    expect(differentiable.length).toBeGreaterThan(40);
    // Forward mode alone uses the selection of maxima: checkGradients runs it.
    const missing = differentiable.filter(({ id, name }) => !reached.has(id) && name !== "maxPool2dSelect");
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});
