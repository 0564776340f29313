import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import {
  assign,
  compile,
  DTypeError,
  flip,
  IndexError,
  OptionError,
  randomNormal,
  ShapeError,
  StaleTensorError,
  setBackend,
  type Tensor,
  tensor,
  transpose,
  variable,
  zeros,
} from "../../lib/index.js";
import { BACKENDS, describeOnBoth, dist } from "./support.js";

const float = (...values: number[]) => Float32Array.from(values);

describeOnBoth("a compiled function", () => {
  it("gives what the function gives", () => {
    const fn = (x: Tensor, y: Tensor) => x.matmul(y).add(1).relu().sum({ axes: 1 });
    const [x, y] = [randomNormal([5, 7], { seed: 1 }), randomNormal([7, 3], { seed: 2 })];
    const f = compile(fn);
    const expected = fn(x, y).dataSync();
    expect(f(x, y).dataSync()).toEqual(expected);
    expect(f(x, y).dataSync()).toEqual(expected);
  });

  it("is traced once per signature: shapes, dtypes, count and form of arguments", () => {
    let calls = 0;
    const f = compile((...xs: (Tensor | number)[]) => {
      calls++;
      return xs.map((x) => (x as Tensor).cast("float32").mul(2));
    });
    const variants: (Tensor | number)[][] = [
      [tensor([1, 2])],
      [tensor([1, 2, 3])],
      [tensor([[1, 2]])],
      [tensor(1)],
      [tensor(Int32Array.of(1, 2))],
      [1],
      [tensor([1, 2]), 1],
      [1, tensor([1, 2])],
      [],
    ];
    for (let round = 1; round <= 3; round++) {
      for (const args of variants) f(...args);
      expect([calls, f.traces]).toEqual([variants.length, variants.length]);
    }
    expect(f(tensor([5, 6]), 4).map((x) => x.dataSync())).toEqual([float(10, 12), float(8)]);
  });

  it("is traced anew on another machine", () => {
    const v = variable([1, 2]);
    const f = compile((x: Tensor) => {
      v.assign(v.add(x));
      return v.mul(10);
    });
    const results = [...BACKENDS, ...BACKENDS].map((backend) => {
      setBackend(backend);
      return f(tensor([1, 1])).dataSync();
    });
    expect(results).toEqual([float(20, 30), float(30, 40), float(40, 50), float(50, 60)]);
    expect(f.traces).toBe(2);
  });

  it("takes trees as arguments and gives trees as results", () => {
    const f = compile(({ a, list }: { a: Tensor; list: readonly [Tensor, { b: Tensor | number }] }) => ({
      sum: a.add(list[0]),
      rest: [list[0].mul(list[1].b), "text", null, 7] as const,
    }));
    const call = (b: Tensor | number) => f({ a: tensor([1, 2]), list: [tensor([3, 4]), { b }] });
    const { sum, rest } = call(10);
    expect(sum.dataSync()).toEqual(float(4, 6));
    expect(rest[0].dataSync()).toEqual(float(30, 40));
    expect(rest.slice(1)).toEqual(["text", null, 7]);
    expect(call(20).rest[0].dataSync()).toEqual(float(60, 80));
    expect(f.traces).toBe(1);
    expect(call(tensor(5)).rest[0].dataSync()).toEqual(float(15, 20));
    expect(f.traces).toBe(2);
  });

  it("keeps what is neither tensor nor number as part of the signature", () => {
    const f = compile((x: Tensor, how: unknown) => x.mul(how === "double" || how === true ? 2 : 3));
    const x = tensor([1]);
    expect(f(x, "double").item()).toBe(2);
    expect(f(x, "triple").item()).toBe(3);
    expect(f(x, true).item()).toBe(2);
    expect(f(x, "true").item()).toBe(3);
    expect(f(x, undefined).item()).toBe(3);
    expect(f(x, null).item()).toBe(3);
    expect(f.traces).toBe(6);
    expect(f(x, "double").item()).toBe(2);
    expect(f.traces).toBe(6);
  });

  it("tells strings apart that read alike in a list", () => {
    const f = compile((x: Tensor, names: readonly string[]) => x.mul(names.length + 2));
    const x = tensor([1]);
    const lists = [["a", "b"], ['a","b'], ["a,b"], ["a", "string b"], ["a,string b"], []];
    expect(lists.map((names) => f(x, names).item())).toEqual(lists.map(({ length }) => length + 2));
  });

  it("forgets the signature used least recently when there are more than 64", () => {
    const f = compile((x: Tensor) => x.add(1));
    const call = (length: number) => expect(f(zeros([length])).size).toBe(length);
    for (let length = 1; length <= 64; length++) call(length);
    call(1);
    expect(f.traces).toBe(64);
    call(65);
    call(1);
    expect(f.traces).toBe(65);
    call(2);
    expect(f.traces).toBe(66);
  });

  it("tells what memory a call takes", () => {
    const w = variable(zeros([8, 8]));
    const f = compile((x: Tensor) => {
      w.assign(w.add(1));
      return x.matmul(x).exp().sum();
    });
    const small = f.memory(zeros([8, 8]));
    expect([small.inputs, small.outputs, small.states]).toEqual([256, 4, 256]);
    expect(small.temporaries).toBeGreaterThanOrEqual(256);
    const { total, ...parts } = small;
    expect(total).toBe(Object.values(parts).reduce((a, b) => a + b));
    expect(f.memory(zeros([64, 64])).temporaries).toBeGreaterThanOrEqual(64 * 64 * 4);
    expect(f.memory(zeros([8, 8]))).toEqual(small);
    expect([f.traces, w.dataSync()]).toEqual([2, new Float32Array(64)]);
  });

  it("tells objects other than trees apart by identity", () => {
    class Settings {
      constructor(readonly factor: number) {}
    }
    const f = compile((x: Tensor, settings: Settings) => x.mul(settings.factor));
    const [a, b] = [new Settings(3), new Settings(4)];
    expect([a, b, a, b].map((settings) => f(tensor([1]), settings).item())).toEqual([3, 4, 3, 4]);
    expect(f.traces).toBe(2);
  });

  it("takes lazy tensors and computes them first", () => {
    const f = compile((x: Tensor) => x.mul(2));
    const lazy = tensor([1, 2]).add(1);
    expect(f(lazy).dataSync()).toEqual(float(4, 6));
  });

  it("becomes part of a compiled function that calls it", () => {
    const v = variable(1);
    const inner = compile((x: Tensor | number) => {
      v.assign(v.add(x));
      return v.mul(10);
    });
    const outer = compile((x: Tensor) => inner(x).add(inner(2)));
    expect(outer(tensor(3)).item()).toBe(40 + 60);
    expect(outer(tensor(1)).item()).toBe(70 + 90);
    expect([v.item(), inner.traces]).toEqual([9, 0]);
  });

  it("gives results of their own: arguments, variables and one tensor twice", () => {
    const v = variable([1, 2]);
    const f = compile((x: Tensor) => {
      const y = x.add(1);
      return { x, v, y, again: y, view: y.reshape([2, 1]) };
    });
    const x = tensor([3, 4]);
    const result = f(x);
    x.dispose();
    v.assign(0);
    expect([result.x, result.v].map((t) => t.dataSync())).toEqual([float(3, 4), float(1, 2)]);
    result.y.dispose();
    expect([result.again, result.view].map((t) => t.dataSync())).toEqual([float(4, 5), float(4, 5)]);
    expect(f(tensor([0, 0])).v.dataSync()).toEqual(float(0, 0));
  });

  it("names what it cannot be made of", () => {
    expect(() => compile(3 as never)).toThrow(new OptionError("compile: needs a function, got 3"));
    const late = compile(async (x: Tensor) => x.dataSync());
    expect(() => late(tensor([1]))).toThrow('compile: "(anonymous)" is asynchronous');
    expect(late.traces).toBe(0);
  });

  it("an error while it is traced passes through, and the next call traces again", () => {
    let broken = true;
    const w = variable([1, 2]);
    const f = compile((x: Tensor) => {
      w.assign(w.add(1));
      if (broken) throw new RangeError("mine");
      return x.add(tensor([1, 2]));
    });
    expect(() => f(tensor([1, 1]))).toThrow(new RangeError("mine"));
    expect(w.dataSync()).toEqual(float(1, 2));
    broken = false;
    expect(() => f(tensor([1, 2, 3]))).toThrow(ShapeError);
    expect(f(tensor([1, 1])).dataSync()).toEqual(float(2, 3));
    expect(w.dataSync()).toEqual(float(2, 3));
    expect(f.traces).toBe(1);
  });

  it("a tensor that leaves it otherwise than as a result has no values", () => {
    const kept: Tensor[] = [];
    const f = compile((x: Tensor) => {
      kept.push(x, x.add(1));
      return x;
    });
    f(tensor([1]));
    const message = "realize: a tensor made while a function was compiled has no values";
    for (const x of kept) {
      expect(() => x.dataSync()).toThrow(OptionError);
      expect(() => x.mul(2).item()).toThrow(message);
      expect(() => compile(() => x.mul(2))()).toThrow(message);
    }
  });
});

describeOnBoth("variables in a compiled function", () => {
  it("are updated in place", () => {
    const v = variable([1, 2]);
    const f = compile((x: Tensor) => v.assign(v.mul(2).add(x)));
    f(tensor([1, 0]));
    f(tensor([1, 0]));
    expect(v.dataSync()).toEqual(float(7, 8));
    v.assign(1); // from outside, between calls
    f(tensor([0, 5]));
    expect(v.dataSync()).toEqual(float(2, 7));
    expect(f.traces).toBe(1);
  });

  it("read as assigned further down in the function", () => {
    const v = variable([1, 2]);
    const f = compile(() => {
      const before = v.mul(1);
      v.assign(v.add(1));
      const between = v.mul(1);
      v.assign(v.mul(10));
      return [before, between, v];
    });
    expect(f().map((x) => x.dataSync())).toEqual([float(1, 2), float(2, 3), float(20, 30)]);
    expect(f().map((x) => x.dataSync())).toEqual([float(20, 30), float(21, 31), float(210, 310)]);
  });

  // Long enough for several blocks and threads: an overwrite that comes too early would be seen. All sums are integers
  // below 2²⁴, exact in any order.
  const length = 30_000;
  const ramp = (start: number) => Float32Array.from({ length }, (_, i) => start + (i % 1000));

  it.each(["compiled", "eager"])("assign replaces several from their old values: swap, %s", (how) => {
    const [a, b, c] = [variable(ramp(0)), variable(ramp(1)), variable(ramp(2))];
    const rotate = () =>
      assign([
        [a, b],
        [b, c],
        [c, a.add(b)],
      ]);
    const run = how === "compiled" ? compile(rotate) : rotate;
    run();
    const sum = ramp(0).map((value) => 2 * value + 1);
    expect([a, b, c].map((v) => v.dataSync())).toEqual([ramp(1), ramp(2), sum]);
    run();
    expect([a, b].map((v) => v.dataSync())).toEqual([ramp(2), sum]);
  });

  it("an update whose old value is still read by others comes after them", () => {
    const [a, b] = [variable(ramp(0)), variable(ramp(5))];
    const f = compile(() => {
      const old = a.mul(3);
      const sum = a.sum();
      a.assign(a.add(1));
      b.assign(b.add(old));
      return { old, sum, flipped: flip(old), now: a.mul(1) };
    });
    for (let call = 0; call < 3; call++) {
      const { old, sum, flipped, now } = f();
      const expected = ramp(call).map((value) => 3 * value);
      expect(old.dataSync()).toEqual(expected);
      expect(sum.item()).toBe(30 * (499_500 + 1000 * call));
      expect(flipped.dataSync()).toEqual(expected.slice().reverse());
      expect(now.dataSync()).toEqual(ramp(call + 1));
    }
    expect(b.dataSync()).toEqual(ramp(5).map((value, i) => value + 9 * (i % 1000) + 9));
  });

  it.each(["compiled", "eager"])("an update may read its own old value in another order, %s", (how) => {
    const side = 150;
    const values = Float32Array.from({ length: side * side }, (_, i) => (i * 7) % 31);
    const at = (data: Float32Array, i: number, j: number) => data[i * side + j] as number;
    const make = (of: (i: number, j: number) => number) =>
      Float32Array.from({ length: side * side }, (_, k) => of(Math.floor(k / side), k % side));
    const updates: Record<string, [(v: Tensor) => Tensor, (i: number, j: number) => number]> = {
      transpose: [(v) => transpose(v), (i, j) => at(values, j, i)],
      "plus transpose": [(v) => v.add(transpose(v)), (i, j) => at(values, i, j) + at(values, j, i)],
      flip: [(v) => flip(v), (i, j) => at(values, side - 1 - i, side - 1 - j)],
      "minus its sums": [
        (v) => v.sub(v.sum({ axes: 0, keepDims: true })),
        (i, j) => at(values, i, j) - Array.from({ length: side }, (_, k) => at(values, k, j)).reduce((s, x) => s + x),
      ],
      square: [
        (v) => v.matmul(v),
        (i, j) => Array.from({ length: side }, (_, k) => at(values, i, k) * at(values, k, j)).reduce((s, x) => s + x),
      ],
    };
    for (const [name, [update, expected]] of Object.entries(updates)) {
      const v = variable(values, { shape: [side, side] });
      const run = () => v.assign(update(v));
      (how === "compiled" ? compile(run) : run)();
      expect(v.dataSync(), name).toEqual(make(expected));
    }
  });

  it("keep their shape and dtype", () => {
    const v = variable([1, 2]);
    expect(() => compile(() => v.assign(tensor([1])))()).toThrow(ShapeError);
    expect(() => compile(() => v.assign(tensor([true, false])))()).toThrow(DTypeError);
    expect(v.dataSync()).toEqual(float(1, 2));
  });
});

describeOnBoth("a failing index", () => {
  const labels = (...values: number[]) => tensor(values, { dtype: "int32" });

  it.each(["compiled", "async", "eager"])("leaves all variables of a training step untouched, %s", async (how) => {
    const w = variable([
      [0.5, -1, 2],
      [1, 0, -1],
    ]);
    const momentum = variable(new Float32Array(6).fill(3), { shape: [2, 3], trainable: false });
    const steps = variable(0, { dtype: "int32" });
    const train = (x: Tensor, y: Tensor) => {
      const scores = x.matmul(w).logSoftmax();
      const loss = scores.takeAlongAxis(y.expandDims(1)).mean().neg();
      loss.backward();
      const velocity = momentum.mul(0.9).add(w.grad as Tensor);
      w.grad = undefined;
      assign([
        [steps, steps.add(1)],
        [momentum, velocity],
        [w, w.sub(velocity)],
      ]);
      return loss;
    };
    const compiled = compile(train);
    const step = async (x: Tensor, y: Tensor) =>
      how === "eager" ? train(x, y) : how === "async" ? compiled.async(x, y) : compiled(x, y);
    const read = () => [w, momentum, steps].map((v) => v.dataSync());
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    await step(x, labels(0, 2));
    const good = read();
    expect(good[2]).toEqual(Int32Array.of(1));
    for (const bad of [labels(0, 3), labels(-1, 0), labels(2 ** 31 - 1, 0), labels(0, -(2 ** 31))]) {
      await expect(step(x, bad)).rejects.toThrow(IndexError);
      expect(read()).toEqual(good);
    }
    await step(x, labels(0, 2)); // and the function still works
    expect(steps.item()).toBe(2);
    expect(w.dataSync()).not.toEqual(good[0]);
  });

  it("leaves variables untouched that picked elements overwrite", () => {
    const [table, v, w] = [tensor([10, 20, 30]), variable([1, 2]), variable([3, 4])];
    const pick = compile((i: Tensor, j: Tensor) =>
      assign([
        [v, table.gather(i)],
        [w, table.gather(j)],
      ]),
    );
    for (const bad of [
      [labels(0, 3), labels(1, 1)],
      [labels(1, 1), labels(0, -1)],
    ] as const) {
      expect(() => pick(...bad)).toThrow(IndexError);
      expect([v.dataSync(), w.dataSync()]).toEqual([float(1, 2), float(3, 4)]);
    }
    pick(labels(2, 1), labels(0, 0));
    expect([v.dataSync(), w.dataSync()]).toEqual([float(30, 20), float(10, 10)]);
  });

  it("names the position, the index and the range", () => {
    const f = compile((x: Tensor, i: Tensor) => x.gather(i));
    const x = tensor([10, 20, 30]);
    expect(f(x, labels(2, 0)).dataSync()).toEqual(float(30, 10));
    expect(() => f(x, labels(0, 1, 3))).toThrow("gather: index 3 at position 2 is out of range [0, 3)");
    expect(() => f(x, labels(0, -1))).toThrow("gather: index -1 at position 1 is out of range [0, 3)");
  });
});

describeOnBoth("asynchronous calls", () => {
  it("take effect in order with synchronous ones, whether arguments are computed or lazy", async () => {
    const digits = variable(0);
    const append = compile((digit: Tensor | number) => {
      const before = digits.mul(1);
      digits.assign(digits.mul(10).add(digit));
      return before;
    });
    const results = [
      append.async(tensor(1)),
      append(tensor(2)),
      append.async(tensor(1).add(2)),
      append.async(4),
      append(tensor(2).add(3)),
      append.async(6),
    ];
    expect(digits.item()).toBe(123456);
    expect((await Promise.all(results)).map((x) => x.item())).toEqual([0, 1, 12, 123, 1234, 12345]);
    expect(append.traces).toBe(2);
  });

  it("assignments from outside come in between", async () => {
    const v = variable(1);
    const double = compile(() => {
      v.assign(v.mul(2));
      return v;
    });
    const first = double.async();
    v.assign(10);
    const second = double.async();
    v.assign(v.add(1));
    expect([(await first).item(), (await second).item(), v.item()]).toEqual([2, 20, 21]);
  });

  it("leave what was built from a variable as it was when they fail", async () => {
    const v = variable([1, 2]);
    const f = compile((i: Tensor) => {
      const row = v.gather(i);
      v.assign(v.add(1));
      return row;
    });
    const built = v.mul(10);
    await expect(f.async(tensor(Int32Array.of(7)))).rejects.toThrow(IndexError);
    expect(built.dataSync()).toEqual(float(10, 20));
    const failing = f.async(tensor(Int32Array.of(7)));
    const between = v.mul(10);
    await expect(failing).rejects.toThrow(IndexError);
    await f.async(tensor(Int32Array.of(1)));
    expect(() => between.dataSync()).toThrow(StaleTensorError);
    expect(v.dataSync()).toEqual(float(2, 3));
  });

  it("reject with what is wrong at the call", async () => {
    const f = compile((x: Tensor) => x.matmul(zeros([3, 3])));
    await expect(f.async(zeros([2, 2]))).rejects.toThrow(ShapeError);
    const inside = compile((x: Tensor) => {
      f.async(x).catch((error: Error) => errors.push(error));
      return x;
    });
    const errors: Error[] = [];
    inside(zeros([2, 3]));
    await new Promise(setImmediate);
    expect(errors).toEqual([expect.objectContaining({ code: "OPTION" })]);
  });
});

describe("on native", () => {
  it("the event loop is free during an asynchronous run, and not during a synchronous one", {
    timeout: 120_000,
  }, async () => {
    setBackend("native");
    const x = randomNormal([1024, 1024], { seed: 1 }).realize();
    const power = compile((y: Tensor) => {
      let product = y;
      for (let i = 0; i < 12; i++) product = product.matmul(y).mul(0.03); // 26 GFLOP: a tenth of a second, and more
      return product.sum();
    });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const run = power.async(x);
    expect(ticks).toBe(0);
    const result = await run;
    const during = ticks;
    ticks = 0;
    const again = power(x).dataSync();
    expect(ticks).toBe(0);
    clearInterval(timer);
    expect(during).toBeGreaterThan(0);
    expect(result.dataSync()).toEqual(again);
  });
});

describe("explain", () => {
  it("prints the Program of a signature and what the backend chose, without running it", () => {
    setBackend("native");
    const count = variable(tensor(0));
    const f = compile((x: Tensor, w: Tensor) => {
      count.assign(count.add(1));
      return x.conv2d(w, { padding: 1 }).relu();
    });
    const text = f.explain(zeros([2, 3, 8, 8]), zeros([4, 3, 3, 3]));
    expect(text).toMatch(/conv2d .*\{ max\(.*\) \} {2}-- direct, /);
    expect(f.traces).toBe(1);
    expect(count.item()).toBe(0);
    expect(f.explain(zeros([2, 3, 8, 8]), zeros([4, 3, 3, 3]))).toBe(text);
    expect(f.traces).toBe(1);
  });

  it("prints the bare Program on a backend that says nothing", () => {
    setBackend("reference");
    const text = compile((x: Tensor) => x.add(1)).explain(zeros([3]));
    expect(text).toMatch(/^program: .*\n(.*\n)*code\n {2}0 {2}map .*\}\n$/);
  });
});

describe.each(BACKENDS)("in worker threads, on %s", (backend) => {
  const script = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.url).then(async (ng) => {
      ng.setBackend(workerData.backend);
      const w = ng.variable([[1, 2], [3, 4]]);
      const step = ng.compile((x) => {
        const loss = x.matmul(w).square().mean();
        loss.backward();
        w.assign(w.sub(w.grad.mul(0.01)));
        w.grad = undefined;
        return loss;
      });
      const losses = [];
      for (let i = 0; i < 20; i++) {
        losses.push((i % 2 ? step(ng.tensor([[i, 1]])) : await step.async(ng.tensor([[i, 1]]))).item());
      }
      parentPort.postMessage({ losses, w: w.dataSync(), traces: step.traces });
    });`;

  it("compiled functions work, in several at once, with the same bits", async () => {
    const workers = [1, 2, 3].map(
      () => new Worker(script, { eval: true, workerData: { url: `${dist}index.js`, backend } }),
    );
    const results = await Promise.all(
      workers.map(
        (worker) =>
          new Promise<{ traces: number }>((resolve, reject) => worker.once("message", resolve).once("error", reject)),
      ),
    );
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(results[0]?.traces).toBe(1);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});
