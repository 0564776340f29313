/** The promises about random numbers and about dtypes. */

import { describe, expect, it } from "vitest";
import {
  add,
  bernoulli,
  clip,
  compile,
  type DType,
  DTypeError,
  equal,
  getBackend,
  greater,
  logicalNot,
  max,
  maximum,
  min,
  minimum,
  notEqual,
  randomBits,
  randomInteger,
  randomNormal,
  randomUniform,
  realize,
  relu,
  round,
  setBackend,
  sub,
  type Tensor,
  tensor,
  variable,
} from "../../lib/index.js";
import { BACKENDS, describeOnBoth } from "./support.js";

const list = (x: Tensor) => Array.from(x.dataSync());

describeOnBoth("random numbers", () => {
  it("two draws never merge", () => {
    for (const draw of [randomUniform, randomNormal, randomBits]) {
      const [a, b] = [draw([20]), draw([20])];
      const difference = sub(a, b);
      realize(difference, a, b); // one Program, in which equal subexpressions would be computed once
      expect(list(a)).not.toEqual(list(b));
      expect(list(difference)).toContainEqual(expect.toSatisfy((value) => value !== 0));
    }
  });

  it("re-reading a node gives the same values", () => {
    const x = randomUniform([20]);
    const [doubled, plus] = [add(x, x), x.add(1)];
    const values = list(x);
    expect(list(doubled)).toEqual(values.map((value) => 2 * value));
    expect(list(plus)).toEqual(values.map((value) => Math.fround(value + 1)));
    const lazy = randomNormal([20]);
    const [above, again] = [lazy.mul(1), lazy.mul(1)];
    expect(list(above)).toEqual(list(again)); // computed twice, by two Programs
  });

  it("in compile each replay draws anew", async () => {
    const noise = compile(() => ({ a: randomUniform([20]), b: randomUniform([20]) }));
    const draws: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { a, b } = noise();
      const later = await noise.async();
      draws.push(...[a, b, later.a, later.b].map((x) => list(x).join()));
    }
    expect(new Set(draws).size).toBe(12);
    expect(noise.traces).toBe(1);
  });
});

describe("random numbers on both machines", () => {
  const count = 10_007; // whole blocks of any width, and a tail
  const draws: Record<string, (seed: number) => Tensor> = {
    bits: (seed) => randomBits([count], { seed }),
    uniform: (seed) => randomUniform([count], { seed }),
    "uniform in a range": (seed) => randomUniform([count], { seed, low: -3, high: 5 }),
    integers: (seed) => randomInteger([count], { seed, low: -7, high: 1000 }),
    bernoulli: (seed) => bernoulli([count], { seed, probability: 0.3 }),
  };
  const onEach = (make: () => Tensor) =>
    BACKENDS.map((backend) => {
      setBackend(backend);
      return make().dataSync();
    });

  it.each(Object.keys(draws))("%s are identical", (kind) => {
    for (const seed of [1, 2 ** 40]) {
      const [reference, native] = onEach(() => (draws[kind] as (seed: number) => Tensor)(seed));
      expect(native).toEqual(reference);
    }
  });

  it("normals agree to 4 ULP", () => {
    // Neighbouring floats are neighbouring integers, once the negative ones are counted down from 0.
    const ordered = (bits: number) => (bits < 0 ? -(bits & 0x7fffffff) : bits);
    for (const seed of [1, 2, 3]) {
      const [reference, native] = onEach(() => randomNormal([count], { seed })).map((values) =>
        Array.from(new Int32Array(values.slice().buffer), ordered),
      ) as [number[], number[]];
      const distances = reference.map((bits, i) => Math.abs(bits - (native[i] as number)));
      expect(Math.max(...distances)).toBeLessThanOrEqual(4);
      expect(new Set(reference).size).toBeGreaterThan(count * 0.99);
    }
  });
});

describeOnBoth("dtypes", () => {
  it("no promotion between tensors; a number takes the tensor's dtype or errors", () => {
    const [float, int, byte] = [tensor([1.5]), tensor(Int32Array.of(1)), tensor(Uint8Array.of(1))];
    for (const [a, b] of [
      [float, int],
      [int, byte],
      [byte, float],
    ] as const) {
      expect(() => a.maximum(b)).toThrow(DTypeError);
    }
    expect(int.add(2).dtype).toBe("int32");
    expect(int.add(2).item()).toBe(3);
    expect(float.add(2).dtype).toBe("float32");
    expect(() => int.add(0.5)).toThrow(DTypeError);
    expect(() => byte.maximum(256)).toThrow(DTypeError);
    expect(() => greater(tensor([true]), 2)).toThrow(DTypeError);
  });

  it("bool is one byte, 0 or 1", () => {
    const mask = tensor([3, -1, NaN]).greater(0);
    expect(mask.dtype).toBe("bool");
    expect(mask.dataSync()).toEqual(Uint8Array.of(1, 0, 0));
    expect(logicalNot(mask).dataSync()).toEqual(Uint8Array.of(0, 1, 1));
    expect(tensor([5, 0, -0.5, NaN]).cast("bool").dataSync()).toEqual(Uint8Array.of(1, 0, 1, 1));
    expect(tensor(Uint8Array.of(255, 0)).cast("bool").dataSync()).toEqual(Uint8Array.of(1, 0));
  });

  it("comparisons give bool", () => {
    const x = tensor([1, 2]);
    for (const compared of [equal(x, 1), notEqual(x, x), x.less(2), x.lessEqual(2), x.greater(2), x.greaterEqual(2)]) {
      expect(compared.dtype).toBe("bool");
    }
    expect(equal(tensor(Int32Array.of(7, 8)), 7).dataSync()).toEqual(Uint8Array.of(1, 0));
  });

  it("sums of bool and uint8 are int32", () => {
    const bools = tensor(Array.from({ length: 300 }, () => true)).sum();
    const bytes = tensor(new Uint8Array(300).fill(255)).sum();
    expect([bools.dtype, bools.item(), bytes.dtype, bytes.item()]).toEqual(["int32", 300, "int32", 76_500]);
  });

  it("int32 wraps", () => {
    const [large, small] = [2 ** 31 - 1, -(2 ** 31)];
    const x = tensor(Int32Array.of(large, small, 123_456_789));
    expect(x.add(1).dataSync()).toEqual(Int32Array.of(small, small + 1, 123_456_790));
    expect(x.sub(x.neg()).dataSync()).toEqual(Int32Array.of(-2, 0, 246_913_578));
    expect(x.mul(x).dataSync()).toEqual(Int32Array.of(1, 0, Math.imul(123_456_789, 123_456_789)));
    expect(x.neg().dataSync()).toEqual(Int32Array.of(-large, small, -123_456_789));
    expect(
      tensor(Int32Array.of(large, large, 5))
        .sum()
        .item(),
    ).toBe(3);
  });

  it("float to int truncates, saturates, and takes NaN to 0", () => {
    const x = tensor([2.9, -2.9, 300.5, 3e9, -3e9, Infinity, -Infinity, NaN, 0.99, -0.99]);
    const [large, small] = [2 ** 31 - 1, -(2 ** 31)];
    expect(list(x.cast("int32"))).toEqual([2, -2, 300, large, small, large, small, 0, 0, 0]);
    expect(list(x.cast("uint8"))).toEqual([2, 0, 255, 255, 0, 255, 0, 0, 0, 0]);
  });

  it("round is half to even", () => {
    const x = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 2.4999998, 8388607.5, 16777216];
    expect(list(round(tensor(x))).map((value) => value + 0)).toEqual([-2, -2, 0, 0, 2, 2, 4, 2, 8388608, 16777216]);
  });

  it("max, min, relu and pooling propagate NaN", () => {
    // In every lane and in the tail of any vector width.
    for (let at = 0; at < 37; at++) {
      const data = Float32Array.from({ length: 37 }, (_, i) => (i === at ? NaN : i - 18));
      const x = tensor(data);
      const nanAt = (y: Tensor) => list(y).findIndex(Number.isNaN);
      const results = [relu(x), maximum(x, 0), maximum(0, x), minimum(x, 0), minimum(0, x), clip(x, -1, 1)];
      expect(results.map(nanAt)).toEqual(results.map(() => at));
      expect([max(x).item(), min(x).item()]).toEqual([NaN, NaN]);
      const image = x.reshape([1, 1, 1, 37]);
      expect(nanAt(image.maxPool2d({ kernel: [1, 3], stride: 1, padding: [0, 1] }))).toBe(Math.max(0, at - 1));
      expect(nanAt(image.avgPool2d({ kernel: [1, 3], stride: 1, padding: [0, 1] }))).toBe(Math.max(0, at - 1));
    }
  });
});

describe("float64", () => {
  const made = () => tensor(Float64Array.of(1 / 3, 1e300));

  it("computes on the reference", () => {
    setBackend("reference");
    expect(made().mul(3).dataSync()).toEqual(Float64Array.of(1, 3e300));
    expect(tensor([0.5]).cast("float64").dtype).toBe("float64");
  });

  const runs: Record<string, () => unknown> = {
    realize: () => made().add(1).realize(),
    dataSync: () => made().sum().dataSync(),
    data: () => made().add(1).data(),
    "a cast": () => tensor([1]).cast("float64").dataSync(),
    "a random tensor": () => randomUniform([2], { dtype: "float64" }).dataSync(),
    assign: () => variable(Float64Array.of(1)).assign(2),
    compile: () => compile((x: Tensor) => x.add(1))(made()),
    "on the way only": () => tensor([1]).cast("float64").add(1).cast("float32").dataSync(),
  };

  it.each(Object.keys(runs))(
    "under native throws DTypeError when it is realised, never a fallback: %s",
    async (how) => {
      setBackend("native");
      const run = async () => (runs[how] as () => unknown)();
      await expect(run()).rejects.toThrow(DTypeError);
      await expect(run()).rejects.toThrow(/^realize: the native backend has no float64/);
      expect(getBackend().name).toBe("native");
    },
  );

  it("under native may be made, shaped and read back", () => {
    setBackend("native");
    const x = made().add(1);
    expect([x.dtype as DType, x.shape]).toEqual(["float64", [2]]);
    expect(made().dataSync()).toEqual(Float64Array.of(1 / 3, 1e300));
  });
});
