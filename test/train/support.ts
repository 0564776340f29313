/** A small problem that trainings in tests learn, and the values of what they train. */

import { Random } from "../../lib/data/index.js";
import { dropout, relu, type Tensor, tensor } from "../../lib/index.js";
import { accuracy, crossEntropy, Linear, Module } from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";

export const measures = { loss: crossEntropy, metrics: { accuracy } };

/** A batch of points and their classes. */
export type Points = { readonly inputs: Tensor; readonly targets: Tensor };

/** 2 → 8 → 2 with dropout while training. */
export class Net extends Module {
  readonly hidden: Linear;
  readonly out: Linear;

  constructor(seed = 1) {
    super();
    this.hidden = new Linear(2, 8, { seed });
    this.out = new Linear(8, 2, { seed: seed + 1 });
  }

  forward(x: Tensor): Tensor {
    const hidden = relu(this.hidden.forward(x));
    return this.out.forward(this.training ? dropout(hidden, { rate: 0.25 }) : hidden);
  }
}

/** Points left (class 0) and right (class 1) of x₀ = 0, in batches of 8 of which the last has 4, in an order per epoch. */
export function points(epoch = 0, count = 28): Points[] {
  const random = new Random(5);
  const all = Array.from({ length: count }, () => [random.uniform(-1, 1), random.uniform(-1, 1)] as const);
  const order = Int32Array.from(all.keys());
  new Random(6, epoch).shuffle(order);
  return Array.from({ length: Math.ceil(count / 8) }, (_, i) => {
    const chosen = [...order.subarray(8 * i, 8 * i + 8)].map((j) => all[j] as readonly [number, number]);
    return {
      inputs: tensor(chosen.map((point) => [...point])),
      targets: tensor(Int32Array.from(chosen, ([x]) => (x > 0 ? 1 : 0))),
    };
  });
}

/** A model and its optimiser. */
export function setUp(seed = 1, learningRate = 0.2) {
  const model = new Net(seed);
  return { model, optimizer: new SGD(model.parameters(), { learningRate, momentum: 0.9 }) };
}

/** The bytes of what a training leaves. */
export function bitsOf({ model, optimizer }: ReturnType<typeof setUp>): string {
  return [model.state(), optimizer.state()]
    .flatMap((state) => Object.entries(state))
    .map(([name, { data }]) => `${name} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex")}`)
    .join("\n");
}
