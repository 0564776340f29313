/**
 * The course's network in twenty lines: 1000 inputs, a hidden layer of 100 sigmoids, 10 outputs, squared error,
 * 10,000 steps of gradient descent. Each step is one call into the machine.
 */

import { compile, randomNormal, randomUniform, variable } from "nodegrad";
import { SGD } from "nodegrad/optim";

const [n, inputs, hidden, outputs] = [64, 1000, 100, 10] as const;
const x = randomUniform([n, inputs]);
const y = randomUniform([n, outputs]);
const w1 = variable(randomNormal([inputs, hidden]));
const w2 = variable(randomNormal([hidden, outputs]));
const optimizer = new SGD([w1, w2], { learningRate: 1e-4 });
const step = compile(() => {
  const loss = x.matmul(w1).sigmoid().matmul(w2).sub(y).square().sum();
  loss.backward();
  optimizer.step();
  return loss;
});
for (let t = 1; t <= 10_000; t++) {
  const loss = step();
  if (t % 1000 === 0) console.log(t, loss.item());
}
