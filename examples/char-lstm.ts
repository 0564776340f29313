/**
 * A language model of characters: an LSTM learns to spell from lines such as "two red stars on a blue ground", and writes
 * lines of its own, a character at a time.
 *
 *     node build-examples/examples/char-lstm.js [--quick]
 */

import { arrayDataset, captionOf, DataLoader, generateScenes } from "nodegrad/data";
import { alphabetOf, CharLSTM } from "nodegrad/models";
import { accuracy, crossEntropy } from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { fit } from "nodegrad/train";
import { percent, quick } from "./inputs.js";

/** Captions of pictures that nobody looks at. */
const lines = (count: number, seed: number) => generateScenes({ count, seed, size: 8 }).scenes.map(captionOf);
const text = `${lines(quick ? 400 : 1500, 0).join("\n")}\n`;

const model = new CharLSTM(alphabetOf(text), { features: 16, hidden: quick ? 64 : 128, seed: 1 });
console.log(`${text.length} characters, ${model.alphabet.length} different`);

const loader = new DataLoader(arrayDataset(model.windows(text, 40)), { batchSize: 16, shuffle: true, seed: 1 });
const show = (epoch: number) => console.log(`after ${epoch} epochs: ${JSON.stringify(model.generate("\n", 60))}`);
show(0);
const history = await fit(model, loader, {
  loss: crossEntropy,
  metrics: { accuracy },
  optimizer: new Adam(model.parameters(), { learningRate: 0.01 }),
  epochs: 10,
  callbacks: [{ onEpochEnd: (_, { epoch }) => show(epoch) }],
});
console.log(`the next character: ${percent(history.rows.at(-1)?.accuracy ?? 0)} right`);

// With a low temperature, it sticks to what it is sure of.
const temperature = 0.7;
const written = model
  .generate("\n", quick ? 1500 : 4000, { temperature, seed: 1 })
  .split("\n")
  .slice(0, -1);
console.log(written.slice(0, 5).join("\n"));
const words = new Set(text.split(/\s/));
const spelt = written.flatMap((line) => line.split(" ")).map((word) => words.has(word));
console.log(`words spelt rightly: ${percent(spelt.filter(Boolean).length / spelt.length)} of ${spelt.length}`);

// Every line that makes sense: 450, of which the text has some.
const sensible = new Set(lines(20_000, 1));
const right = written.filter((line) => sensible.has(line));
console.log(`lines that make sense: ${percent(right.length / written.length)} of ${written.length},`);
console.log(`  ${right.filter((line) => !text.includes(`${line}\n`)).length} of them were not in the text`);
