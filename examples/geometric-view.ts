/**
 * The geometric view of a linear classifier: each score is a plane over the points, and classes meet along straight lines.
 * The regions of three classes, and their points, are plotted as geometric-view.svg.
 *
 *     node build-examples/examples/geometric-view.js [--quick]
 */

import { writeFile } from "node:fs/promises";
import { tensor } from "nodegrad";
import { SoftmaxClassifier } from "nodegrad/classical";
import { imageSheet, Random } from "nodegrad/data";
import { percent, quick } from "./inputs.js";
import { planeChart } from "./pictures.js";

const centers = [[-0.5, -0.4], [0.5, -0.4], [0, 0.5]] as const; // biome-ignore format: as points
// biome-ignore format: red, green and blue of each region
const colours = [[0.8, 0.88, 0.97], [0.97, 0.84, 0.85], [0.84, 0.94, 0.86]];

const random = new Random(1);
const labels = Int32Array.from({ length: quick ? 300 : 1500 }, (_, i) => i % 3);
const points = [...labels].map((label) => {
  const [x, y] = centers[label] as readonly [number, number];
  return [x + 0.25 * random.bell(), y + 0.25 * random.bell()] as const;
});

const model = new SoftmaxClassifier({ epochs: 50, learningRate: 0.3, batchSize: 32 }).fit(tensor(points), labels);
console.log(`three classes of points: ${percent(model.score(tensor(points), labels))}`);

// Where the scores of two classes are the same: (w₀ − w₁)·(x, y) + b₀ − b₁ = 0.
const weight = model.model.weight.toArray() as [number, number][];
const bias = model.model.bias?.toArray() as number[];
const [[a0, b0], [a1, b1]] = weight as [[number, number], [number, number]];
const offset = (bias[0] as number) - (bias[1] as number);
console.log(
  `classes 0 and 1 meet where ${(a0 - a1).toFixed(1)} x + ${(b0 - b1).toFixed(1)} y + ${offset.toFixed(1)} = 0`,
);

// The class of each pixel; row 0 is at the top, where y = 1.
const side = 300;
const grid = Array.from({ length: side * side }, (_, i) => {
  return [(2 * (i % side)) / side - 1, 1 - (2 * Math.floor(i / side)) / side];
});
const regions = tensor(colours).gather(model.predict(tensor(grid)));
const background = imageSheet(regions.transpose().reshape([1, 3, side, side]), { range: [0, 1] });
const ofClasses = Object.fromEntries(
  [0, 1, 2].map((label) => [`class ${label}`, points.filter((_, i) => labels[i] === label)]),
);
const chart = planeChart({ title: "Regions of three classes", points: ofClasses, x: [-1, 1], y: [-1, 1], background });
await writeFile("geometric-view.svg", chart);
console.log("plot: geometric-view.svg");
