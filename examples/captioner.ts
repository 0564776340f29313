/**
 * A captioner: a convolutional network looks at pictures of shapes, and an LSTM says what they show, word by word. Both learn
 * at once, from pictures with captions; without attention, and with it.
 *
 *     node build-examples/examples/captioner.js [--quick]
 */

import { type Tensor, tensor } from "nodegrad";
import { arrayDataset, captionOf, DataLoader, generateScenes, type Scenes, Vocabulary } from "nodegrad/data";
import { Captioner } from "nodegrad/models";
import { Adam, cosineSchedule } from "nodegrad/optim";
import { fit } from "nodegrad/train";
import { percent, quick } from "./inputs.js";

const [epochs, batchSize] = quick ? [6, 16] : [12, 32];
const train = generateScenes({ count: quick ? 2000 : 4000, seed: 0 });
const test = generateScenes({ count: quick ? 200 : 1000, seed: 2718 });

/** Pictures as they are stored, a quarter of the bytes of floats, and as the model likes them. */
const pixels = ({ images, count, rows, columns }: Scenes) =>
  ({ dtype: "uint8", shape: [count, 3, rows, columns], data: images }) as const;
const normalise = (images: Tensor) => images.cast("float32").div(255);

const captions = train.scenes.map(captionOf);
const vocabulary = new Vocabulary(captions);
const dataset = arrayDataset({ images: pixels(train), captions: vocabulary.encode(captions, { mark: true }) });
const loader = new DataLoader(dataset, { batchSize, shuffle: true, seed: 1 });
console.log(`${train.count} pictures such as "${captions[0]}"; ${vocabulary.size} words`);

const others = tensor(test.images, { shape: pixels(test).shape });
const truth = test.scenes.map(captionOf);
for (const attention of quick ? [true] : [false, true]) {
  const model = new Captioner(vocabulary, { attention, seed: 1 });
  const history = await fit<Record<"images" | "captions", Tensor>>(model, loader, {
    forward: ({ images, captions }) => model.forward(normalise(images), captions),
    targets: ({ captions }) => captions,
    loss: (scores, captions) => model.loss(scores, captions),
    optimizer: new Adam(model.parameters(), { learningRate: 0.003 }),
    schedule: cosineSchedule(0.003, { steps: epochs * loader.length }),
    epochs,
  });
  const said = model.generate(normalise(others));
  const right = said.filter((caption, i) => caption === truth[i]).length;
  const loss = history.rows.at(-1)?.loss.toFixed(4);
  console.log(`${attention ? "with" : "without"} attention: loss ${loss} a word,`);
  console.log(`  ${percent(right / test.count)} of other pictures described rightly to the last word`);
}
