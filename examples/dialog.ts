/**
 * A dialog about a picture: the second question, "and the ground", means nothing but what the first one makes it mean. The
 * state of the LSTM after a question goes on to the next; without it, the second question can only be guessed at.
 *
 *     node build-examples/examples/dialog.js [--quick]
 */

import { type Tensor, tensor } from "nodegrad";
import { arrayDataset, DataLoader, generateScenes, Random, SCENE_COLOURS, type Scene, Vocabulary } from "nodegrad/data";
import { QuestionAnswerer } from "nodegrad/models";
import { crossEntropy } from "nodegrad/nn";
import { Adam, cosineSchedule } from "nodegrad/optim";
import { fit } from "nodegrad/train";
import { percent, quick } from "./inputs.js";

const ANSWERS = [...SCENE_COLOURS, "yes", "no"];
const epochs = quick ? 6 : 10;

/** A question and one that refers back to it, with their answers: about the shape and the ground, in either order. */
function dialogAbout({ colour, ground }: Scene, random: Random): [question: string, answer: string][] {
  const parts = [["the shape", colour] as const, ["the ground", ground] as const];
  if (random.below(2) === 0) parts.reverse();
  const any = SCENE_COLOURS[random.below(SCENE_COLOURS.length)] as string;
  const wanted = [colour, ground, any][random.below(3)] as string;
  const isOpen = random.below(2) === 0;
  return parts.map(([part, is], turn) => {
    const question = isOpen ? `what colour is ${part}` : `is ${part} ${wanted}`;
    return [turn === 0 ? question : `and ${part}`, isOpen ? is : is === wanted ? "yes" : "no"];
  });
}

function examples(count: number, seed: number) {
  const { images, scenes, rows, columns } = generateScenes({ count, seed });
  const dialogs = scenes.map((scene, i) => dialogAbout(scene, new Random(seed, i)));
  return { images: { dtype: "uint8", shape: [count, 3, rows, columns], data: images }, dialogs, count } as const;
}
const train = examples(quick ? 1500 : 4000, 0);
const test = examples(quick ? 300 : 1000, 2718);

// To read a question and then another is to read both at once.
const read = train.dialogs.flatMap(([first, second]) => [first?.[0], `${first?.[0]} ${second?.[0]}`] as string[]);
const vocabulary = new Vocabulary(read);
const questions = vocabulary.encode(read);
const answers = Int32Array.from(train.dialogs.flat(), ([, answer]) => ANSWERS.indexOf(answer));
const dataset = arrayDataset({
  images: train.images,
  questions: { ...questions, shape: [train.count, 2, questions.shape[1] as number] },
  answers: { dtype: "int32", shape: [train.count, 2], data: answers },
});

const model = new QuestionAnswerer(vocabulary, ANSWERS, { seed: 1 });
const normalise = (images: Tensor) => images.cast("float32").div(255);
const loader = new DataLoader(dataset, { batchSize: 16, shuffle: true, seed: 1 });
await fit<Record<"images" | "questions" | "answers", Tensor>>(model, loader, {
  forward: ({ images, questions }) => model.forward(normalise(images), questions),
  targets: ({ answers }) => answers,
  loss: crossEntropy,
  optimizer: new Adam(model.parameters(), { learningRate: 0.003 }),
  schedule: cosineSchedule(0.003, { steps: epochs * loader.length }),
  epochs,
});

const pictures = normalise(tensor(test.images.data, { shape: test.images.shape }));
const turn = (i: number, part: number) => test.dialogs.map((dialog) => dialog[i]?.[part] as string);
const first = model.ask(pictures, turn(0, 0));
const second = model.ask(pictures, turn(1, 0), first.state);
const [one] = test.dialogs as [[string, string][]];
console.log(one.map(([question], i) => `${question}? ${[first, second][i]?.answers[0]}.`).join(" "));
const share = (said: string[], i: number) =>
  percent(said.filter((answer, j) => answer === turn(i, 1)[j]).length / test.count);
console.log(`first question: ${share(first.answers, 0)} right`);
console.log(`second question: ${share(second.answers, 1)} right`);
console.log(`second question alone: ${share(model.ask(pictures, turn(1, 0)).answers, 1)} right`);
