/** Immutability, numbers as scalar inputs, and the other promises about values; see also lifetimes and numbers. */

import { describe, expect, it } from "vitest";
import { encodeGraph, hashWords } from "../../lib/graph/signature.js";
import {
  arange,
  assign,
  broadcastTo,
  compile,
  concat,
  conv2d,
  full,
  gather,
  info,
  matmul,
  mul,
  OptionError,
  oneHot,
  pad,
  randomUniform,
  ShapeError,
  StaleTensorError,
  stack,
  type Tensor,
  tensor,
  tile,
  type Variable,
  variable,
  where,
  zeros,
} from "../../lib/index.js";
import { ProgramCache } from "../../lib/runtime/cache.js";
import { describeOnBoth } from "./support.js";

/** How many Programs `body` makes the machine in use compile. */
function compilations(body: () => void): number {
  const before = info().cache.compilations;
  body();
  return info().cache.compilations - before;
}

describeOnBoth("immutability", () => {
  it("tensor(array) copies", () => {
    const data = Float32Array.of(1, 2, 3);
    const shape = [3];
    const x = tensor(data, { shape });
    const v = variable(data);
    data.fill(9);
    shape[0] = 1;
    expect(x.shape).toEqual([3]);
    expect(x.dataSync()).toEqual(Float32Array.of(1, 2, 3));
    expect(v.dataSync()).toEqual(Float32Array.of(1, 2, 3));
  });

  it("dataSync() and data() return copies", async () => {
    const made = tensor([1, 2]);
    const computed = made.add(1);
    const state = variable([1, 2]);
    const moved = variable([1, 2]);
    moved.add(1).realize(); // now the machine has its memory
    for (const x of [made, computed, state, moved]) {
      const expected = x === computed ? [2, 3] : [1, 2]; // not read: it could be the memory itself
      x.dataSync().fill(7);
      (await x.data()).fill(8);
      expect(Array.from(x.dataSync())).toEqual(expected);
      expect(Array.from(x.add(0).dataSync())).toEqual(expected);
    }
  });

  it("only variables are overwritten: what was computed from one stays", () => {
    const v = variable([1, 2]);
    const before = v.mul(10).realize();
    v.assign(tensor([5, 6]));
    v.assign(v.add(before));
    expect(before.dataSync()).toEqual(Float32Array.of(10, 20));
    expect(v.dataSync()).toEqual(Float32Array.of(15, 26));
  });

  it("a lazy tensor built before assign throws StaleTensorError instead of reading new values", async () => {
    const v = variable(1, { name: "weight" });
    const lazy = v.add(1);
    const above = lazy.mul(3);
    v.assign(5);
    for (const x of [lazy, above]) {
      expect(() => x.dataSync()).toThrow(StaleTensorError);
      await expect(x.data()).rejects.toThrow(/realize: tensor was built from version 0 of variable "weight"/);
    }
    expect(() => v.assign(lazy)).toThrow(StaleTensorError);
    expect(v.item()).toBe(5);
    expect(v.add(1).item()).toBe(6);
  });

  it("a lazy tensor that was computed before assign keeps its values", () => {
    const v = variable(1);
    const read = v.add(1).realize();
    v.assign(5);
    expect(read.mul(10).item()).toBe(20);
  });
});

/** The step size at t = 1, 2, …: falls along a cosine from `rate`, and stops short of 0, a number that is hashed. */
const cosine = (t: number, steps: number, rate: number) => 0.5 * rate * (1 + Math.cos((Math.PI * (t - 1)) / steps));

describeOnBoth("scalars", () => {
  const [beta1, beta2, epsilon, steps, rate] = [0.9, 0.999, 1e-8, 100, 0.05];
  const target = [0.3, -1.2, 2.5];

  /** One step on ½‖w − target‖², as an assignment of all its variables from their old values. */
  function adam(w: Variable, m: Variable, v: Variable, t: number | Tensor, step: number | Tensor): void {
    const g = w.sub(tensor(target));
    const m1 = m.mul(beta1).add(g.mul(1 - beta1));
    const v1 = v.mul(beta2).add(g.square().mul(1 - beta2));
    const corrected = (x: Tensor, beta: number) =>
      typeof t === "number" ? x.div(1 - beta ** t) : x.div(t.mul(Math.log(beta)).expm1().neg());
    const change = corrected(m1, beta1).div(corrected(v1, beta2).sqrt().add(epsilon)).mul(step);
    assign([
      [w, w.sub(change)],
      [m, m1],
      [v, v1],
    ]);
  }

  function expected(): number[] {
    const [w, m, v] = [target.map(() => 0), target.map(() => 0), target.map(() => 0)];
    for (let t = 1; t <= steps; t++) {
      target.forEach((goal, i) => {
        const g = (w[i] as number) - goal;
        m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
        v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
        const change = (m[i] as number) / (1 - beta1 ** t) / (Math.sqrt((v[i] as number) / (1 - beta2 ** t)) + epsilon);
        w[i] = (w[i] as number) - cosine(t, steps, rate) * change;
      });
    }
    return w;
  }

  const start = () => [variable([0, 0, 0]), variable([0, 0, 0]), variable([0, 0, 0])] as const;

  function expectTrained(w: Variable): void {
    // A step rounds about 16 times, each to 2⁻²⁴ of a number below 4 or of a change of size `rate` < 1, and contracts
    // towards the target, so that errors add up at most: 100 · 16 · 2⁻²² = 4e-4.
    const want = expected();
    w.dataSync().forEach((value, i) => {
      expect(Math.abs(value - (want[i] as number))).toBeLessThan(4e-4);
    });
  }

  it("numbers are scalar inputs: 100 Adam steps with a cosine schedule are one compilation", () => {
    const [w, m, v] = start();
    const count = compilations(() => {
      for (let t = 1; t <= steps; t++) adam(w, m, v, t, cosine(t, steps, rate));
    });
    expect(count).toBe(1);
    expectTrained(w);
  });

  it("the learning rate as a variable: setting it compiles once, and so do 100 steps", () => {
    const [w, m, v] = start();
    const step = variable(0);
    step.assign(rate);
    const count = compilations(() => {
      for (let t = 1; t <= steps; t++) {
        step.assign(cosine(t, steps, rate));
        adam(w, m, v, t, step);
      }
    });
    expect(count).toBe(1);
    expectTrained(w);
  });

  it("inside compile, 100 Adam steps are one trace", () => {
    const [w, m, v] = start();
    const step = compile((t: number | Tensor, size: number | Tensor) => adam(w, m, v, t, size));
    const count = compilations(() => {
      for (let t = 1; t <= steps; t++) step(t, cosine(t, steps, rate));
    });
    expect(step.traces).toBe(1);
    expect(count).toBe(0); // a compiled function keeps its Program itself
    expectTrained(w);
  });

  it("numbers are not hashed, except −1, 0, 0.5, 1 and 2", () => {
    const x = tensor([[1, -2, 3, 4, 5]]);
    const read = (factor: number) => mul(x, factor).dataSync();
    read(3);
    const others = [4, 0.25, -2, 1e-30, Math.PI, 1.0000001, Infinity, NaN, -0];
    expect(compilations(() => others.forEach(read))).toBe(0);
    for (const factor of [-1, 0, 0.5, 1, 2]) expect(compilations(() => read(factor))).toBe(1);
    for (const factor of [3, ...others, -1, 0, 0.5, 1, 2]) {
      expect(read(factor)).toEqual(Float32Array.from([1, -2, 3, 4, 5], (value) => value * Math.fround(factor)));
    }
  });

  it("attributes of operations are hashed", () => {
    const x = tensor([[1, 2, 3, 4, 5, 6]]);
    const read = (start: number) =>
      x
        .slice([
          [0, 1],
          [start, start + 2],
        ])
        .dataSync();
    expect(compilations(() => [0, 1, 2].map(read))).toBe(3);
    expect([0, 1, 2].map((start) => Array.from(read(start)))).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  it("a number closed over by a compiled function is a constant; as an argument it varies", () => {
    let factor = 3;
    const closed = compile((x: Tensor) => x.mul(factor));
    const open = compile((x: Tensor, by: number | Tensor) => x.mul(by));
    const x = tensor([1, 10]);
    expect(closed(x).dataSync()).toEqual(Float32Array.of(3, 30));
    expect(open(x, factor).dataSync()).toEqual(Float32Array.of(3, 30));
    factor = 4;
    expect(closed(x).dataSync()).toEqual(Float32Array.of(3, 30));
    expect(open(x, factor).dataSync()).toEqual(Float32Array.of(4, 40));
    expect(open(x, 1).dataSync()).toEqual(Float32Array.of(1, 10));
    expect([closed.traces, open.traces]).toEqual([1, 1]);
  });
});

describeOnBoth("control flow", () => {
  it("value-dependent branches realise", () => {
    const choose = (x: Tensor) => (x.sum().item() > 0 ? x.mul(10) : x.neg());
    expect(choose(tensor([1, 2])).dataSync()).toEqual(Float32Array.of(10, 20));
    expect(choose(tensor([-1, -2])).dataSync()).toEqual(Float32Array.of(1, 2));
  });

  it("reading values inside compile throws OptionError, whatever is read", async () => {
    const v = variable([1, 2], { name: "v" });
    const readers: Record<string, (x: Tensor) => unknown> = {
      item: (x) => x.sum().item(),
      dataSync: (x) => x.dataSync(),
      toArray: (x) => x.toArray(),
      realize: (x) => x.add(1).realize(),
      "a variable": () => v.dataSync(),
      "a variable just assigned": (x) => {
        v.assign(x);
        return v.dataSync();
      },
    };
    for (const [what, read] of Object.entries(readers)) {
      const f = compile(function branching(x: Tensor) {
        read(x);
        return x;
      });
      const message = 'realize: values do not exist while "branching" is being compiled';
      expect(() => f(tensor([3, 4])), what).toThrow(OptionError);
      expect(() => f(tensor([3, 4])), what).toThrow(message);
      await expect(f.async(tensor([3, 4])), what).rejects.toThrow(message);
    }
    expect(v.dataSync()).toEqual(Float32Array.of(1, 2));
  });

  it("sequences unroll", () => {
    const powers = compile((x: Tensor) => {
      let power = x;
      const all = [power];
      for (let i = 0; i < 5; i++) {
        power = power.mul(x);
        all.push(power);
      }
      return stack(all);
    });
    expect(powers(tensor(2)).dataSync()).toEqual(Float32Array.of(2, 4, 8, 16, 32, 64));
  });

  it("hash hits are confirmed structurally: two graphs of one hash are two Programs", () => {
    const x = tensor(Int32Array.of(1, 2, 3, 4));
    const padded = (before: number, value: number) => pad(x, [[before, 3 - before]], { value });
    const signature = (y: Tensor) => encodeGraph({ roots: [y], updates: [] }).words.slice();
    // The background of the padding is the last word in which the two differ: choose the second one's so that the
    // hashes meet there.
    const first = padded(1, 77_777_777);
    const [a, b] = [signature(first), signature(padded(2, 77_777_777))];
    const at = a.indexOf(77_777_777);
    const value = hashWords(a.subarray(0, at)) ^ 77_777_777 ^ hashWords(b.subarray(0, at));
    const second = padded(2, value);
    expect(hashWords(signature(second))).toBe(hashWords(a));
    expect(signature(second)).not.toEqual(a);
    const count = compilations(() => {
      expect(first.dataSync()).toEqual(Int32Array.of(77_777_777, 1, 2, 3, 4, 77_777_777, 77_777_777));
      expect(second.dataSync()).toEqual(Int32Array.of(value, value, 1, 2, 3, 4, value));
    });
    expect(count).toBe(2);
    expect(compilations(() => padded(2, value).dataSync())).toBe(0);
    expect(compilations(() => padded(1, 77_777_777).dataSync())).toBe(0);
  });
});

describe("the Program cache", () => {
  const executable = (name: string) => {
    const disposed: string[] = [];
    const memory = () => ({ temporaries: 0, workspace: 0, constants: 0 });
    return {
      disposed,
      run() {},
      submit: () => ({ done: Promise.resolve(), wait() {} }),
      memory,
      dispose: () => disposed.push(name),
    };
  };

  it("drops the least recently used Programs beyond its limit, and disposes them", () => {
    const cache = new ProgramCache(100);
    const [a, b, c] = [executable("a"), executable("b"), executable("c")];
    const get = (word: number, made: ReturnType<typeof executable>) =>
      cache.get(Int32Array.of(word), () => ({ executable: made, bytes: 40 }));
    get(1, a);
    get(2, b);
    expect(get(1, a)).toBe(a);
    get(3, c);
    expect([a, b, c].map(({ disposed }) => disposed.length)).toEqual([0, 1, 0]);
    expect(cache.size).toEqual({ programs: 2, bytes: 88 });
    expect(get(1, b)).toBe(a);
  });

  it("keeps a Program that alone is beyond the limit, until the next", () => {
    const cache = new ProgramCache(10);
    const large = executable("large");
    const get = (word: number) => cache.get(Int32Array.of(word), () => ({ executable: large, bytes: 40 }));
    get(1);
    get(1);
    expect([cache.compilations, cache.hits, large.disposed.length]).toEqual([1, 1, 0]);
  });
});

describe("sizes", () => {
  const [half, row, column] = [2 ** 30, zeros([2 ** 15]), zeros([2 ** 16, 1])];

  it("up to 2³¹ − 1 elements there is a tensor", () => {
    expect(zeros([2 ** 31 - 1]).size).toBe(2 ** 31 - 1);
    expect(broadcastTo(zeros([1]), [1, 2 ** 31 - 1]).size).toBe(2 ** 31 - 1);
  });

  it.each<[string, () => unknown]>([
    ["zeros", () => zeros([2 ** 31])],
    ["full", () => full([2 ** 16, 2 ** 15], 3)],
    ["tensor", () => tensor([1], { shape: [2 ** 31] })],
    ["arange", () => arange(2 ** 31)],
    ["randomUniform", () => randomUniform([2 ** 20, 2 ** 20])],
    ["add", () => column.add(row)],
    ["where", () => where(column.greater(0), row, 1)],
    ["matmul", () => matmul(column, zeros([1, 2 ** 15]))],
    ["broadcastTo", () => broadcastTo(zeros([half]), [2, half])],
    ["concat", () => concat([zeros([half]), zeros([half])])],
    ["stack", () => stack([zeros([half]), zeros([half])])],
    ["tile", () => tile(zeros([half]), [2])],
    ["pad", () => pad(zeros([half]), [[0, half]])],
    ["gather", () => gather(zeros([2 ** 16, 2]), zeros([2 ** 15], { dtype: "int32" }), { axis: 1 })],
    ["oneHot", () => oneHot(zeros([2 ** 16], { dtype: "int32" }), 2 ** 15)],
    ["conv2d", () => conv2d(zeros([1, 1, 2 ** 15, 2 ** 15]), zeros([2, 1, 1, 1]))],
  ])("beyond, %s throws ShapeError at construction", (_, make) => {
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(/too many elements: \[.*\] \(\d+ > 2³¹ − 1\)/);
  });
});
