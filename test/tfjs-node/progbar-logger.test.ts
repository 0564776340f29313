/** What fit shows. */

import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgbarLogger } from "../../packages/tfjs-node/lib/progbar-logger.js";

const { isTTY } = process.stderr;
let lines: string[];
let drawn: string[];
beforeAll(() => tf.setBackend("cpu"));
beforeEach(() => {
  [lines, drawn] = [[], []];
  vi.spyOn(console, "log").mockImplementation((line) => lines.push(line));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => drawn.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

/** Two epochs of three batches, a second each. */
async function show(params: Record<string, number>, loss = 0.5): Promise<void> {
  let seconds = 0;
  vi.spyOn(performance, "now").mockImplementation(() => 1000 * seconds);
  const logger = new ProgbarLogger();
  logger.setParams({ epochs: 2, ...params });
  for (const epoch of [0, 1]) {
    await logger.onEpochBegin(epoch);
    for (let batch = 0; batch < 3; batch++) {
      seconds++;
      await logger.onBatchEnd();
    }
    await logger.onEpochEnd(epoch, { val_loss: 1e-7, loss: tf.scalar(loss), acc: 0.75 });
  }
}

describe("ProgbarLogger", () => {
  it("says after each epoch how long it took, and what came of it", async () => {
    process.stderr.isTTY = false;
    await show({ steps: 3 });
    const epoch = "3000ms 1000000us/step - acc=0.750 loss=0.500 val_loss=1.00e-7";
    expect(lines).toEqual(["Epoch 1 / 2", epoch, "Epoch 2 / 2", epoch]);
    expect(drawn).toEqual([]);
  });

  it("draws a bar on a terminal, and clears it", async () => {
    process.stderr.isTTY = true;
    await show({ samples: 5, batchSize: 2 });
    expect(drawn.slice(0, 4)).toEqual([
      `\r${"█".repeat(10)}${"░".repeat(20)} 1/3  2 s left\x1b[K`,
      `\r${"█".repeat(20)}${"░".repeat(10)} 2/3  1 s left\x1b[K`,
      `\r${"█".repeat(30)} 3/3  0 s left\x1b[K`,
      "\r\x1b[K",
    ]);
  });

  it("draws none where nobody knows how many batches there are", async () => {
    process.stderr.isTTY = true;
    await show({});
    expect(drawn.filter((text) => text.includes("█"))).toEqual([]);
  });

  it.each([
    [Number.NaN, "NaN"],
    [12345.6, "1.23e+4"],
    [0, "0.00"],
  ])("writes %d as %s", async (loss, text) => {
    process.stderr.isTTY = false;
    await show({ steps: 3 }, loss);
    expect(lines[1]).toContain(`loss=${text} `);
  });
});
