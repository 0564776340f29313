/** Data ids: what is counted, shared, freed, and who may use the backend. */

import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { dist, runScript } from "../runtime/support.js";
import { floats, list, onNodegrad, tf } from "./support.js";

onNodegrad();

/** Data ids that the backend has. */
const dataIds = () => tf.backend().numDataIds();

describe("data ids", () => {
  it("are counted exactly, whatever shares them", () => {
    const before = dataIds();
    const x = floats([1, 2, 3, 4]);
    const y = tf.reshape(x, [2, 2]);
    const z = tf.clone(y);
    expect(dataIds()).toBe(before + 1);
    expect(tf.backend().refCount(x.dataId)).toBe(3);
    x.dispose();
    y.dispose();
    expect(dataIds()).toBe(before + 1);
    expect(list(z)).toEqual([1, 2, 3, 4]);
    z.dispose();
    expect(dataIds()).toBe(before);
    expect(() => z.dataSync()).toThrow(/disposed/);
  });

  it("of complex tensors own their two parts", () => {
    const before = dataIds();
    const x = tf.complex([1, 2], [3, 4]);
    const y = tf.add(x, x);
    expect(Array.from(y.dataSync())).toEqual([2, 6, 4, 8]);
    tf.dispose([x, y]);
    expect(dataIds()).toBe(before);
  });

  it("are freed once, however often they are disposed of", () => {
    const before = dataIds();
    const backend = tf.backend();
    const id = backend.write(Float32Array.of(1), [1], "float32");
    expect(backend.disposeData(id)).toBe(true);
    expect(backend.disposeData(id)).toBe(true);
    expect(backend.disposeData({})).toBe(true);
    expect(dataIds()).toBe(before);
    expect(backend.refCount(id)).toBe(0);
  });

  it("stay with a tensor that another one was made of and that is gone", async () => {
    const before = dataIds();
    const y = tf.tidy(() => tf.neg(tf.add(floats([1, 2]), 1)));
    expect(dataIds()).toBe(before + 1);
    expect(Array.from(await y.data())).toEqual([-2, -3]);
    y.dispose();
    expect(dataIds()).toBe(before);
  });

  it("leave nothing when the backend is made anew, 300 times", async () => {
    const held: WeakRef<object>[] = [];
    for (let i = 0; i < 300; i++) {
      const engine = tf.engine();
      engine.reset();
      await tf.setBackend("nodegrad");
      expect(dataIds()).toBe(0);
      held.push(new WeakRef(tf.backend()));
      const x = tf.mul(floats([i, 1]), 2);
      if (i % 3 > 0) expect(list(x)).toEqual([2 * i, 2]);
    }
    expect(tf.memory().numTensors).toBeLessThan(5);
  });
});

describe("several of them", () => {
  it("in copies of the core work as one: the copies share their engine", async () => {
    const require = createRequire(import.meta.url);
    const path = require.resolve("@tensorflow/tfjs-core");
    const first = require(path);
    delete require.cache[path];
    const second = require(path);
    expect(second.add).not.toBe(first.add);
    const x = second.tensor1d([1, 2]);
    const y = tf.add(x, 1);
    expect(Array.from(second.mul(y, x).dataSync())).toEqual([2, 6]);
    expect(second.getBackend()).toBe("nodegrad");
  });

  it("in worker threads each have their own", async () => {
    const program = `
      import { createRequire } from "node:module";
      import { Worker } from "node:worker_threads";
      const body = async (core, backend, port) => {
        const { default: tf } = await import(core);
        await import(backend);
        await tf.setBackend("nodegrad");
        const w = tf.variable(tf.ones([40, 40]));
        const optimizer = tf.train.sgd(0.01);
        for (let i = 0; i < 20; i++) optimizer.minimize(() => tf.mean(tf.square(tf.matMul(w, w))));
        port.postMessage([tf.memory().numTensors, ...(await tf.mean(w).data())]);
      };
      const core = createRequire(${JSON.stringify(import.meta.url)}).resolve("@tensorflow/tfjs");
      const source = \`import { parentPort } from "node:worker_threads";
        await (\${body})(\${JSON.stringify("file://" + core)}, \${JSON.stringify(new URL("tfjs/index.js", ${JSON.stringify(dist)}).href)}, parentPort);\`;
      const worker = () => new Promise((resolve, reject) => {
        new Worker(new URL("data:text/javascript," + encodeURIComponent(source))).on("message", resolve).on("error", reject);
      });
      const answers = await Promise.all([worker(), worker(), worker()]);
      console.log(new Set(answers.map(String)).size, answers[0][0], Number.isFinite(answers[0][1]));
    `;
    const { code, stdout, stderr } = await runScript(program);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(/^1 \d+ true/), stderr: "" });
  });
});
