/** Training for long takes no more memory than training for a while. */

import { expect, it } from "vitest";
import { describeOnBoth, runForJson } from "../runtime/support.js";

interface Measured {
  readonly early: { rss: number; used: number };
  readonly late: { rss: number; used: number };
  readonly losses: number[];
}

describeOnBoth("6,000 training steps", (backend) => {
  // What each step might keep by mistake, in 4,000 steps: a gradient 160 MB, a batch 52 MB, a graph 24 MB (40 nodes of 150
  // bytes). What V8 and the allocator still come to need after the first 2,000 is up to 1 MB of the heap and 3 MB in all;
  // before that it is up to 9 MB.
  const prelude = `
    ng.setBackend(${JSON.stringify(backend)});
    const batch = 32, inputs = 100, hidden = 100, classes = 10;
    const parameter = (seed, rows, columns) =>
      ng.variable(ng.randomNormal([rows, columns], { seed, std: 0.1 }).dataSync(), { shape: [rows, columns] });
    const w1 = parameter(1, inputs, hidden), w2 = parameter(2, hidden, classes);
    const v1 = ng.variable(new Float32Array(inputs * hidden), { shape: [inputs, hidden], trainable: false });
    const data = Array.from({ length: 5 }, (_, i) => ng.randomNormal([batch, inputs], { seed: 10 + i }).dataSync());
    const label = Int32Array.from({ length: batch }, (_, i) => i % classes);
    const lossOf = (x, y) => x.matmul(w1).relu().matmul(w2).logSoftmax().takeAlongAxis(y.expandDims(1)).mean().neg();
    const update = (loss) => {
      loss.backward();
      const velocity = v1.mul(0.9).add(w1.grad);
      ng.assign([[v1, velocity], [w1, w1.sub(velocity.mul(0.01))], [w2, w2.sub(w2.grad.mul(0.01))]], [loss]);
      w1.grad = undefined;
      w2.grad = undefined;
      return loss;
    };
    const memory = async () => {
      for (let i = 0; i < 3; i++) { gc(); await new Promise(setImmediate); }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, used: heapUsed + external };
    };
    const train = async (step) => {
      const losses = [];
      let early;
      for (let i = 1; i <= 6000; i++) {
        const x = ng.tensor(data[i % data.length], { shape: [batch, inputs] });
        const loss = await step(x, ng.tensor(label));
        if (i % 200 === 0 && i <= 1200) losses.push(loss.item());
        if (i === 2000) early = await memory();
        if (i % 50 === 0) await new Promise(setImmediate); // finalizers run between tasks
      }
      console.log(JSON.stringify({ early, late: await memory(), losses }));
    };`;

  it.each([
    ["with backward() and assign", "await train((x, y) => update(lossOf(x, y)));"],
    ["compiled", "await train(ng.compile((x, y) => update(lossOf(x, y))));"],
    ["compiled, asynchronous", "const step = ng.compile((x, y) => update(lossOf(x, y))); await train(step.async);"],
    [
      "with grad",
      `
      await train((x, y) => {
        const { value, grad: [g1, g2] } = ng.valueAndGrad(([a, b]) =>
          x.matmul(a).relu().matmul(b).logSoftmax().takeAlongAxis(y.expandDims(1)).mean().neg())([w1, w2]);
        ng.assign([[w1, w1.sub(g1.mul(0.1))], [w2, w2.sub(g2.mul(0.1))]], [value]);
        return value;
      });`,
    ],
  ])("%s: memory after 2,000 and after 6,000 is the same", { timeout: 120_000 }, async (_, script) => {
    const { early, late, losses } = await runForJson<Measured>(prelude + script);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2); // it has been learning
    expect(late.used - early.used).toBeLessThan(2 * 2 ** 20);
    expect(late.rss - early.rss).toBeLessThan(6 * 2 ** 20);
  });
});
