/** Two backends in one process: tensors go to the one that computes with them, and back. */

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { afterEach, describe, expect, it } from "vitest";
import "../../lib/tfjs/index.js";

const on = (backend: string) => tf.setBackend(backend);
const run = (name: string, inputs: object, attributes = {}) =>
  tf.engine().runKernel(name, inputs as never, attributes) as tf.Tensor;

afterEach(() => tf.disposeVariables());

describe("a tensor of another backend", () => {
  it("comes to nodegrad when a kernel there needs it, and goes back", async () => {
    const before = tf.memory().numDataBuffers;
    await on("cpu");
    const x = tf.tensor([1, -2, 3], [3]);
    await on("nodegrad");
    const y = run("Neg", { x });
    expect(Array.from(y.dataSync())).toEqual([-1, 2, -3]);
    await on("cpu");
    const z = run("Add", { a: x, b: y });
    expect(Array.from(z.dataSync())).toEqual([0, 0, 0]);
    await on("nodegrad");
    expect(Array.from(run("Add", { a: y, b: z }).dataSync())).toEqual([-1, 2, -3]);
    expect(Array.from(await x.data())).toEqual([1, -2, 3]);
    tf.dispose([x, y, z]);
    expect(() => y.dataSync()).toThrow(/disposed/);
    expect(tf.memory().numDataBuffers).toBe(before + 1);
  });

  it("keeps its references: shapes that share it move together", async () => {
    await on("cpu");
    const x = tf.tensor([1, 2, 3, 4], [4]);
    const shared = tf.reshape(x, [2, 2]);
    await on("nodegrad");
    expect(Array.from(run("Sum", { x: shared }).dataSync())).toEqual([10]);
    shared.dispose();
    expect(Array.from(run("Neg", { x }).dataSync())).toEqual([-1, -2, -3, -4]);
    x.dispose();
  });

  it.each([
    ["strings", () => tf.tensor(["α", "", "c"], [3])],
    ["complex numbers", () => tf.complex([1, 2], [3, 4])],
    ["numbers", () => tf.scalar(2.5)],
    ["truths", () => tf.tensor([true, false], [2], "bool")],
    ["nothing", () => tf.zeros([0, 3])],
  ])("may hold %s", async (_, make) => {
    const ways = [
      ["cpu", "nodegrad"],
      ["nodegrad", "cpu"],
    ] as const;
    for (const [from, to] of ways) {
      await on(from);
      const x = make();
      const values = Array.from(x.dataSync() as Float32Array);
      await on(to);
      const y = run("Tile", { x }, { reps: x.shape.map(() => 1) });
      expect(Array.from(y.dataSync() as Float32Array)).toEqual(values);
      expect(Array.from(x.dataSync() as Float32Array)).toEqual(values);
      // The cpu backend cannot take complex numbers from anywhere.
      if (x.dtype === "complex64") break;
      await on(from);
      expect(Array.from(tf.reshape(x, [-1]).dataSync() as Float32Array)).toEqual(values);
      tf.dispose([x, y]);
    }
  });

  it("of variables too", async () => {
    await on("cpu");
    const v = tf.variable(tf.tensor([1, 2]));
    await on("nodegrad");
    v.assign(run("Add", { a: v, b: v }));
    expect(Array.from(v.dataSync())).toEqual([2, 4]);
  });
});
