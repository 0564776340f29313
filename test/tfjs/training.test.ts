/** Trainings and predictions of TF.js layers: the same on nodegrad as on cpu, and no memory that stays. */

import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";
import { info } from "../../lib/index.js";
import "../../lib/tfjs/index.js";

/** Ten patterns of 8 × 8, one lit row or column each, under noise: what a small network learns in a few epochs. */
function patterns(count: number): { x: tf.Tensor4D; y: tf.Tensor2D } {
  let state = 7;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 32;
  };
  const labels = Array.from({ length: count }, (_, i) => i % 10);
  const pixels = labels.flatMap((label) =>
    Array.from({ length: 64 }, (_, i) => {
      const at = label < 5 ? i >> 3 : i & 7;
      return (at === (label % 5) + 1 ? 1 : 0) + 0.8 * noise();
    }),
  );
  const y = tf.oneHot(tf.tensor1d(labels, "int32"), 10) as tf.Tensor2D;
  return { x: tf.tensor4d(pixels, [count, 8, 8, 1]), y };
}

function makeModel(): tf.Sequential {
  const kernelInitializer = (seed: number) => tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [8, 8, 1],
        filters: 4,
        kernelSize: 3,
        activation: "relu",
        kernelInitializer: kernelInitializer(1),
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: "softmax", kernelInitializer: kernelInitializer(2) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.02), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}

describe("a network of layers", () => {
  it("learns the same on nodegrad as on cpu", async () => {
    const trainOn = async (backend: string) => {
      await tf.setBackend(backend);
      const { x, y } = patterns(256);
      const { history } = await makeModel().fit(x, y, { epochs: 3, batchSize: 32, shuffle: false, verbose: 0 });
      return history;
    };
    const [ours, theirs] = [await trainOn("nodegrad"), await trainOn("cpu")];
    for (const [i, accuracy] of (ours.acc as number[]).entries()) {
      // An example that lies on the border of two classes may fall to either side.
      expect(Math.abs(accuracy - (theirs.acc?.[i] as number))).toBeLessThanOrEqual(2 / 256);
      expect(ours.loss?.[i]).toBeCloseTo(theirs.loss?.[i] as number, 3);
    }
    expect(ours.acc?.at(-1)).toBeGreaterThan(0.9);
  });

  it("keeps no tensors, data ids or Programs of the steps it has done", async () => {
    await tf.setBackend("nodegrad");
    const { x, y } = patterns(64);
    const model = makeModel();
    const epoch = () => model.fit(x, y, { epochs: 1, batchSize: 16, shuffle: false, verbose: 0, yieldEvery: "batch" });
    const predict = async () => {
      const scores = model.predict(x) as tf.Tensor;
      await scores.data();
      scores.dispose();
    };
    for (let i = 0; i < 4; i++) {
      await epoch();
      await predict();
    }
    const { numTensors, numDataBuffers } = tf.memory();
    const { compilations } = info().cache;
    for (let i = 0; i < 12; i++) {
      await epoch();
      for (let j = 0; j < 4; j++) await predict();
    }
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(info().cache.compilations - compilations).toBeLessThanOrEqual(1);
  });

  it("bounds what it keeps of inputs of many shapes", async () => {
    await tf.setBackend("nodegrad");
    const { numTensors } = tf.memory();
    for (let size = 1; size <= 300; size++) {
      tf.tidy(() => tf.sum(tf.mul(tf.ones([size, 3]), tf.range(0, 3))).dataSync());
    }
    const { bytes } = info().cache;
    expect(bytes).toBeLessThanOrEqual(64 * 2 ** 20);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it("gives timers their turn where the training yields after each batch", async () => {
    await tf.setBackend("nodegrad");
    const { x, y } = patterns(256);
    const model = makeModel();
    const train = (yieldEvery: "batch") =>
      model.fit(x, y, { epochs: 2, batchSize: 16, verbose: 0, yieldEvery, shuffle: false });
    await train("batch");
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await train("batch");
    clearInterval(timer);
    // There are 32 batches; how long each of them takes depends on the machine.
    expect(turns).toBeGreaterThan(3);
  });
});
