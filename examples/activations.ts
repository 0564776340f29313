/**
 * Activation functions and their derivatives, plotted as activations.svg.
 *
 *     node build-examples/examples/activations.js
 */

import { writeFile } from "node:fs/promises";
import { arange, grad, maximum, type Tensor, tensor } from "nodegrad";
import { lineChart } from "nodegrad/data";
import { Activation } from "nodegrad/nn";
import { sheet } from "./pictures.js";

const layer = (activation: Activation) => (x: Tensor) => activation.forward(x);

const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  sigmoid: layer(new Activation("sigmoid")),
  tanh: layer(new Activation("tanh")),
  ReLU: layer(new Activation("relu")),
  "leaky ReLU": layer(new Activation("leakyRelu", { slope: 0.1 })),
  "maxout of x/2 + 1 and −x": (x) => maximum(x.div(2).add(1), x.neg()),
  ELU: layer(new Activation("elu", { alpha: 1 })),
  GELU: layer(new Activation("gelu")),
  SiLU: layer(new Activation("silu")),
  softplus: layer(new Activation("softplus")),
};

/** The derivative of a function of each element: each has an influence on its own value alone. */
const derivative = (f: (x: Tensor) => Tensor) => grad((x: Tensor) => f(x).sum());

const format = (x: Tensor) => [...x.dataSync()].map((value) => value.toFixed(3)).join(", ");
const x = arange(401).div(50).sub(4);

const charts = Object.entries(functions).map(([name, f]) => {
  const at = tensor([-1, 1]);
  console.log(`${name}: f(±1) = ${format(f(at))}; f′(±1) = ${format(derivative(f)(at))}`);
  const curves = { f: f(x).dataSync(), "f′": derivative(f)(x).dataSync() };
  return lineChart(curves, { x: x.dataSync(), title: name, yRange: [-2, 4], width: 320, height: 240 });
});
await writeFile("activations.svg", sheet(charts, 3));
console.log("plot: activations.svg");
