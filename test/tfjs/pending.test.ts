/** What is computed, and when: submissions, Programs, failures. */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import "@tensorflow/tfjs"; // gradients
import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import { type Bindings, info, registerBackend, setBackend } from "../../lib/index.js";
import { floats, list, onNodegrad, tf } from "./support.js";

/** Elements of the results of every run. */
let results: number[][] = [];
/** What runs fail with. */
let failure: Error | undefined;

/** Computes on the reference, and keeps count. */
class Counting extends ReferenceBackend {
  override prepare(...args: Parameters<ReferenceBackend["prepare"]>) {
    const executable = super.prepare(...args);
    const count = ({ outputs }: Bindings) => {
      results.push(outputs.map(({ length }) => length));
    };
    const { run, submit } = executable;
    return Object.assign(executable, {
      run(bindings: Bindings) {
        count(bindings);
        if (failure !== undefined) throw failure;
        run.call(executable, bindings);
      },
      submit(bindings: Bindings) {
        count(bindings);
        if (failure === undefined) return submit.call(executable, bindings);
        const error = failure;
        const wait = () => {
          throw error;
        };
        return { done: Promise.reject(error), wait };
      },
    });
  }
}

onNodegrad();
beforeAll(() => {
  registerBackend("counting", () => new Counting());
  setBackend("counting");
});
afterEach(() => {
  results = [];
  failure = undefined;
});

/** Lets the code after it begin in a microtask of its own. */
const pause = () => new Promise((resolve) => setImmediate(resolve));

describe("pending tensors", () => {
  it("that are disposed of before the end of a step have no memory", async () => {
    const x = floats([1, 2, 3]);
    await pause();
    results = [];
    const y = tf.tidy(() => tf.sum(tf.mul(tf.add(x, 1), x)));
    tf.add(x, 5).dispose();
    expect(Array.from(await y.data())).toEqual([20]);
    expect(results).toEqual([[1]]);
  });

  it("are computed without being read once the code that made them waits", async () => {
    const y = tf.add(floats([1, 2]), 1);
    expect(results).toEqual([]);
    await pause();
    expect(results).toEqual([[2]]);
    expect(list(y)).toEqual([2, 3]);
    expect(results).toHaveLength(1);
  });

  it("are computed where a large step has ended, even if nobody waits", () => {
    const x = floats([1]);
    const step = () =>
      tf.tidy(() => {
        let y: tf.Tensor = x;
        for (let i = 0; i < 40; i++) y = tf.add(y, x);
        return y;
      });
    const ys = [step(), step(), step()];
    expect(results).toEqual([[1], [1]]);
    expect(ys.map(list)).toEqual([[41], [41], [41]]);
  });

  it("are computed when they are many", () => {
    let y: tf.Tensor = floats([0]);
    for (let i = 0; i < 5000; i++) y = tf.add(y, 1);
    expect(results.length).toBeGreaterThanOrEqual(2);
    expect(list(y)).toEqual([5000]);
  });

  it("run the same Programs in every step of a training", async () => {
    const w = tf.variable(floats([1, 2, 3, 4], [2, 2]));
    const optimizer = tf.train.adam(0.01);
    const x = floats([1, 2, 3, 4, 5, 6], [3, 2]);
    const step = async () => {
      const loss = optimizer.minimize(() => tf.mean(tf.square(tf.matMul(x, w))), true) as tf.Scalar;
      await loss.data();
      loss.dispose();
    };
    for (let i = 0; i < 4; i++) await step();
    const { compilations } = info().cache;
    const { numTensors } = tf.memory();
    for (let i = 0; i < 20; i++) await step();
    expect(info().cache.compilations).toBe(compilations);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it("are as many as can be in flight, in order", async () => {
    const ys: tf.Tensor[] = [];
    let y: tf.Tensor = floats([0]);
    for (let i = 0; i < 100; i++) {
      y = tf.add(y, 1);
      ys.push(y);
      await undefined;
      await undefined;
    }
    expect(await Promise.all(ys.map(async (y) => (await y.data())[0]))).toEqual(ys.map((_, i) => i + 1));
  });
});

describe("a run that fails", () => {
  it("is reported where its results are read, again and again", async () => {
    const y = tf.add(floats([1, 2]), 1);
    failure = new Error("no memory");
    await pause();
    failure = undefined;
    const z = tf.mul(y, 2);
    await expect(y.data()).rejects.toThrow("no memory");
    expect(() => y.dataSync()).toThrow("no memory");
    await expect(z.data()).rejects.toThrow("no memory");
    expect(list(tf.add(floats([1]), 1))).toEqual([2]);
  });

  it("stops nobody who does not read", async () => {
    failure = new Error("no memory");
    for (let i = 0; i < 40; i++) {
      tf.add(floats([i]), 1);
      await undefined;
      await undefined;
    }
    failure = undefined;
    await pause();
    expect(list(tf.add(floats([1]), 1))).toEqual([2]);
  });
});
