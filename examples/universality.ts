/**
 * Universality: one hidden layer fits any continuous function of one variable, here sin(3x) + x² on [−2, 2]. The function,
 * the network and its error are plotted as universality.svg.
 *
 *     node build-examples/examples/universality.js [--quick]
 */

import { writeFile } from "node:fs/promises";
import { arange, compile, type Tensor } from "nodegrad";
import { lineChart } from "nodegrad/data";
import { Activation, Linear, mseLoss, Sequential } from "nodegrad/nn";
import { Adam, cosineSchedule } from "nodegrad/optim";
import { quick } from "./inputs.js";
import { sheet } from "./pictures.js";

const f = (x: Tensor) => x.mul(3).sin().add(x.square());

// Chebyshev's points, which lie closer to each other towards the ends: there a fit is worst.
const x = arange(256)
  .mul(Math.PI / 255)
  .cos()
  .mul(2)
  .reshape([256, 1])
  .realize();
const y = f(x).realize();

const model = new Sequential([
  new Linear(1, 128, { seed: 1 }),
  new Activation("gelu"),
  new Linear(128, 1, { seed: 2 }),
]);
const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
const step = compile((rate: Tensor | number) => {
  const loss = mseLoss(model.forward(x), y);
  loss.backward();
  optimizer.learningRate = rate;
  optimizer.step();
  return loss;
});

const steps = quick ? 6000 : 20_000;
const schedule = cosineSchedule(0.01, { steps });
for (let t = 0; t < steps; t++) {
  const loss = step(schedule(t));
  if ((t + 1) % (steps / 4) === 0) console.log(`step ${t + 1}: loss ${loss.item().toExponential(1)}`);
}

// Between the points it was trained on, too.
const fine = arange(2001).div(500).sub(2).reshape([2001, 1]);
const [wanted, found] = [f(fine), model.forward(fine)];
console.log(`largest error on [−2, 2]: ${found.sub(wanted).abs().max().item().toFixed(4)}`);

const axis = { x: fine.dataSync() };
const charts = [
  lineChart({ "sin(3x) + x²": wanted.dataSync(), network: found.dataSync() }, { ...axis, title: "One hidden layer" }),
  lineChart({ difference: found.sub(wanted).dataSync() }, { ...axis, title: "Its error" }),
];
await writeFile("universality.svg", sheet(charts));
console.log("plot: universality.svg");
