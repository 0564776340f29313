import { describe, expect, it } from "vitest";
import { NodegradError } from "../../lib/errors.js";
import * as ng from "../../lib/index.js";

ng.setBackend("reference");

// biome-ignore lint/suspicious/noExplicitAny: the point of these calls is that types do not fit
const unchecked = ng as any;
const x = ng.tensor([1, 2]);
const f = (a: ng.Tensor) => a.square().sum();
const rest = (name: string) => (name === "jvp" ? [[x]] : []);

describe("functions that differentiate", () => {
  it.each(["vjp", "jvp", "checkGradients", "numericGradient", "traceDerivative"])(
    "%s takes a function and a list",
    (name) => {
      expect(() => unchecked[name](5, [x], ...rest(name))).toThrow(`${name}: needs a function, got 5`);
      expect(() => unchecked[name](f, x, ...rest(name))).toThrow(
        `${name}: inputs must be a list of tensors, got Tensor`,
      );
      expect(() => unchecked[name](f, [1], ...rest(name))).toThrow(`${name}: input 0 must be a tensor, got 1`);
      expect(() => unchecked[name](f, undefined, ...rest(name))).toThrow(NodegradError);
    },
  );

  it("take a direction for each input", () => {
    expect(() => unchecked.jvp(f, [x])).toThrow("jvp: tangents must be a list of tensors, got undefined");
    expect(() => unchecked.jvp(f, [x], [ng.zeros([3])])).toThrow("jvp: tangent 0 has shape [3], expected [2]");
    expect(() => unchecked.hvp(f, x, x)).toThrow("hvp: inputs must be a list of tensors, got Tensor");
    const tangents = [ng.zeros([3])];
    expect(() => ng.traceDerivative(f, [x], { tangents })).toThrow("traceDerivative: tangent 0 has shape [3]");
  });

  it("take a text as the name of each input", () => {
    for (const names of ["x", [5], []]) {
      expect(() => ng.traceDerivative(f, [x], { names: names as never })).toThrow(
        'traceDerivative: option "names" must be a list of 1 strings, got',
      );
    }
  });
});

describe("checkGradients", () => {
  it.each([
    { order: 0 },
    { order: 1.5 },
    { seed: 0.5 },
    { step: Number.POSITIVE_INFINITY },
    { tolerance: Number.POSITIVE_INFINITY },
    { tolerance: Number.NaN },
  ])("does not let everything pass by %o", (options) => {
    const [name] = Object.keys(options);
    expect(() => ng.checkGradients(f, [x], options)).toThrow(`checkGradients: option "${name}" must be`);
  });
});
