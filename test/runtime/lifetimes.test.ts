/** The promises about lifetimes: what a tensor keeps alive, and what several reads share. */

import { describe, expect, it } from "vitest";
import {
  GradientError,
  realize,
  registerBackend,
  relu,
  setBackend,
  type Tensor,
  tensor,
  variable,
} from "../../lib/index.js";
import { BACKENDS, describeOnBoth, runForJson, SpyBackend } from "./support.js";

const spy = new SpyBackend();
registerBackend("spy", () => spy);

/** What `body` makes the machine do: the opcodes of every Program prepared, and how many were run. */
function workOf(body: () => void): { prepared: string[][]; runs: number } {
  setBackend("spy");
  const [prepared, runs] = [spy.prepared.length, spy.runs];
  body();
  return { prepared: spy.prepared.slice(prepared), runs: spy.runs - runs };
}

describeOnBoth("a realised tensor", () => {
  it("drops its edges", () => {
    const x = tensor([1, 2]);
    const y = x.add(1).mul(3);
    expect(y.inputs).not.toEqual([]);
    y.realize();
    expect(y.inputs).toEqual([]);
    expect(y.dataSync()).toEqual(Float32Array.of(6, 9));
  });

  it("keeps its edges if it requires a gradient, until backward() drops them", () => {
    const w = variable([1, 2]);
    const loss = w.square().sum().realize();
    expect(loss.inputs).not.toEqual([]);
    loss.backward();
    expect(loss.inputs).toEqual([]);
    expect(loss.item()).toBe(5);
    expect(w.grad?.dataSync()).toEqual(Float32Array.of(2, 4));
    expect(() => loss.backward()).toThrow(GradientError);
  });

  it("drops its edges as soon as it has values when backward() came first", () => {
    const w = variable([1, 2]);
    const loss = w.square().sum();
    loss.backward();
    expect(loss.inputs).not.toEqual([]);
    expect(loss.item()).toBe(5);
    expect(loss.inputs).toEqual([]);
    expect(w.grad?.dataSync()).toEqual(Float32Array.of(2, 4));
  });

  it("keeps its edges for another backward() with retainGraph", () => {
    const w = variable([1, 2]);
    const loss = w.square().sum().realize();
    loss.backward({ retainGraph: true });
    expect(loss.inputs).not.toEqual([]);
    loss.backward();
    expect(loss.inputs).toEqual([]);
    expect(w.grad?.dataSync()).toEqual(Float32Array.of(4, 8)); // gradients add up
  });

  it("is computed once: reading it again runs nothing", () => {
    const x = tensor([1, 2]).add(1);
    expect(workOf(() => x.dataSync()).runs).toBe(1);
    expect(workOf(() => [x.dataSync(), x.toArray(), realize(x)]).runs).toBe(0);
  });

  it("that requires a gradient is not computed again for what is built on it", () => {
    const w = variable([
      [1, 2],
      [3, 4],
    ]);
    const hidden = w.matmul(w).realize();
    const { prepared } = workOf(() => hidden.sum().dataSync());
    expect(prepared.flat()).not.toContain("matmul");
  });
});

describe("realize", () => {
  const [x, w] = [
    tensor([[1, 2, 3]]),
    variable([
      [1, 0],
      [0, 1],
      [1, 1],
    ]),
  ];

  /** Loss, a share of right answers, and the gradient of the loss: all use one matrix product. */
  function step(): readonly [loss: Tensor, right: Tensor, gradient: Tensor] {
    const scores = x.matmul(w);
    const loss = scores.square().sum();
    loss.backward();
    const gradient = w.grad as Tensor;
    w.grad = undefined;
    return [loss, scores.argMax({ axis: 1 }), gradient];
  }

  const check = ([loss, right, gradient]: readonly [Tensor, Tensor, Tensor]) => {
    expect(loss.item()).toBe(4 ** 2 + 5 ** 2);
    expect(right.dataSync()).toEqual(Int32Array.of(1));
    expect(gradient.dataSync()).toEqual(Float32Array.of(8, 10, 16, 20, 24, 30));
  };

  it("evaluates several roots in one Program that shares the forward pass", () => {
    const roots = step();
    const { prepared, runs } = workOf(() => realize(...roots));
    expect([prepared.length, runs]).toEqual([1, 1]);
    // One product forward, one for the gradient of w.
    expect(prepared.flat().filter((opcode) => opcode === "matmul")).toHaveLength(2);
    expect(workOf(() => check(roots)).runs).toBe(0);
  });

  it("one root at a time computes the forward pass for each", () => {
    const roots = step();
    const { prepared, runs } = workOf(() => check(roots));
    expect([prepared.length, runs]).toEqual([3, 3]);
    expect(prepared.flat().filter((opcode) => opcode === "matmul").length).toBeGreaterThan(2);
  });

  it("takes tensors twice, realised ones and variables", () => {
    const y = x.add(1);
    expect(workOf(() => realize(y, y, x, w)).runs).toBe(1);
    expect(workOf(() => realize()).runs).toBe(0);
    expect(y.dataSync()).toEqual(Float32Array.of(2, 3, 4));
  });

  it("keeps a shared subexpression as one instruction", () => {
    const shared = relu(x.exp());
    const { prepared } = workOf(() => realize(shared, shared.add(1)));
    expect(prepared).toEqual([["map"]]);
  });
});

describe("NODEGRAD_DEBUG=1", () => {
  const warnings = (reads: string) =>
    runForJson<string[]>(
      `const codes = [];
       process.on("warning", ({ code, message }) => codes.push(code + " " + message));
       const product = ng.tensor([[1, 2]]).matmul(ng.tensor([[3], [4]]));
       const image = ng.ones([1, 1, 3, 3]).conv2d(ng.ones([1, 1, 2, 2]));
       ${reads}
       setImmediate(() => console.log(JSON.stringify(codes)));`,
      { NODEGRAD_DEBUG: "1", NODEGRAD_BACKEND: "reference" },
    );

  it("warns when a matmul or convolution is computed twice", async () => {
    const codes = await warnings(`
      product.sum().item(); product.mean().item();
      image.sum().item(); image.mean().item();`);
    expect(codes).toEqual([
      expect.stringMatching(/^NODEGRAD_DOUBLE_WORK matmul of float32\[1, 1\] is computed again; realize\(\)/),
      expect.stringMatching(/^NODEGRAD_DOUBLE_WORK conv2d of float32\[1, 1, 2, 2\] is computed again; realize\(\)/),
    ]);
  });

  it("does not warn when they are realised together, or first", async () => {
    const codes = await warnings(`
      ng.realize(product.sum(), product.mean());
      image.realize(); image.sum().item(); image.mean().item();`);
    expect(codes).toEqual([]);
  });
});

describe.each(BACKENDS)("10,000 updates of a moving average, on %s", (backend) => {
  // What each update might keep by mistake, in 8,000 updates: a tensor 64 MB, its graph 6 MB (5 nodes of 150 bytes). What V8
  // and the allocator still come to need after the first 2,000 is up to 1 MB of the heap and 4 MB in all.
  const prelude = `
    ng.setBackend(${JSON.stringify(backend)});
    const size = 2000;
    const memory = async () => {
      for (let i = 0; i < 3; i++) { gc(); await new Promise(setImmediate); }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, used: heapUsed + external };
    };
    const sample = (i) => ng.full([size], (i % 7) / 7 + 0.1);
    const measure = async (update, read) => {
      let early;
      for (let i = 1; i <= 10_000; i++) {
        update(sample(i));
        if (i % 500 === 0) await new Promise(setImmediate); // finalizers run between tasks
        if (i === 2_000) early = await memory();
      }
      console.log(JSON.stringify({ early, late: await memory(), value: read().dataSync()[size - 1] }));
    };`;

  interface Measured {
    readonly early: { rss: number; used: number };
    readonly late: { rss: number; used: number };
    readonly value: number;
  }

  let expected = 0;
  for (let i = 1; i <= 10_000; i++) expected = 0.99 * expected + 0.01 * ((i % 7) / 7 + 0.1);

  const expectFlat = ({ early, late, value }: Measured) => {
    expect(late.rss - early.rss).toBeLessThan(8 * 2 ** 20);
    expect(late.used - early.used).toBeLessThan(2 * 2 ** 20);
    // Rounding: 3 of at most 2⁻²⁴ in each step, of which the average keeps 1/(1 − 0.99) steps' worth.
    expect(Math.abs(value - expected)).toBeLessThan(300 * 2 ** -24);
  };

  it("of tensors: memory is flat", async () => {
    const script = `${prelude}
      let average = ng.zeros([size]).realize();
      await measure((x) => { average = average.mul(0.99).add(x.mul(0.01)).realize(); }, () => average);`;
    expectFlat(await runForJson<Measured>(script));
  });

  it("of a variable: memory is flat", async () => {
    const script = `${prelude}
      const average = ng.variable(new Float32Array(size));
      await measure((x) => average.assign(average.mul(0.99).add(x.mul(0.01))), () => average);`;
    expectFlat(await runForJson<Measured>(script));
  });

  it("in a compiled function: memory is flat", async () => {
    const script = `${prelude}
      const average = ng.variable(new Float32Array(size));
      const update = ng.compile((x) => { average.assign(average.mul(0.99).add(x.mul(0.01))); return average; });
      await measure((x) => update(x), () => average);`;
    expectFlat(await runForJson<Measured>(script));
  });
});
