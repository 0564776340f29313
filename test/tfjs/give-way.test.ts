/** The event loop turns between the batches of `fit`, on nodegrad and whatever `yieldEvery` says. */

import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-cpu";
import { afterEach, describe, expect, it, vi } from "vitest";
import "../../lib/tfjs/index.js";

const BATCHES = 20;

/** Turns of the event loop until the work is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  isDone = true;
  return turns;
}

function train(options: tf.ModelFitArgs): Promise<tf.History> {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
  return model.fit(tf.ones([BATCHES, 2]), tf.ones([BATCHES, 1]), { batchSize: 1, epochs: 1, verbose: 0, ...options });
}

/** Has every look at the clock be this many milliseconds after the one before; it never goes back. */
let now = 0;
function tick(milliseconds: number): void {
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += milliseconds;
    return now;
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("fit", () => {
  it.each(["auto", "batch", "never"] as const)(
    "gives way after each long batch, yieldEvery: %s",
    async (yieldEvery) => {
      await tf.setBackend("nodegrad");
      tick(10);
      expect(await turnsDuring(train({ yieldEvery }))).toBeGreaterThanOrEqual(BATCHES);
    },
  );

  it("still learns on another backend", async () => {
    await tf.setBackend("cpu");
    const { history } = await train({});
    expect(history.loss?.[0]).toBeLessThan(10);
  });

  it("gives way when the backend has been made a second time, and once", async () => {
    await tf.setBackend("cpu");
    tf.removeBackend("nodegrad");
    const { giveWayInFit } = await import("../../lib/tfjs/give-way.js");
    giveWayInFit();
    const { NodegradBackend } = await import("../../lib/tfjs/index.js");
    tf.registerBackend("nodegrad", () => new NodegradBackend(), 10);
    await tf.setBackend("nodegrad");
    const giveWay = vi.spyOn(NodegradBackend.prototype, "giveWay");
    await train({});
    expect(giveWay).toHaveBeenCalledTimes(BATCHES);
  });
});
