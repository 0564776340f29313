import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { compile, ones, setBackend, setSeed, type Tensor, tensor } from "../../lib/index.js";
import { Dropout, StochasticDepth } from "../../lib/nn/index.js";
import { values } from "../ops/support.js";

setBackend("reference");

describe("Dropout", () => {
  it("zeroes elements at the rate and scales the others up while training", () => {
    setSeed(1);
    const y = values(new Dropout(0.2).forward(ones([10_000])));
    expect(new Set(y)).toEqual(new Set([0, Math.fround(1.25)]));
    // The standard deviation of the count is √(10,000·0.2·0.8) = 40.
    expect(Math.abs(y.filter((value) => value === 0).length - 2000)).toBeLessThan(5 * 40);
  });

  it("passes x through in evaluation, and at rate 0", () => {
    const x = ones([5]);
    expect(new Dropout(0.5).eval().forward(x)).toBe(x);
    expect(values(new Dropout(0).forward(x))).toEqual([1, 1, 1, 1, 1]);
  });

  it("differs from call to call, compiled too, unless it has a seed", () => {
    const [free, seeded] = [new Dropout(), new Dropout(0.5, { seed: 3 })];
    const [x, draw] = [ones([64]), compile((x: Tensor) => [free.forward(x), seeded.forward(x)] as const)];
    const [first, second] = [draw(x), draw(x)];
    expect(values(first[0])).not.toEqual(values(second[0]));
    expect(values(first[1])).toEqual(values(second[1]));
    expect(values(free.forward(x))).not.toEqual(values(free.forward(x)));
    expect(values(seeded.forward(x))).toEqual(values(first[1]));
  });

  it("keeps the mode that a compiled function was traced in", () => {
    const layer = new Dropout(0.5);
    const draw = compile((x: Tensor) => layer.forward(x));
    draw(ones([64]));
    layer.eval();
    expect(values(draw(ones([64])))).toContain(0);
    expect(values(compile((x: Tensor) => layer.forward(x).add(0))(ones([64])))).not.toContain(0);
  });

  it("refuses rates outside [0, 1)", () => {
    expect(() => new Dropout(1)).toThrow('Dropout: option "rate" must be in [0, 1), got 1');
    expect(() => new Dropout(-0.1)).toThrow(OptionError);
    expect(() => new Dropout(Number.NaN)).toThrow(OptionError);
    expect(() => new Dropout(0.5, { seed: -1 })).toThrow(OptionError);
    expect(() => new Dropout(0.5, { rate: 0.1 } as object)).toThrow("unknown option");
  });
});

describe("StochasticDepth", () => {
  it("drops whole examples", () => {
    setSeed(2);
    const layer = new StochasticDepth(0.25);
    const y = values(layer.forward(ones([4000, 3])));
    const examples = Array.from({ length: 4000 }, (_, i) => y.slice(3 * i, 3 * i + 3));
    const scale = Math.fround(1 / 0.75);
    for (const example of examples) expect(example).toEqual(new Array(3).fill(example[0] === 0 ? 0 : scale));
    const dropped = examples.filter(([value]) => value === 0).length;
    expect(Math.abs(dropped - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75));
  });

  it("passes x through in evaluation, and refuses scalars and impossible rates", () => {
    const x = ones([2, 2]);
    expect(new StochasticDepth(0.5).eval().forward(x)).toBe(x);
    expect(() => new StochasticDepth(0.5).forward(tensor(1))).toThrow(ShapeError);
    expect(() => new StochasticDepth(1)).toThrow('StochasticDepth: option "rate" must be in [0, 1), got 1');
  });
});
