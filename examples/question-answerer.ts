/**
 * A question answerer: a convolutional network makes a vector of a picture, an LSTM one of a question, and their product tells
 * which of K answers is right. Beside it, what can be had without the picture, from the question alone.
 *
 *     node build-examples/examples/question-answerer.js [--quick]
 */

import type { Tensor } from "nodegrad";
import {
  arrayDataset,
  DataLoader,
  generateScenes,
  questionsAbout,
  Random,
  SCENE_ANSWERS,
  Vocabulary,
} from "nodegrad/data";
import { QuestionAnswerer } from "nodegrad/models";
import { accuracy, crossEntropy } from "nodegrad/nn";
import { Adam, cosineSchedule } from "nodegrad/optim";
import { evaluate, fit } from "nodegrad/train";
import { percent, quick } from "./inputs.js";

type Batch = Record<"images" | "questions" | "answers", Tensor>;

const [epochs, batchSize] = quick ? [8, 16] : [10, 32];
const vocabulary = new Vocabulary([
  "how many shapes are there which is it what colour the ground a circle triangle square cross star",
]);

/** Pictures, with five questions about each and their answers, batch by batch. */
function load(count: number, seed: number): DataLoader<keyof Batch> {
  const { images, scenes, rows, columns } = generateScenes({ count, seed });
  const asked = scenes.flatMap((scene, i) => questionsAbout(scene, new Random(seed, i)));
  const { data, shape } = vocabulary.encode(asked.map(({ question }) => question));
  const answers = Int32Array.from(asked, ({ answer }) => SCENE_ANSWERS.indexOf(answer));
  const dataset = arrayDataset({
    images: { dtype: "uint8", shape: [count, 3, rows, columns], data: images },
    questions: { dtype: "int32", shape: [count, 5, shape[1] as number], data },
    answers: { dtype: "int32", shape: [count, 5], data: answers },
  });
  return new DataLoader(dataset, { batchSize, shuffle: true, seed: 1 });
}
const [train, test] = [load(quick ? 1500 : 4000, 0), load(quick ? 300 : 1000, 2718)];

for (const sees of [false, true]) {
  const model = new QuestionAnswerer(vocabulary, SCENE_ANSWERS, { seed: 1 });
  const how = {
    forward: ({ images, questions }: Batch) => model.forward(images.cast("float32").mul(sees ? 1 / 255 : 0), questions),
    targets: ({ answers }: Batch) => answers,
    loss: crossEntropy,
    metrics: { accuracy },
  };
  const optimizer = new Adam(model.parameters(), { learningRate: 0.003 });
  const schedule = cosineSchedule(0.003, { steps: epochs * train.length });
  await fit<Batch>(model, train, { ...how, optimizer, schedule, epochs: sees ? epochs : 2 });
  const { metrics } = await evaluate<Batch>(model, test, how);
  console.log(`${sees ? "picture and question" : "question alone"}: ${percent(metrics.accuracy as number)} right`);
}
