/** LeNet-5 learns to read digits: those of MNIST with `--data-dir`, otherwise generated ones. */

import { argMax, cast, compile, type Tensor, tensor } from "nodegrad";
import { batches, gatherLabels, gatherPixels, generateDigits, type LabelledImages, loadMnist } from "nodegrad/data";
import { saveSafetensors } from "nodegrad/io";
import { lenet5 } from "nodegrad/models";
import { crossEntropy } from "nodegrad/nn";
import { linearSchedule, SGD } from "nodegrad/optim";
import { dataDir, percent, quick } from "./inputs.js";

const train = dataDir ? await loadMnist(dataDir) : generateDigits({ count: quick ? 3000 : 12_000 });
const test = dataDir ? await loadMnist(dataDir, { split: "test" }) : generateDigits({ count: 2000, seed: 1 });

/** A batch as it is stored: a quarter of the bytes of floats. */
function pixels({ images, rows, columns }: LabelledImages, indices: Int32Array): Tensor {
  const out = new Uint8Array(indices.length * rows * columns);
  gatherPixels(images, indices, out);
  return tensor(out, { shape: [indices.length, 1, rows, columns] });
}

/** Mean 0 and standard deviation 1, computed where the model runs. */
const normalise = (images: Tensor) => cast(images, "float32").div(255).sub(0.1307).div(0.3081);

const model = lenet5({ seed: 1 });
const optimizer = new SGD(model.parameters(), { learningRate: 0.05, momentum: 0.9 });
// Long steps find the way, short ones the place: the rate falls to 0 in every epoch.
const schedule = linearSchedule(0.05, { steps: Math.ceil(train.count / 64) });

const step = compile((images: Tensor, labels: Tensor, rate: number) => {
  const loss = crossEntropy(model.forward(normalise(images)), labels);
  loss.backward();
  optimizer.learningRate = rate;
  optimizer.step();
  return loss;
});

const classify = compile((images: Tensor) => argMax(model.forward(normalise(images)), { axis: -1 }));

for (let epoch = 0; epoch < (dataDir ? 5 : 2); epoch++) {
  let [sum, steps] = [0, 0];
  for (const indices of batches({ count: train.count, batchSize: 64, shuffle: true, seed: 1, epoch })) {
    const labels = tensor(gatherLabels(train.labels, indices));
    sum += step(pixels(train, indices), labels, schedule(steps++)).item();
  }
  let right = 0;
  for (const indices of batches({ count: test.count, batchSize: 500 })) {
    const classes = classify(pixels(test, indices)).dataSync();
    indices.forEach((index, i) => {
      if (classes[i] === test.labels[index]) right++;
    });
  }
  console.log(`epoch ${epoch + 1}: loss ${(sum / steps).toFixed(4)}, test accuracy ${percent(right / test.count)}`);
}

await saveSafetensors("lenet5.safetensors", model.state());
