/** Gradients of variables that are shared, assigned and read in between. */

import { describe, expect, it } from "vitest";
import * as ng from "../../lib/index.js";

describe("backward", () => {
  it("leaves alone what needs no gradient, so that losses may share it", () => {
    const w = ng.variable([1, 1]);
    const x = ng.tensor([2, 4]).div(2);
    for (let i = 0; i < 3; i++) w.mul(x).sum().backward();
    expect(w.grad?.toArray()).toEqual([3, 6]);
  });

  it("ends at the value a compiled function has assigned, whatever it is made of", () => {
    const v = ng.variable([1]);
    const gradient = ng.compile((x: ng.Tensor) => {
      v.assign(x);
      v.mul(v).sum().backward();
      return v.grad as ng.Tensor;
    });
    expect(gradient(ng.tensor([5])).toArray()).toEqual([10]);
    expect(v.toArray()).toEqual([5]);
  });

  it("reaches the variable through each of the values it had while tracing", () => {
    const v = ng.variable([3]);
    const gradient = ng.compile((x: ng.Tensor) => {
      v.assign(x);
      const loss = v.square().sum();
      v.assign(x.mul(2));
      loss.backward();
      return v.grad as ng.Tensor;
    });
    expect(gradient(ng.tensor([4])).toArray()).toEqual([8]);
  });
});

describe("assign", () => {
  it("refuses a variable named twice", () => {
    const v = ng.variable([1]);
    const twice = () =>
      ng.assign([
        [v, v.add(1)],
        [v, v.mul(10)],
      ]);
    expect(twice).toThrow(new ng.OptionError(`assign: variable ${JSON.stringify(v.name)} is named twice`));
    expect(v.toArray()).toEqual([1]);
  });
});

describe("vjp", () => {
  it("hands out values, not variables", () => {
    const v = ng.variable([1]);
    const [cotangent] = ng.vjp((x) => x, [ng.tensor([2])]).vjp(v);
    expect(cotangent).not.toBeInstanceOf(ng.Variable);
  });
});

describe("functions that read values while they are differentiated", () => {
  const chosen = (x: ng.Tensor) => {
    const y = x.square();
    return y.sum().item() > 10 ? y.mul(3).sum() : y.sum();
  };

  it("keep their derivative", () => {
    expect(
      ng
        .grad(chosen)(ng.tensor([3, 1]))
        .toArray(),
    ).toEqual([6, 2]);
    expect(
      ng
        .grad(chosen)(ng.tensor([3, 2]))
        .toArray(),
    ).toEqual([18, 12]);
    expect(ng.jvp(chosen, [ng.tensor([3, 2])], [ng.tensor([1, 0])]).tangents[0]?.item()).toBe(18);
    const pull = ng.vjp(chosen, [ng.tensor([3, 2])]);
    expect(pull.outputs[0]?.item()).toBe(39);
    expect(pull.vjp(ng.tensor(1))[0]?.toArray()).toEqual([18, 12]);
    expect(
      ng
        .grad((x: ng.Tensor) => ng.grad(chosen)(x).sum())(ng.tensor([3, 2]))
        .toArray(),
    ).toEqual([6, 6]);
  });

  it("let go of what they computed", () => {
    let kept: ng.Tensor | undefined;
    ng.grad((x: ng.Tensor) => {
      kept = x.square();
      kept.realize();
      return kept.sum();
    })(ng.tensor([1]));
    expect(kept?.inputs).toEqual([]);
  });
});
