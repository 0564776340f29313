/**
 * The geometric view of a linear classifier: each score is a plane over the points, and classes meet along straight lines.
 * The regions of three classes, and their points, are painted as geometric-view.png.
 *
 *     node build-examples/examples/geometric-view.js [--quick]
 */

import { tensor } from "nodegrad";
import { SoftmaxClassifier } from "nodegrad/classical";
import { Random, savePng } from "nodegrad/data";
import { percent, quick } from "./inputs.js";

const centers = [[-0.5, -0.4], [0.5, -0.4], [0, 0.5]] as const; // biome-ignore format: as points
const colours = [[230, 60, 60], [60, 170, 80], [60, 90, 220]] as const; // biome-ignore format: red, green, blue

const random = new Random(1);
const labels = Int32Array.from({ length: quick ? 300 : 1500 }, (_, i) => i % 3);
const points = [...labels].map((label) => {
  const [x, y] = centers[label] as readonly [number, number];
  return [x + 0.25 * random.bell(), y + 0.25 * random.bell()] as [number, number];
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

const side = 300;
const area = side * side;
const pixels = new Uint8Array(3 * area);
const paint = (pixel: number, label: number, light: number) => {
  for (const [c, value] of (colours[label] as readonly number[]).entries()) {
    pixels[c * area + pixel] = 255 - (255 - value) * light;
  }
};

// Row 0 is at the top, where y = 1.
const grid = Array.from({ length: area }, (_, i) => [
  (2 * (i % side)) / side - 1,
  1 - (2 * Math.floor(i / side)) / side,
]);
for (const [pixel, label] of model.predict(tensor(grid)).dataSync().entries()) paint(pixel, label, 0.4);
for (const [i, [x, y]] of points.entries()) {
  const [column, row] = [Math.floor(((x + 1) * side) / 2), Math.floor(((1 - y) * side) / 2)];
  if (Math.min(column, row) >= 0 && Math.max(column, row) < side) paint(row * side + column, labels[i] as number, 1);
}
await savePng("geometric-view.png", { pixels, channels: 3, rows: side, columns: side });
console.log("plot: geometric-view.png");
