/**
 * Whether the TensorFlow.js backend keeps its promises over a long time; fails where it does not. In a checkout:
 *
 *     npm run soak:tfjs                      # minutes
 *     npm run soak:tfjs -- memory            # or accuracy, or events
 *
 * - `memory`: 10,000 calls of `predict` and 2,000 steps of `fit` leave the number of tensors as it was, and the memory of
 *   the process flat.
 * - `accuracy`: a CNN trained on 512 images is as good on nodegrad as on cpu.
 * - `events`: how late a timer fires during `fit`, with two ways of yielding.
 */

import { monitorEventLoopDelay } from "node:perf_hooks";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-cpu";
import { generateDigits } from "nodegrad/data";
import "nodegrad/tfjs";

const IMAGES = 512;
const BATCH = 64;
const PREDICTIONS = 10_000;
const STEPS = 10_000;
/** What the memory of the process may grow by, of what it is after a tenth of the work. */
const GROWTH = 0.05;
const TIMER_MS = 10;
/** How long the thread may be held, in milliseconds. */
const STALL_MS = 20;

interface Data {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

function digits(count: number): Data {
  const { images, labels } = generateDigits({ count });
  const pixels = Float32Array.from(images, (pixel) => pixel / 255);
  return { x: tf.tensor(pixels, [count, 28, 28, 1]), y: tf.oneHot(tf.tensor1d(labels, "int32"), 10) };
}

function makeModel(): tf.Sequential {
  const kernelInitializer = (seed: number) => tf.initializers.glorotUniform({ seed });
  const convolution = (filters: number, inputShape?: number[]) =>
    tf.layers.conv2d({
      ...(inputShape === undefined ? {} : { inputShape }),
      filters,
      kernelSize: 5,
      activation: "relu",
      kernelInitializer: kernelInitializer(filters),
    });
  const model = tf.sequential({
    layers: [
      convolution(8, [28, 28, 1]),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      convolution(16),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, activation: "softmax", kernelInitializer: kernelInitializer(1) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}

type Yield = "auto" | "batch" | "never";

function fit(model: tf.Sequential, { x, y }: Data, epochs: number, yieldEvery: Yield = "auto"): Promise<tf.History> {
  return model.fit(x, y, { epochs, batchSize: BATCH, shuffle: false, verbose: 0, yieldEvery });
}

let failed = false;

function report(what: string, isFine: boolean, found: string): void {
  console.log(`${isFine ? "✓" : "✗"} ${what}: ${found}`);
  if (!isFine) failed = true;
}

/**
 * Does a piece of work in ten parts, the first of which warms up, and compares what is in use after the others, at first and
 * at last. What V8 has not collected yet is no leak, so it is asked to.
 */
async function watch(what: string, part: () => Promise<void>): Promise<void> {
  await part();
  const { numTensors } = tf.memory();
  const used: number[] = [];
  for (let i = 1; i < 10; i++) {
    await part();
    globalThis.gc?.();
    used.push(process.memoryUsage.rss());
  }
  // Single samples differ by some per cent: thirds of them are compared.
  const middle = (third: number) => used.slice(3 * third, 3 * third + 3).sort((a, b) => a - b)[1] as number;
  const growth = middle(2) / middle(0) - 1;
  const megabytes = used.map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(" ");
  report(`${what}, resident MB`, growth <= GROWTH, `${megabytes} (${(100 * growth).toFixed(1)} % more)`);
  report(`${what}, tensors`, tf.memory().numTensors === numTensors, `${numTensors} → ${tf.memory().numTensors}`);
}

async function memory(): Promise<void> {
  await tf.setBackend("nodegrad");
  const data = digits(BATCH);
  const model = makeModel();
  const image = tf.slice(data.x, 0, 1);
  await watch(`${PREDICTIONS} predictions`, async () => {
    for (let i = 0; i < PREDICTIONS / 10; i++) {
      const scores = model.predict(image) as tf.Tensor;
      await scores.data();
      scores.dispose();
    }
  });
  await watch(`${STEPS} steps of fit`, async () => {
    await fit(model, data, STEPS / 10);
  });
}

async function accuracy(): Promise<void> {
  const trainOn = async (backend: string) => {
    await tf.setBackend(backend);
    const { history } = await fit(makeModel(), digits(IMAGES), 2);
    return history as { acc: number[]; loss: number[] };
  };
  const [ours, theirs] = [await trainOn("nodegrad"), await trainOn("cpu")];
  const isSame = ours.acc.every((value, i) => Math.abs(value - (theirs.acc[i] as number)) <= 1 / IMAGES);
  report("accuracy and loss after each epoch", isSame, JSON.stringify({ nodegrad: ours, cpu: theirs }));
}

/**
 * Times between two calls of a timer of `TIMER_MS` while something is going on, ascending, and the longest time for which
 * the thread was held; in milliseconds.
 */
async function watchTimers(body: () => Promise<unknown>): Promise<{ pauses: number[]; stall: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const pauses: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    pauses.push(now - last);
    last = now;
  }, TIMER_MS);
  delays.enable();
  await body();
  delays.disable();
  clearInterval(timer);
  return { pauses: pauses.sort((a, b) => a - b), stall: delays.max / 1e6 };
}

async function events(): Promise<void> {
  await tf.setBackend("nodegrad");
  const data = digits(IMAGES);
  const model = makeModel();
  // V8 compiles what it sees often: the first hundred steps hold the thread longer.
  await fit(model, data, 20);
  for (const yieldEvery of ["auto", "batch"] as const) {
    const { pauses, stall } = await watchTimers(() => fit(model, data, 50, yieldEvery));
    const [median, most] = [0.5, 0.99].map(
      (share) => pauses[Math.ceil(share * pauses.length) - 1] ?? Number.POSITIVE_INFINITY,
    ) as [number, number];
    const times = `every ${median.toFixed(1)} ms, 99 % within ${most.toFixed(1)} ms`;
    const found = `${times}; the thread held for ${stall.toFixed(1)} ms at most`;
    report(`a timer of ${TIMER_MS} ms, yieldEvery: "${yieldEvery}"`, stall <= STALL_MS, found);
  }
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = { memory, accuracy, events };
tf.env().set("PROD", true);
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`no part ${name}; there are ${Object.keys(PARTS).join(", ")}`);
  await part();
}
process.exitCode = failed ? 1 : 0;
