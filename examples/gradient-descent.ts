/**
 * Gradient descent in practice: batches instead of all examples, learning rates that change, gradients that are too large.
 * Losses and rates are plotted as gradient-descent.svg.
 *
 *     node build-examples/examples/gradient-descent.js [--quick] [--data-dir FOLDER]
 */

import { writeFile } from "node:fs/promises";
import { compile, variable } from "nodegrad";
import { SoftmaxClassifier } from "nodegrad/classical";
import { lineChart } from "nodegrad/data";
import { clipGradNorm, cosineSchedule, type Schedule, SGD, stepSchedule, warmupSchedule } from "nodegrad/optim";
import { loadDigits, percent, quick, rows } from "./inputs.js";
import { sheet } from "./pictures.js";

// Each epoch looks at every example once. The smaller the batches, the more steps it makes, and the less sure each is.
const { train, test } = await loadDigits();
const [x, epochs] = [rows(train).realize(), quick ? 5 : 10];
const losses: Record<string, readonly number[]> = {};
for (const batchSize of [train.count, 256, 128, 64, 32]) {
  const model = new SoftmaxClassifier({ batchSize, epochs, learningRate: 0.1, momentum: 0 }).fit(x, train.labels);
  const name = batchSize === train.count ? "all examples" : `batches of ${batchSize}`;
  const steps = epochs * Math.ceil(train.count / batchSize);
  const loss = (model.losses.at(-1) as number).toFixed(3);
  console.log(
    `${name}: ${steps} steps, loss ${loss}, ${percent(model.score(rows(test), test.labels))} of others right`,
  );
  losses[name] = model.losses;
}

// Long steps first, short ones to settle down; a warm-up lets running averages settle before steps are long.
const steps = 300;
const schedules: Readonly<Record<string, Schedule>> = {
  step: stepSchedule(0.1, { every: 100, factor: 0.3 }),
  cosine: cosineSchedule(0.1, { steps }),
  "warm-up, cosine": warmupSchedule(30, cosineSchedule(0.1, { steps: steps - 30 })),
};
const rates: Record<string, readonly number[]> = {};
for (const [name, schedule] of Object.entries(schedules)) {
  const curve = Array.from({ length: steps }, (_, step) => schedule(step));
  console.log(`${name}: rate ${[0, 150, 299].map((step) => (curve[step] as number).toPrecision(2)).join(", ")}`);
  rates[name] = curve;
}

// Twenty layers with the same weight: w²⁰ is flat below 1 and a cliff above, from which one step leads out of the world.
for (const maxNorm of [Number.MAX_VALUE, 1]) {
  const w = variable(1.5);
  const optimizer = new SGD(w, { learningRate: 0.002 });
  const step = compile(() => {
    const loss = w.pow(20).sub(1).square();
    loss.backward();
    const norm = clipGradNorm(optimizer, maxNorm);
    optimizer.step();
    return norm;
  });
  const first = step().item();
  for (let i = 1; i < 500; i++) step();
  const kind = maxNorm === 1 ? "clipped to 1" : "as it is";
  console.log(`first gradient ${first.toExponential(1)}, ${kind}: after 500 steps w = ${w.item().toFixed(4)}`);
}

const epochNumbers = Array.from({ length: epochs }, (_, i) => i + 1);
const charts = [
  lineChart(losses, { x: epochNumbers, xLabel: "epoch", title: "Loss", width: 720 }),
  lineChart(rates, { xLabel: "step", title: "Learning rate", width: 720 }),
];
await writeFile("gradient-descent.svg", sheet(charts));
console.log("plot: gradient-descent.svg");
