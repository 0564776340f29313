import { describe, expect, it } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { setBackend } from "../../lib/index.js";
import {
  Conv2d,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  Linear,
  normal,
  uniform as uniformVariable,
  xavierNormal,
  xavierUniform,
} from "../../lib/nn/index.js";
import { values } from "../ops/support.js";
import { momentsOf } from "./support.js";

setBackend("reference");

const shape = [60, 20, 3, 3]; // fanIn 180, fanOut 540, 10,800 elements

/** Expects mean 0 and a variance, within five standard errors for values of the given excess kurtosis. */
function expectVariance(found: number[], variance: number, kurtosis: number): void {
  const moments = momentsOf(found);
  expect(Math.abs(moments.mean)).toBeLessThan(5 * Math.sqrt(variance / found.length));
  expect(Math.abs(moments.variance / variance - 1)).toBeLessThan(5 * Math.sqrt((kurtosis + 2) / found.length));
}

describe("initialisers", () => {
  const uniform = -1.2;
  it.each<[string, Initializer, number, number]>([
    ["kaimingUniform", kaimingUniform, 1 / 3 / 180, uniform],
    ["kaimingNormal", kaimingNormal, 2 / 180, 0],
    ["kaimingNormal by fanOut", (name, s, o) => kaimingNormal(name, s, { ...o, mode: "fanOut" }), 2 / 540, 0],
    ["xavierUniform", xavierUniform, 2 / 720, uniform],
    ["xavierNormal", xavierNormal, 2 / 720, 0],
    ["normal", (name, s, { seed }) => normal(name, s, 0.01, { seed }), 1e-4, 0],
  ])("%s has the variance it promises", (_, initializer, variance, kurtosis) => {
    const found = values(initializer("w", shape, { seed: 1 }));
    expectVariance(found, variance, kurtosis);
    const bound = Math.sqrt(3 * variance);
    if (kurtosis === uniform) expect(Math.max(...found.map(Math.abs))).toBeLessThanOrEqual(bound);
    else expect(Math.max(...found.map(Math.abs))).toBeGreaterThan(1.5 * bound);
  });

  it("scale with the gain", () => {
    for (const initializer of [kaimingUniform, kaimingNormal, xavierUniform, xavierNormal]) {
      const [one, three] = [1, 3].map((gain) => values(initializer("w", [4, 5], { gain, seed: 1 })));
      three?.forEach((value, i) => {
        expect(value).toBeCloseTo(3 * (one?.[i] as number), 5);
      });
    }
  });

  it("are what layers start with, each with its own seed", () => {
    const init: Initializer = (name, s, { seed }) => normal(name, s, 1e-3, { seed });
    const [a, b] = [1, 1].map((seed) => new Linear(300, 100, { initializer: init, seed }).weight);
    expectVariance(values(a as Linear["weight"]), 1e-6, 0);
    expect(values(a as Linear["weight"])).toEqual(values(b as Linear["weight"]));
    const conv = new Conv2d(20, 60, 3, { initializer: xavierNormal, gain: 2, seed: 5 });
    expectVariance(values(conv.weight), (4 * 2) / 720, 0);
    expect(Object.keys(conv.parameters())).toEqual(["weight", "bias"]);
  });

  it("refuse shapes without fans, gains that are no factors, and unknown options", () => {
    expect(() => xavierUniform("w", [5])).toThrow(
      "xavierUniform: weights must have at least 2 axes [out, in, …], got [5]",
    );
    expect(() => kaimingNormal("w", [0, 5])).toThrow("kaimingNormal: no inputs or outputs: [0, 5]");
    expect(() => kaimingNormal("w", [5, 5], { gain: 0 })).toThrow('option "gain" must be a number > 0, got 0');
    expect(() => kaimingNormal("w", [5, 5], { mode: "fan_out" as "fanOut" })).toThrow(OptionError);
    expect(() => xavierNormal("w", [5, 5], { std: 1 } as object)).toThrow(OptionError);
    expect(() => normal("w", [5, 5], Number.NaN)).toThrow("normal: std must be a finite number ≥ 0, got NaN");
    expect(() => normal("w", [5, 5], -1)).toThrow("normal: std must be a finite number ≥ 0, got -1");
    expect(() => uniformVariable("w", [5, 5], -1)).toThrow("uniform: bound must be a finite number ≥ 0, got -1");
    expect(() => new Linear(2, 2, { initializer: 0.1 as unknown as Initializer })).toThrow(
      'Linear: option "initializer" must be a function, got 0.1',
    );
  });
});
