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
import { type Curve, plot } from "./plot.js";

type Surface = (x: Tensor, y: Tensor) => Tensor;
type Pair = readonly [number, number];

/** The points at which an optimiser arrives, and their heights. */
function descend(surface: Surface, start: Pair, make: (p: Variable[]) => Optimizer, steps: number) {
  const [x, y] = [variable(start[0]), variable(start[1])];
  const optimizer = make([x, y]);
  const step = compile(() => {
    const height = surface(x, y);
    height.backward();
    optimizer.step();
    return height;
  });
  const path = { x: [start[0]], y: [start[1]], heights: [] as number[] };
  for (let i = 0; i < steps; i++) {
    path.heights.push(step().item());
    path.x.push(x.item());
    path.y.push(y.item());
  }
  return path;
}

/** The surface from above, the lower the darker, in bands: between them run contour lines. */
function view(surface: Surface, xRange: Pair, yRange: Pair) {
  const grid = arange(300).add(0.5).div(300);
  const along = ([low, high]: Pair) => grid.mul(high - low).add(low);
  const heights = surface(along(xRange), along([yRange[1], yRange[0]]).reshape([300, 1]));
  const bands = heights.add(0.1).log().mul(2).floor();
  const [low, high] = [bands.min().item(), bands.max().item()];
  // The darkest is no black, on which paths could not be seen.
  const background = imageSheet(bands.reshape([1, 1, 300, 300]), { range: [2 * low - high, high + 1] });
  return { axes: ["first parameter", "second parameter"], xRange, yRange, background } as const;
}

// Himmelblau's surface has four minima, all of height 0.
const himmelblau: Surface = (x, y) => x.square().add(y).sub(11).square().add(x.add(y.square()).sub(7).square());
// biome-ignore format: points
const starts: readonly Pair[] = [[1, 1], [-1, 1], [-1, -2], [1, -2], [0, 4.5]];
const descents = starts.map((start): Curve => {
  const path = descend(himmelblau, start, (p) => new SGD(p, { learningRate: 0.005 }), 200);
  const end = [path.x, path.y].map((values) => values.at(-1)?.toFixed(2));
  console.log(`from (${start.join(", ")}) to (${end.join(", ")})`);
  return { ...path, name: `from (${start.join(", ")})`.replaceAll("-", "−") };
});

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
const ways = Object.entries(optimizers).map(([name, make]): Curve => {
  const path = descend(valley, [-7, 2], make, 60);
  console.log(`${name}: below 0.05 after ${path.heights.findIndex((height) => height < 0.05)} steps`);
  return { ...path, name };
});

const first = { title: "different initial points", curves: descents, ...view(himmelblau, [-5, 5], [-5, 5]) };
const second = { title: "different optimisers", curves: ways, ...view(valley, [-8, 2], [-3, 3]) };
await writeFile("error-surface.svg", plot([first, second]));
console.log("plot: error-surface.svg");
