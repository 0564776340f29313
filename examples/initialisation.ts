/**
 * How large weights should be at first: so that signals neither die out nor blow up from layer to layer. Their size in
 * twenty layers is plotted as initialisation.svg.
 *
 *     node build-examples/examples/initialisation.js
 */

import { writeFile } from "node:fs/promises";
import { randomNormal } from "nodegrad";
import { lineChart } from "nodegrad/data";
import {
  Activation,
  type ActivationName,
  type Initializer,
  kaimingNormal,
  Linear,
  normal,
  xavierNormal,
} from "nodegrad/nn";
import { sheet } from "./pictures.js";

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
const layerNumbers = Array.from({ length: layers }, (_, i) => i + 1);
const charts = (["tanh", "relu"] as const).map((activation) => {
  const curves: Record<string, number[]> = {};
  for (const [name, initializer] of Object.entries(initializers)) {
    const found = sizes(initializer, activation);
    console.log(`${activation}, ${name}: ${[0, 9, 19].map((i) => (found[i] as number).toExponential(1)).join(" → ")}`);
    curves[name] = found.map(Math.log10);
  }
  const title = `${activation}: size of signals, its logarithm to base 10`;
  return lineChart(curves, { x: layerNumbers, xLabel: "layer", title, yRange: [-8, 8] });
});
await writeFile("initialisation.svg", sheet(charts));
console.log("plot: initialisation.svg");
