/**
 * A playground: a network learns which points of the plane lie in a ring, and how it sees the plane is painted again and
 * again meanwhile, frame by frame from left to right and from top to bottom, as playground.png: white is the ring.
 *
 *     node build-examples/examples/playground.js [--quick]
 */

import { compile, softmax, stack, type Tensor, tensor } from "nodegrad";
import { batches, generateHardCase, imageSheet, savePng } from "nodegrad/data";
import { Activation, accuracy, crossEntropy, Linear, Sequential } from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { percent, quick } from "./inputs.js";

// Change these and look again.
const hidden = [16, 16];
const activation = "tanh";
const frames = quick ? 6 : 12;
const epochsOfFrame = quick ? 3 : 4;

const count = 2000;
const data = generateHardCase("ring", { count });
const [x, y] = [tensor(data.points, { shape: [count, 2] }), tensor(data.labels)];

const sizes = [2, ...hidden];
const layers = hidden.flatMap((width, i) => [
  new Linear(sizes[i] as number, width, { seed: i }),
  new Activation(activation),
]);
const model = new Sequential([...layers, new Linear(sizes.at(-1) as number, 2, { seed: hidden.length })]);
const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
const step = compile((indices: Tensor) => {
  const loss = crossEntropy(model.forward(x.gather(indices)), y.gather(indices));
  loss.backward();
  optimizer.step();
  return loss;
});

// The square within ±3, and for each of its points the probability of the ring.
const side = 60;
const grid = tensor(
  Array.from({ length: side * side }, (_, i) => [(6 * (i % side)) / side - 3, 3 - (6 * Math.floor(i / side)) / side]),
);
const look = compile(() => softmax(model.forward(grid)).slice([null, 1]).reshape([1, side, side]));

const pictures = [look()];
for (let frame = 1; frame < frames; frame++) {
  for (let epoch = 0; epoch < epochsOfFrame; epoch++) {
    const order = { count, batchSize: 20, shuffle: true, epoch: frame * epochsOfFrame + epoch };
    for (const indices of batches(order)) step(tensor(indices));
  }
  pictures.push(look());
  console.log(`frame ${frame + 1}: ${percent(accuracy(model.forward(x), y).item())}`);
}
await savePng("playground.png", imageSheet(stack(pictures), { columns: frames / 2, scale: 2, range: [0, 1] }));
console.log("frames: playground.png");
