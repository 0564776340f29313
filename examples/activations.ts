/**
 * Activation functions and their derivatives, plotted as activations.svg: the function in red, its derivative in blue, each
 * on [−4, 4].
 *
 *     node build-examples/examples/activations.js
 */

import { writeFile } from "node:fs/promises";
import { arange, grad, maximum, type Tensor, tensor } from "nodegrad";
import { Activation } from "nodegrad/nn";

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

/** A curve through [−4, 4] × [−2, 4] in a picture of 160 × 120, of which nothing outside is seen. */
function curve(y: Tensor, colour: string): string {
  const path = Array.from(y.dataSync(), (value, i) => `${(0.4 * i).toFixed(1)},${(20 * (4 - value)).toFixed(2)}`);
  return `<polyline fill="none" stroke="${colour}" points="${path.join(" ")}"/>`;
}

const plots = Object.entries(functions).map(([name, f], i) => {
  const at = tensor([-1, 1]);
  console.log(`${name}: f(±1) = ${format(f(at))}; f′(±1) = ${format(derivative(f)(at))}`);
  const axes = '<path stroke="silver" d="M0 80H160M80 0V120"/>';
  const place = `x="${170 * (i % 3)}" y="${140 * Math.floor(i / 3)}" width="160" height="120"`;
  const curves = curve(derivative(f)(x), "royalblue") + curve(f(x), "crimson");
  return `<svg ${place}>${axes}${curves}<text x="4" y="12" font-size="10">${name}</text></svg>`;
});
await writeFile(
  "activations.svg",
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 400">${plots.join("")}</svg>`,
);
console.log("plot: activations.svg");
