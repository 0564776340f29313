/**
 * Deep or wide: networks with about as many parameters in one, two or three hidden layers fit sin(3 sin(3 sin 3x)), a function
 * of a function of a function. The deeper fits better, as deep-vs-wide.svg shows.
 *
 *     node build-examples/examples/deep-vs-wide.js [--quick]
 */

import { writeFile } from "node:fs/promises";
import { arange, compile, type Tensor } from "nodegrad";
import { lineChart } from "nodegrad/data";
import { Activation, Linear, mseLoss, Sequential, summary } from "nodegrad/nn";
import { Adam, cosineSchedule } from "nodegrad/optim";
import { quick } from "./inputs.js";
import { sheet } from "./pictures.js";

const f = (x: Tensor) => x.mul(3).sin().mul(3).sin().mul(3).sin();
const x = arange(512).div(255.5).sub(1).reshape([512, 1]).realize();
const y = f(x).realize();

/** A network with hidden layers of these widths. */
function network(widths: readonly number[]): Sequential {
  const sizes = [1, ...widths];
  const hidden = widths.flatMap((width, i) => [
    new Linear(sizes[i] as number, width, { gain: 5 / 3, seed: i }),
    new Activation("tanh"),
  ]);
  return new Sequential([...hidden, new Linear(widths.at(-1) as number, 1, { seed: widths.length })]);
}

/** Fits the function; the mean squared error at the end. */
function train(model: Sequential): number {
  const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
  const step = compile((rate: Tensor | number) => {
    const loss = mseLoss(model.forward(x), y);
    loss.backward();
    optimizer.learningRate = rate;
    optimizer.step();
    return loss;
  });
  const steps = quick ? 2000 : 20_000;
  const schedule = cosineSchedule(0.01, { steps });
  for (let t = 1; t < steps; t++) step(schedule(t - 1));
  return step(schedule(steps - 1)).item();
}

const charts = [[160], [20, 20], [14, 14, 14]].map((widths) => {
  const model = network(widths);
  const error = train(model).toExponential(1);
  const title = `Hidden layers: ${widths.join(", ")}`;
  console.log(`${title}: ${summary(model, [1]).parameters} parameters, mean squared error ${error}`);
  const curves = { function: y.dataSync(), network: model.forward(x).dataSync() };
  return lineChart(curves, { x: x.dataSync(), title, yRange: [-1.5, 1.5] });
});
await writeFile("deep-vs-wide.svg", sheet(charts));
console.log("plot: deep-vs-wide.svg");
