import { describe, expect, it } from "vitest";
import { DTypeError, OptionError } from "../../lib/errors.js";
import { encodeGraph } from "../../lib/graph/signature.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import {
  add,
  bernoulli,
  randomBits,
  randomInteger,
  randomNormal,
  randomState,
  randomUniform,
  setRandomState,
  setSeed,
  tensor,
  withRandomKey,
} from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { compile } from "../../lib/runtime/compile-function.js";
import { values } from "./support.js";

setBackend("reference");

const average = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;

describe("distributions", () => {
  it("uniform: within the range, with its moments", () => {
    const x = values(randomUniform([10_000], { low: -2, high: 4, seed: 1 }));
    expect(Math.min(...x)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...x)).toBeLessThan(4);
    // Standard errors: 6/√12/100 = 0.017 of the mean, 36·√(1/180)/100 = 0.027 of the variance; five of them.
    expect(Math.abs(average(x) - 1)).toBeLessThan(0.087);
    expect(Math.abs(average(x.map((v) => (v - 1) ** 2)) - 3)).toBeLessThan(0.135);
  });

  it("normal: with its moments and tails", () => {
    const x = values(randomNormal([10_000], { mean: 3, std: 2, seed: 2 })).map((v) => (v - 3) / 2);
    // Standard errors 0.01, √2/100 and √6/100 of the first three moments; five of them.
    expect(Math.abs(average(x))).toBeLessThan(0.05);
    expect(Math.abs(average(x.map((v) => v * v)) - 1)).toBeLessThan(0.071);
    expect(Math.abs(average(x.map((v) => v ** 3)))).toBeLessThan(0.2);
    // 45.5 of 1,000 lie beyond 2: binomial with standard deviation 20.8; five of them.
    expect(Math.abs(x.filter((v) => Math.abs(v) > 2).length - 455)).toBeLessThan(105);
  });

  it("integer: every value equally often, within the range", () => {
    const counts = new Map<number, number>();
    const x = randomInteger([70_000], { low: -3, high: 4, seed: 3 });
    expect(x.dtype).toBe("int32");
    for (const value of values(x)) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    // Binomial: 10,000 expected, standard deviation 93; five of them.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(465);
  });

  it("bernoulli: true as often as asked", () => {
    const x = bernoulli([10_000], { probability: 0.3, seed: 4 });
    expect(x.dtype).toBe("bool");
    // Standard deviation √(0.21/10⁴) = 0.0046; five of them.
    expect(Math.abs(average(values(x)) - 0.3)).toBeLessThan(0.023);
    expect(average(values(bernoulli([1000], { probability: 0 })))).toBe(0);
    expect(average(values(bernoulli([1000], { probability: 1 })))).toBe(1);
  });

  it("bits: every bit of the word is used", () => {
    const x = values(randomBits([1000], { seed: 5 }));
    for (let bit = 0; bit < 32; bit++) {
      const set = x.filter((word) => (word >>> bit) & 1).length;
      // Binomial: 500 expected, standard deviation 16; five of them.
      expect(Math.abs(set - 500)).toBeLessThan(80);
    }
  });

  it("float64 holds the same numbers", () => {
    const [single, double] = [randomUniform([9], { seed: 6 }), randomUniform([9], { seed: 6, dtype: "float64" })];
    expect(values(double)).toEqual(values(single));
  });
});

describe("draws", () => {
  it("differ from each other, and each has one value", () => {
    const [a, b] = [randomUniform([50]), randomUniform([50])];
    expect(values(a)).not.toEqual(values(b));
    const [x, y] = [randomUniform([50]), randomUniform([50])];
    expect(values(add(x, x))).toEqual(values(x).map((v) => 2 * v));
    expect(values(add(x, y))).not.toEqual(values(add(x, x)));
  });

  it("start anew with the seed", () => {
    setSeed(42);
    const once = [values(randomNormal([5])), values(randomNormal([5]))];
    setSeed(42);
    expect([values(randomNormal([5])), values(randomNormal([5]))]).toEqual(once);
    setSeed(43);
    expect(values(randomNormal([5]))).not.toEqual(once[0]);
    expect(once[0]).not.toEqual(once[1]);
  });

  it("go on from a state that was kept", () => {
    randomUniform([5]);
    const state = randomState();
    const next = [values(randomUniform([5])), values(randomNormal([5]))];
    setSeed(7);
    setRandomState(JSON.parse(JSON.stringify(state)));
    expect([values(randomUniform([5])), values(randomNormal([5]))]).toEqual(next);
  });

  it("with a key depend on it and on their order", () => {
    const pair = (a: number, b: number) =>
      withRandomKey(tensor(Int32Array.of(a, b)), () => [values(randomUniform([5])), values(randomUniform([5]))]);
    const once = pair(3, 4);
    randomUniform([5]);
    expect(pair(3, 4)).toEqual(once);
    expect(new Set([once, pair(3, 5), pair(4, 4)].flat().map(String)).size).toBe(6);
    const nested = withRandomKey(tensor(Int32Array.of(3, 4)), () => [
      values(randomUniform([5])),
      pair(4, 4),
      values(randomUniform([5])),
    ]);
    expect(nested).toEqual([once[0], pair(4, 4), once[1]]);
  });

  it("with a seed of their own depend on that alone", () => {
    const a = values(randomUniform([5], { seed: 9 }));
    setSeed(9);
    expect(values(randomUniform([5]))).not.toEqual(a);
    expect(values(randomUniform([5], { seed: 9 }))).toEqual(a);
    const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1];
    const firsts = new Set(seeds.map((seed) => values(randomBits([1], { seed }))[0]));
    expect(firsts.size).toBe(seeds.length);
  });

  it("of one kind and shape have one signature", () => {
    const signature = (x: Tensor) => Array.from(encodeGraph({ roots: [x], updates: [] }).words);
    expect(signature(randomUniform([3]))).toEqual(signature(randomUniform([3])));
    expect(signature(randomUniform([3]))).not.toEqual(signature(randomNormal([3])));
  });
});

describe("draws in a compiled function", () => {
  const draw = () =>
    compile((x: Tensor) => {
      const [first, second] = [randomUniform([20]), randomUniform([20])];
      return { first: add(first, x), second: add(second, x) };
    });

  it("differ from call to call and from each other", () => {
    const noisy = draw();
    const seen = new Set<string>();
    for (let call = 0; call < 5; call++) {
      const { first, second } = noisy(tensor(0));
      seen.add(values(first).join()).add(values(second).join());
    }
    expect(seen.size).toBe(10);
    expect(noisy.traces).toBe(1);
  });

  it("start anew with the seed, and differ between functions", () => {
    setSeed(1);
    const [f, g] = [draw(), draw()];
    const a = values(f(tensor(0)).first);
    const b = values(g(tensor(0)).first);
    const again = values(f(tensor(0)).first);
    expect(new Set([a, b, again].map(String)).size).toBe(3);
    setSeed(1);
    const [h] = [draw()];
    expect(values(h(tensor(0)).first)).toEqual(a);
    expect(values(h(tensor(0)).first)).toEqual(again);
  });

  it("with a key among the arguments are a function of it", () => {
    const key = (step: number) => tensor(Int32Array.of(6, step));
    const f = compile((k: Tensor) => withRandomKey(k, () => add(randomUniform([20]), randomUniform([20]))));
    const [first, second] = [values(f(key(0))), values(f(key(1)))];
    expect(first).not.toEqual(second);
    expect(values(f(key(0)))).toEqual(first);
    expect(values(withRandomKey(key(1), () => add(randomUniform([20]), randomUniform([20]))))).toEqual(second);
    expect(f.traces).toBe(1);
  });

  it("keep to their own key where the caller has set one", () => {
    const f = compile((x: Tensor) => add(x, randomUniform([20])));
    const call = () => withRandomKey(tensor(Int32Array.of(1, 1)), () => values(f(tensor(0))));
    expect(call()).not.toEqual(call());
  });

  it("with a seed are the same in every call", () => {
    const f = compile((x: Tensor) => add(x, randomUniform([4], { seed: 8 })));
    const expected = values(randomUniform([4], { seed: 8 }));
    expect(values(f(tensor(0)))).toEqual(expected);
    expect(values(f(tensor(0)))).toEqual(expected);
  });
});

describe("random tensors", () => {
  it("name what is wrong", () => {
    const seed = "seed must be an integer in [0, 2⁵³), got";
    expect(() => setSeed(-1)).toThrow(new OptionError(`setSeed: ${seed} -1`));
    expect(() => randomUniform([2], { seed: 0.5 })).toThrow(new OptionError(`randomUniform: ${seed} 0.5`));
    expect(() => randomNormal([2], { std: NaN })).toThrow(
      new OptionError('randomNormal: option "std" must be a finite number, got NaN'),
    );
    expect(() => randomNormal([2], { std: -1 })).toThrow('randomNormal: option "std" must be a number ≥ 0, got -1');
    expect(() => randomNormal([2], { stddev: 1 } as never)).toThrow('unknown option "stddev"; did you mean "std"?');
    expect(() => randomUniform([2], { dtype: "int32" })).toThrow(
      new DTypeError("randomUniform: dtype must be float32 or float64, got int32"),
    );
    expect(() => bernoulli([2], { probability: 2 })).toThrow(
      new OptionError('bernoulli: option "probability" must be in [0, 1], got 2'),
    );
    expect(() => randomInteger([2], { low: 5, high: 5 })).toThrow(
      new OptionError("randomInteger: low and high must be int32 with low < high ≤ low + 2²⁴, got 5 and 5"),
    );
    const key = "key must be an int32 tensor of shape [2], got";
    expect(() => withRandomKey(tensor([1, 2]), () => 0)).toThrow(new OptionError(`withRandomKey: ${key} Tensor`));
    expect(() => withRandomKey(undefined as never, () => 0)).toThrow(`${key} undefined`);
    expect(() => setRandomState([1, 0.5])).toThrow("setRandomState: needs what randomState() gives, two int32, got");
    expect(() => setRandomState([1] as never)).toThrow(OptionError);
    expect(() => randomUniform(3 as never)).toThrow("randomUniform: shape must be an array of integers, got 3");
  });
});
