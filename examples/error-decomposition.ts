/**
 * Why a classifier errs, in four parts: what nobody can know (Bayes), what no network of its size can express
 * (approximation), what the examples do not tell (estimation), and what training did not find (optimisation). The points are
 * generated, so that the probability of each class, and with it the error of any classifier, is known.
 *
 *     node build-examples/examples/error-decomposition.js [--quick]
 */

import { compile, randomUniform, type Tensor, where } from "nodegrad";
import { Activation, crossEntropy, Linear, Sequential } from "nodegrad/nn";
import { Adam, linearSchedule } from "nodegrad/optim";
import { percent, quick } from "./inputs.js";

/** The probability of class 1 at points `[n, 2]`: highest on the circle of radius π/3. */
const probability = (points: Tensor) => points.square().sum({ axes: 1 }).sqrt().mul(3).cos().mul(-4).sigmoid();

/** Points of the square within ±1.6. */
const draw = (count: number, seed: number) => randomUniform([count, 2], { low: -1.6, high: 1.6, seed }).realize();

/** Points with a class each, drawn by its probability. */
function examples(count: number, seed: number) {
  const x = draw(count, seed);
  const isOne = randomUniform([count], { seed: seed + 1 }).less(probability(x));
  return { x, y: isOne.cast("int32").realize() };
}

// Who decides for a class errs with the probability of the other one, here the mean over many points.
const everywhere = draw(20_000, 1);
const ofOne = probability(everywhere).realize();
const errorOf = (isOne: Tensor) => where(isOne, ofOne.neg().add(1), ofOne).mean().item();

/** The error of a network with so many hidden neurons after so many steps. */
function train({ x, y }: ReturnType<typeof examples>, width: number, steps: number): number {
  const model = new Sequential([
    new Linear(2, width, { seed: 1 }),
    new Activation("tanh"),
    new Linear(width, 2, { seed: 2 }),
  ]);
  const optimizer = new Adam(model.parameters(), { learningRate: 0.03 });
  const step = compile((rate: Tensor | number) => {
    crossEntropy(model.forward(x), y).backward();
    optimizer.learningRate = rate;
    optimizer.step();
  });
  const schedule = linearSchedule(0.03, { steps });
  for (let i = 0; i < steps; i++) step(schedule(i));
  const scores = model.forward(everywhere);
  return errorOf(scores.slice([null, 1]).greater(scores.slice([null, 0])));
}

// So many examples, and so many steps, that more of them would hardly help; and what there is.
const [many, few] = [examples(quick ? 4000 : 10_000, 2), examples(200, 4)];
const [enough, tooFew] = [quick ? 500 : 2000, 40];

const bayes = errorOf(ofOne.greater(0.5));
for (const width of [2, 8, 32]) {
  const best = train(many, width, enough);
  const estimated = train(few, width, enough);
  const found = train(few, width, tooFew);
  const parts = { approximation: best - bayes, estimation: estimated - best, optimisation: found - estimated };
  const terms = Object.entries(parts).map(([name, part]) => `${name} ${percent(part)}`);
  console.log(`${width} neurons: ${percent(found)} = Bayes ${percent(bayes)} + ${terms.join(" + ")}`);
}
