/** The two machines train alike: they share the Program and no code. */

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { NativeBackend } from "../../lib/backends/native/index.js";
import {
  DataLoader,
  generateDigits,
  imageDataset,
  type LabelledImages,
  loadMnist,
  takeImages,
} from "../../lib/data/index.js";
import { compile, getBackend, setBackend, setNumThreads, type Tensor } from "../../lib/index.js";
import { lenet5 } from "../../lib/models/index.js";
import { crossEntropy } from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";

const STEPS = 20;
const BATCH = 8;
/**
 * Small, because training is not continuous: where an activation is within rounding of a ReLU's kink (5e-8 and −6e-9 have
 * been seen), the machines send a gradient different ways, and both are right. What one such gradient changes in the
 * losses that follow is proportional to the rate.
 */
const RATE = 0.001;

/** The losses of the first steps of LeNet-5 on a backend. */
async function losses(backend: string, data: LabelledImages, threads = 1): Promise<number[]> {
  setBackend(backend);
  setNumThreads(threads);
  const model = lenet5({ seed: 3 });
  const optimizer = new SGD(model.parameters(), { learningRate: RATE, momentum: 0.9 });
  const step = compile((images: Tensor, labels: Tensor) => {
    const loss = crossEntropy(model.forward(images), labels);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const first = takeImages(
    data,
    Int32Array.from({ length: STEPS * BATCH }, (_, i) => i),
  );
  const dataset = imageDataset(first, { normalise: { mean: 0.1307, std: 0.3081 } });
  const results: number[] = [];
  for await (const { images, labels } of new DataLoader(dataset, { batchSize: BATCH, shuffle: true, seed: 3 })) {
    results.push(step(images, labels).item());
  }
  return results;
}

setBackend("auto");
const hasNative = getBackend() instanceof NativeBackend;

/**
 * Float32 rounds to 6e-8; sums of up to 2,450 terms and 20 steps that each pass the difference on leave four orders of
 * magnitude to the bound, which is what a wrong kernel would break at once.
 */
async function expectAgreement(data: LabelledImages): Promise<void> {
  const reference = await losses("reference", data);
  const native = await losses("native", data);
  expect(native).toHaveLength(STEPS);
  native.forEach((loss, i) => {
    const expected = reference[i] as number;
    expect(Math.abs(loss - expected) / expected, `step ${i}: ${loss} and ${expected}`).toBeLessThan(1e-4);
  });
  expect(await losses("native", data, 2), "the same bits on two threads").toEqual(native);
}

describe.skipIf(!hasNative)("native and reference agree on the losses of LeNet-5 (needs the addon)", () => {
  it("on generated digits", () => expectAgreement(generateDigits({ count: STEPS * BATCH, seed: 5 })), 120_000);

  const dir = process.env.NODEGRAD_DATA_DIR;
  it.skipIf(dir === undefined || !existsSync(dir))(
    "on MNIST (needs NODEGRAD_DATA_DIR)",
    async () => expectAgreement(await loadMnist(dir as string)),
    120_000,
  );
});
