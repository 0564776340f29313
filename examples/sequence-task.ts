/**
 * A sequence task: an LSTM reads bits one by one and says after each whether the number of ones is odd so far. The answer hangs
 * on every bit before: a network that sees only the last one is at chance. What the LSTM learns from short sequences holds
 * for long ones.
 *
 *     node build-examples/examples/sequence-task.js [--quick]
 */

import { compile, type Tensor, tensor } from "nodegrad";
import { Random } from "nodegrad/data";
import { accuracy, crossEntropy, Embedding, Linear, LSTM, Module, Sequential } from "nodegrad/nn";
import { Adam } from "nodegrad/optim";
import { percent, quick } from "./inputs.js";

const random = new Random(1);

/** Random bits, `[count, length]`, and the parity of each and those before. */
function sequences(count: number, length: number): [bits: Tensor, parities: Tensor] {
  const bits = Int32Array.from({ length: count * length }, () => random.below(2));
  const parities = bits.slice();
  parities.forEach((bit, i) => {
    if (i % length > 0) parities[i] = bit ^ (parities[i - 1] as number);
  });
  return [tensor(bits, { shape: [count, length] }), tensor(parities, { shape: [count, length] })];
}

/** Scores of even and odd after each bit. */
class Reader extends Module {
  readonly embedding = new Embedding(2, 4, { seed: 1 });
  readonly lstm = new LSTM(4, 16, { seed: 2 });
  readonly fc = new Linear(16, 2, { seed: 3 });

  forward(bits: Tensor): Tensor {
    return this.fc.forward(this.lstm.forward(this.embedding.forward(bits)).output);
  }
}

const models = {
  "sees one bit": new Sequential([new Embedding(2, 16, { seed: 1 }), new Linear(16, 2, { seed: 2 })]),
  LSTM: new Reader(),
};
/** Of the first bit anybody knows the parity, of the others half. */
const chance = (length: number) => (1 + length) / (2 * length);

const steps = quick ? 500 : 1500;
for (const [name, model] of Object.entries(models)) {
  const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
  const step = compile((bits: Tensor, parities: Tensor) => {
    const loss = crossEntropy(model.forward(bits), parities);
    loss.backward();
    optimizer.step();
    return loss;
  });
  for (let i = 0; i < steps; i++) step(...sequences(32, 10));
  const shares = [10, 100].map((length) => {
    const [bits, parities] = sequences(500, length);
    return `of ${length} bits ${percent(accuracy(model.forward(bits), parities).item())} (chance ${percent(chance(length))})`;
  });
  console.log(`${name}: parity ${shares.join(", ")}`);
}
