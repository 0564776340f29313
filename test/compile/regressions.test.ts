/** Graphs that once compiled to something else than they said. */

import { describe, expect, it } from "vitest";
import * as ng from "../../lib/index.js";

const values = (x: ng.Tensor) => x.toArray();

describe("the signature of a graph", () => {
  it("tells the operands of a variadic op from its attributes", () => {
    const leaves = () => Array.from({ length: 26 }, (_, i) => ng.tensor([[[[[i + 1]]]]]));
    const at = (n: ng.Tensor[], i: number) => n[i] as ng.Tensor;
    const first = leaves();
    ng.realize(
      ng.concat(first),
      ng.concat([at(first, 0), at(first, 1)], { axis: 2 }),
      at(first, 25).sum({ axes: [4], keepDims: true }),
      at(first, 1).add(at(first, 0)),
    );
    const n = leaves();
    const joined = ng.concat([at(n, 0), at(n, 1), at(n, 2)], { axis: 4 });
    ng.realize(ng.concat(n), joined, at(n, 1).neg(), at(n, 18).sum({ axes: [0], keepDims: true }));
    expect([...joined.dataSync()]).toEqual([1, 2, 3]);
  });
});

describe("equal nodes", () => {
  it("are not merged when their attributes differ only in infinity or the sign of zero", () => {
    const x = ng.tensor([1]);
    const padded = [Infinity, -Infinity].map((value) => x.pad([[1, 0]], { value }));
    expect(values(ng.concat(padded))).toEqual([Infinity, 1, -Infinity, 1]);
    const one = ng.ones([]);
    expect(values(ng.stack([one.div(0), one.neg().div(0)]))).toEqual([Infinity, -Infinity]);
    expect(values(ng.stack([ng.full([], 0).neg(), ng.full([], 0)]))).toEqual([-0, 0]);
  });
});

describe("folded constants", () => {
  it("wrap in int32", () => {
    let x = ng.full([], 2, { dtype: "int32" });
    for (let i = 0; i < 40; i++) x = x.mul(2);
    expect(x.item()).toBe(0);
  });

  it("are rounded to float32 at every operation", () => {
    const three = ng.full([], 2).add(1);
    const third = ng.div(1, three);
    const five = three.add(2);
    expect(third.mul(five).item()).toBe(Math.fround(Math.fround(1 / 3) * 5));
  });

  it("do not take −0 for the identity 0", () => {
    expect(ng.tensor(-0).sub(ng.full([], 0).neg()).item()).toBe(0);
  });
});

describe("deep and wide graphs", () => {
  it("compile without running out of stack", () => {
    let views = ng.tensor([[1, 2]]);
    for (let i = 0; i < 20_000; i++) views = views.transpose();
    expect(values(views)).toEqual([[1, 2]]);

    let sum: ng.Tensor = ng.tensor([1]);
    for (let i = 0; i < 20_000; i++) sum = sum.add(1);
    expect(sum.item()).toBe(20_001);
  });

  it("stay within the registers of an instruction", () => {
    const parts = Array.from({ length: 100 }, (_, i) => ng.tensor([i, 1]));
    expect(values(parts.reduce((a, b) => a.add(b)))).toEqual([4950, 100]);
    const scalars = Array.from({ length: 60 }, (_, i) => i + 0.25);
    const x = ng.tensor([1, 2]);
    const products = scalars.map((s) => x.mul(s));
    expect(values(products.reduceRight((a, b) => a.add(b)))).toEqual([1785, 3570]);
  });
});
