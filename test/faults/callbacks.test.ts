/** Errors that a caller's own functions throw in the middle of nodegrad's work. */

import { describe, expect, it } from "vitest";
import { compile, grad, type Tensor, tensor, variable } from "../../lib/index.js";
import { type Callback, type FitOptions, fit } from "../../lib/train/index.js";
import { describeOnBoth } from "../runtime/support.js";
import { bitsOf, measures, type Points, points, setUp } from "../train/support.js";

class Mine extends Error {}
const fail = () => {
  throw new Mine("on purpose");
};
const failLater = async () => {
  await Promise.resolve();
  fail();
};

const after = (calls: number, done: () => unknown) => () => (--calls < 0 ? done() : undefined);

type Options = Partial<FitOptions<Points>>;
const callback = (name: keyof Callback, done: () => unknown): Options => ({
  callbacks: [{ [name]: done } as Callback],
});

/** Where a training calls its caller. */
const places: Record<string, Options> = {
  onStart: callback("onStart", fail),
  onPassStart: callback("onPassStart", fail),
  "onBatchEnd, later": callback("onBatchEnd", after(2, failLater)),
  onPassEnd: callback("onPassEnd", fail),
  "onEpochEnd, a rejection": callback("onEpochEnd", failLater),
  onEnd: callback("onEnd", fail),
  loss: { loss: fail },
  "a metric": { metrics: { mine: fail } },
  forward: { forward: fail },
  beforeStep: { beforeStep: fail },
  schedule: { schedule: after(2, fail) as () => number },
};

describeOnBoth("an error of the caller's", () => {
  it.each(Object.entries(places))(
    "in a training comes out as it is, and the next training is right: %s",
    async (_, options) => {
      const straight = setUp(1);
      await fit(straight.model, points, { ...measures, optimizer: straight.optimizer, epochs: 2 });
      const failed = setUp(2);
      const failing = fit(failed.model, points, { ...measures, optimizer: failed.optimizer, epochs: 2, ...options });
      await expect(failing).rejects.toBeInstanceOf(Mine);
      // Nothing is in flight: what the failed training used may be freed.
      for (const parameter of Object.values(failed.model.parameters())) (parameter as Tensor).dispose();
      const again = setUp(1);
      await fit(again.model, points, { ...measures, optimizer: again.optimizer, epochs: 2 });
      expect(bitsOf(again)).toBe(bitsOf(straight));
    },
  );

  it("while data is read ends the training, and closes the source", async () => {
    let isClosed = false;
    function* broken() {
      try {
        yield* [...points()].slice(0, 1);
        fail();
      } finally {
        isClosed = true;
      }
    }
    const { model, optimizer } = setUp(1);
    await expect(fit(model, broken, { ...measures, optimizer, epochs: 1 })).rejects.toBeInstanceOf(Mine);
    expect(isClosed).toBe(true);
  });

  it("while a function is traced leaves it and its variables as they were", () => {
    const v = variable([1, 2]);
    let isBroken = true;
    const step = compile((x: Tensor) => {
      v.assign(v.add(x));
      if (isBroken) fail();
      return v.sum();
    });
    expect(() => step(tensor([1, 1]))).toThrow(Mine);
    expect(v.dataSync()).toEqual(Float32Array.of(1, 2));
    isBroken = false;
    expect(step(tensor([1, 1])).item()).toBe(5);
  });

  it("while a derivative is taken leaves nothing behind", () => {
    expect(() => grad(fail as unknown as (x: Tensor) => Tensor)(tensor([1]))).toThrow(Mine);
    expect(grad((x: Tensor) => x.square().sum())(tensor([3])).item()).toBe(6);
  });
});

describe("an asynchronous call of a function that throws while it is traced", () => {
  it("is rejected, and the next one is right", async () => {
    let isBroken = true;
    const double = compile((x: Tensor) => (isBroken ? fail() : x.mul(2)) as Tensor);
    await expect(double.async(tensor([1]))).rejects.toBeInstanceOf(Mine);
    isBroken = false;
    expect((await double.async(tensor([1]))).item()).toBe(2);
  });
});
