/**
 * Descent on a surface over two parameters: from different initial points into different minima, and, along a narrow valley,
 * by different optimisers. The paths are plotted as error-surface.svg.
 *
 *     node build-examples/examples/error-surface.js
 */

import { writeFile } from "node:fs/promises";
import { arange, compile, type Tensor, type Variable, variable } from "nodegrad";
import { imageSheet } from "nodegrad/data";
import { AdaGrad, Adam, AdamW, type Optimizer, RMSProp, SGD } from "nodegrad/optim";
import { planeChart, sheet } from "./pictures.js";

type Surface = (x: Tensor, y: Tensor) => Tensor;
type Pair = readonly [number, number];

/** Where an optimiser goes from a point. */
function descend(surface: Surface, start: Pair, make: (p: Variable[]) => Optimizer, steps: number): Pair[] {
  const [x, y] = [variable(start[0]), variable(start[1])];
  const optimizer = make([x, y]);
  const step = compile(() => {
    surface(x, y).backward();
    optimizer.step();
  });
  const points = [start];
  for (let i = 0; i < steps; i++) {
    step();
    points.push([x.item(), y.item()]);
  }
  return points;
}

/** The surface from above, the lower the darker, in bands: between them run contour lines. */
function view(surface: Surface, x: Pair, y: Pair) {
  const grid = arange(300).add(0.5).div(300);
  const along = ([from, to]: Pair) => grid.mul(to - from).add(from);
  const heights = surface(along(x), along([y[1], y[0]]).reshape([300, 1]));
  const bands = heights.add(0.1).log().mul(2).floor();
  const [low, high] = [bands.min().item(), bands.max().item()];
  // The darkest is no black, on which paths could not be seen.
  const background = imageSheet(bands.reshape([1, 1, 300, 300]), { range: [2 * low - high, high + 1] });
  return { x, y, background, joined: true };
}

// Himmelblau's surface has four minima, all of height 0.
const himmelblau: Surface = (x, y) => x.square().add(y).sub(11).square().add(x.add(y.square()).sub(7).square());
// biome-ignore format: points
const starts: readonly Pair[] = [[1, 1], [-1, 1], [-1, -2], [1, -2], [0, 4.5]];
const descents: Record<string, Pair[]> = {};
for (const start of starts) {
  const points = descend(himmelblau, start, (p) => new SGD(p, { learningRate: 0.005 }), 200);
  const [x, y] = (points.at(-1) as Pair).map((value) => value.toFixed(2));
  console.log(`from (${start.join(", ")}) to (${x}, ${y})`);
  descents[`from (${start.join(", ")})`] = points;
}

// A valley longer than it is wide: across it the slope is twenty times as steep as along it.
const valley: Surface = (x, y) => x.square().div(20).add(y.square());
const optimizers: Readonly<Record<string, (parameters: Variable[]) => Optimizer>> = {
  SGD: (p) => new SGD(p, { learningRate: 0.9 }),
  momentum: (p) => new SGD(p, { learningRate: 0.1, momentum: 0.8 }),
  Nesterov: (p) => new SGD(p, { learningRate: 0.1, momentum: 0.8, nesterov: true }),
  AdaGrad: (p) => new AdaGrad(p, { learningRate: 1 }),
  RMSProp: (p) => new RMSProp(p, { learningRate: 0.2 }),
  Adam: (p) => new Adam(p, { learningRate: 0.4 }),
  AdamW: (p) => new AdamW(p, { learningRate: 0.4, weightDecay: 0.1 }),
};
const ways: Record<string, Pair[]> = {};
for (const [name, make] of Object.entries(optimizers)) {
  const points = descend(valley, [-7, 2], make, 60);
  console.log(`${name}: below 0.05 after ${points.findIndex(([x, y]) => x ** 2 / 20 + y ** 2 < 0.05)} steps`);
  ways[name] = points;
}

const first = { title: "Different initial points", points: descents, ...view(himmelblau, [-5, 5], [-5, 5]) };
const second = { title: "Different optimisers", points: ways, ...view(valley, [-8, 2], [-3, 3]) };
await writeFile("error-surface.svg", sheet([planeChart(first), planeChart(second)]));
console.log("plot: error-surface.svg");
