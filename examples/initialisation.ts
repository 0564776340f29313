/**
 * How large weights should be at first: so that signals neither die out nor blow up from layer to layer. Their size in
 * twenty layers is plotted as initialisation.svg.
 *
 *     node build-examples/examples/initialisation.js
 */

import { writeFile } from "node:fs/promises";
import { randomNormal } from "nodegrad";
import {
  Activation,
  type ActivationName,
  type Initializer,
  kaimingNormal,
  Linear,
  normal,
  xavierNormal,
} from "nodegrad/nn";
import { type Chart, plot } from "./plot.js";

const [layers, width] = [20, 256];
const fixed =
  (std: number): Initializer =>
  (name, shape, { seed }) =>
    normal(name, shape, std, { seed });

/** The root of the mean square of the signals behind each layer. */
function sizes(initializer: Initializer, activation: ActivationName): number[] {
  let x = randomNormal([64, width], { seed: 1 });
  return Array.from({ length: layers }, (_, seed) => {
    const layer = new Linear(width, width, { initializer, bias: false, seed });
    x = new Activation(activation).forward(layer.forward(x));
    return x.square().mean().sqrt().item();
  });
}

const initializers: Readonly<Record<string, Initializer>> = {
  "normal, 0.01": fixed(0.01),
  "normal, 0.2": fixed(0.2),
  Xavier: xavierNormal,
  Kaiming: kaimingNormal,
};
const charts = (["tanh", "relu"] as const).map((activation): Chart => {
  const curves = Object.entries(initializers).map(([name, initializer]) => {
    const y = sizes(initializer, activation);
    console.log(`${activation}, ${name}: ${[0, 9, 19].map((i) => (y[i] as number).toExponential(1)).join(" → ")}`);
    return { name, x: y.map((_, i) => i + 1), y };
  });
  return { title: activation, axes: ["layer", "size of signals"], curves, log: true, yRange: [1e-8, 1e8] };
});
await writeFile("initialisation.svg", plot(charts));
console.log("plot: initialisation.svg");
