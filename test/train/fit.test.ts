import { describe, expect, it } from "vitest";
import { DataLoader, generateDigits, imageDataset } from "../../lib/data/index.js";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { setSeed, type Tensor, tensor } from "../../lib/index.js";
import { crossEntropy, Flatten, Linear, Sequential } from "../../lib/nn/index.js";
import { SGD } from "../../lib/optim/index.js";
import {
  type Batch,
  type BatchSource,
  type Callback,
  evaluate,
  type FitOptions,
  fit,
  predict,
} from "../../lib/train/index.js";
import { describeOnBoth } from "../runtime/support.js";
import { bitsOf, measures, points, setUp } from "./support.js";

describeOnBoth("fit", () => {
  it("learns, and tells what each epoch gave", async () => {
    const { model, optimizer } = setUp();
    const validation = points(0, 20);
    const history = await fit(model, points, { ...measures, optimizer, epochs: 15, validation });
    expect(history.columns).toEqual([
      ...["epoch", "step", "seconds", "loss", "accuracy", "validationLoss", "validationAccuracy"],
    ]);
    expect(history.column("epoch")).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(history.column("step")).toEqual(Array.from({ length: 15 }, (_, i) => 4 * (i + 1)));
    const losses = history.column("loss");
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
    const last = history.rows.at(-1);
    const { loss, metrics, examples } = await evaluate(model, validation, measures);
    expect(examples).toBe(20);
    expect([loss, metrics.accuracy]).toEqual([last?.validationLoss, last?.validationAccuracy]);
    expect(metrics.accuracy).toBeGreaterThan(0.9);
  });

  it("gives the same bits from the same seed, whatever else has been drawn", async () => {
    const train = async (seed: number, drawn: number) => {
      setSeed(drawn);
      const parts = setUp();
      await fit(parts.model, points, { ...measures, optimizer: parts.optimizer, epochs: 2, seed });
      return bitsOf(parts);
    };
    const once = await train(7, 1);
    expect(await train(7, 2)).toBe(once);
    expect(await train(8, 1)).not.toBe(once);
  });

  it("weighs batches by their examples", async () => {
    const { model, optimizer } = setUp(1, 0);
    const options = { ...measures, optimizer, epochs: 1 };
    const [whole, parts] = [points(0, 8), points(0, 28)];
    const mean = async (batches: Batch[]) => (await evaluate(model, batches, measures)).loss;
    const each = await Promise.all(parts.map(async (batch) => [batch.targets.size, await mean([batch])] as const));
    const weighted = each.reduce((sum, [count, loss]) => sum + count * loss, 0) / 28;
    // Both sum the same float32 losses in float64, in the same order.
    expect(await mean(parts)).toBe(weighted);
    expect((await fit(model, whole, options)).rows).toHaveLength(1);
  });
});

describe("fit", () => {
  it("takes batches from whatever can be iterated, and reads them as it is told", async () => {
    const run = async <B>(data: FitOptions<B>["validation"] & {}, options: Partial<FitOptions<B>> = {}) => {
      const parts = setUp();
      await fit<B>(parts.model, data, { ...measures, optimizer: parts.optimizer, epochs: 1, ...options });
      return bitsOf(parts);
    };
    const expected = await run(points());
    async function* slowly() {
      for (const batch of points()) {
        await new Promise(setImmediate);
        yield batch;
      }
    }
    expect(await run(slowly())).toBe(expected);
    expect(await run(() => slowly())).toBe(expected);
    expect(await run(new Set(points()))).toBe(expected);
    expect(await run({ epoch: (i: number) => points(i).values() })).toBe(expected);
    expect(await run(points().map(({ inputs, targets }) => ({ x: inputs, y: targets })))).toBe(expected);
    expect(await run(points().map(({ inputs, targets }) => [inputs, targets]))).toBe(expected);
    const { model, optimizer } = setUp();
    const turned = points().map(({ inputs, targets }) => [targets, inputs] as const);
    await fit(model, turned, {
      ...measures,
      optimizer,
      epochs: 1,
      forward: ([, x]) => model.forward(x),
      targets: ([y]) => y,
    });
    expect(bitsOf({ model, optimizer })).toBe(expected);
  });

  it("takes a loader, whose epochs differ in their order", async () => {
    const digits = generateDigits({ count: 20 });
    const loader = new DataLoader(imageDataset(digits), { batchSize: 8, shuffle: true, seed: 3 });
    const train = async (data: BatchSource<{ readonly images: Tensor; readonly labels: Tensor }>) => {
      const model = new Sequential([new Flatten(), new Linear(784, 10, { seed: 1 })]);
      const optimizer = new SGD(model.parameters(), { learningRate: 0.1 });
      const seen: number[][] = [];
      await fit(model, data, {
        ...measures,
        optimizer,
        epochs: 2,
        targets({ labels }) {
          if (labels.storage !== undefined) seen.push([...labels.dataSync()]);
          return labels;
        },
      });
      return { seen, weight: model.parameters()["1.weight"]?.toArray() };
    };
    const { seen, weight } = await train(loader);
    const orders = [0, 1].map((epoch) => seen.slice(3 * epoch, 3 * epoch + 3).flat());
    expect(orders[0]).not.toEqual(orders[1]);
    for (const order of orders) expect(order.sort()).toEqual([...digits.labels].sort());
    expect((await train((epoch) => loader.epoch(epoch))).weight).toEqual(weight);
  });

  it("calls back in order, and ends when it is told to", async () => {
    const { model, optimizer } = setUp();
    const events: string[] = [];
    const note: Callback = {
      onStart: (run) => events.push(`start ${run.epochs}`),
      onPassStart: (run, phase) => events.push(`${phase} ${run.epoch}`),
      onBatchEnd: (run, phase, { batches, examples }) =>
        events.push(`${phase} ${batches} ${examples}, ${run.step} ${model.training}`),
      onPassEnd: (_, phase) => events.push(`${phase} done`),
      onEpochEnd: async (run, { epoch }) => {
        await new Promise(setImmediate);
        events.push(`epoch ${epoch}`);
        run.stop();
      },
      onEnd: (run) => events.push(`end ${run.epoch} ${run.history.rows.length}`),
    };
    model.eval();
    await fit(model, points(0, 12), {
      ...measures,
      optimizer,
      epochs: 3,
      validation: points(0, 8),
      callbacks: [note],
    });
    expect(events).toEqual([
      ...["start 3", "training 0", "training 1 8, 1 true", "training 2 12, 2 true", "training done"],
      ...["validation 0", "validation 1 8, 2 false", "validation done", "epoch 1", "end 1 1"],
    ]);
    expect(model.training).toBe(false);
  });

  it("sets the rate of every step by its schedule, and compiles nothing for it", async () => {
    const { model, optimizer } = setUp();
    const rates: number[] = [];
    await fit(model, points, {
      ...measures,
      optimizer,
      epochs: 2,
      schedule: (step) => 0.5 / 2 ** step,
      callbacks: [{ onBatchEnd: () => rates.push(optimizer.learningRate) }],
    });
    expect(rates).toEqual(Array.from({ length: 8 }, (_, step) => 0.5 / 2 ** step));
  });

  it("lets gradients be changed before they are used", async () => {
    const { model, optimizer } = setUp();
    const before = bitsOf({ model, optimizer });
    await fit(model, points(), {
      ...measures,
      optimizer,
      epochs: 1,
      beforeStep() {
        for (const parameter of optimizer.parameters) parameter.grad = parameter.grad?.mul(0);
      },
    });
    const weights = (bits: string) => bits.split("\n").slice(0, 4);
    expect(weights(bitsOf({ model, optimizer }))).toEqual(weights(before));
  });

  it("fetches a batch while the one before is computed, and ends the data when something fails", async () => {
    const { model, optimizer } = setUp();
    const events: string[] = [];
    function* watched() {
      try {
        for (const [i, batch] of points().entries()) {
          events.push(`fetched ${i}`);
          yield batch;
        }
      } finally {
        events.push("closed");
      }
    }
    const failing: Callback = {
      onBatchEnd: (_, __, { batches }) => {
        events.push(`done ${batches - 1}`);
        if (batches === 2) throw new Error("enough");
      },
    };
    const training = fit(model, watched, { ...measures, optimizer, epochs: 1, callbacks: [failing] });
    await expect(training).rejects.toThrow("enough");
    expect(events).toEqual(["fetched 0", "fetched 1", "done 0", "fetched 2", "done 1", "closed"]);
  });

  it.each<[string, unknown, object, new (message: string) => Error, string]>([
    ["an unknown option", points, { epoch: 1 }, OptionError, 'fit: unknown option "epoch"; did you mean "epochs"?'],
    ["no epochs", points, { epochs: 0 }, OptionError, 'fit: option "epochs" must be an integer in [1, '],
    [
      "no optimiser",
      points,
      { optimizer: SGD },
      OptionError,
      'fit: option "optimizer" must be an optimiser, got function',
    ],
    ["a callback alone", points, { callbacks: {} }, OptionError, 'fit: option "callbacks" must be a list, got Object'],
    ["no loss", points, { loss: undefined }, OptionError, 'fit: option "loss" must be a function, got undefined'],
    ["a metric that is none", points, { metrics: { a: 1 } }, OptionError, 'option "metrics.a" must be a function'],
    ["a metric named loss", points, { metrics: { loss: crossEntropy } }, OptionError, '"loss" is the name of the loss'],
    [
      "a loss that is no scalar",
      points,
      { loss: (x: Tensor) => x },
      ShapeError,
      "fit: loss of a batch must be a scalar",
    ],
    ["a negative seed", points, { seed: -1 }, OptionError, 'fit: option "seed" must be'],
    [
      "no data",
      5,
      {},
      OptionError,
      "fit: data must be a DataLoader, an iterable of batches or a function that gives one, got 5",
    ],
    ["data of no batches", [], {}, OptionError, "fit: epoch 1 has no batches: []"],
    ["data that is used up", points().values(), { epochs: 2 }, OptionError, "fit: epoch 2 has no batches"],
    ["batches that are none", [{ x: "1" }], {}, OptionError, "fit: a batch has no inputs; give pairs such as"],
    ["batches without targets", [{ inputs: tensor([[1, 2]]) }], {}, OptionError, "a batch has no targets"],
    ["validation of no batches", points, { validation: [] }, OptionError, "fit: data has no batches"],
    ["another path", points, { checkpoint: { path: 1 } }, OptionError, 'checkpoint: option "path" must be a string'],
    [
      "a state without a name",
      points,
      { callbacks: [{ state: () => ({}), loadState() {} }] },
      OptionError,
      "fit: a callback with a state needs a name",
    ],
  ])("refuses %s", async (_, data, options, type, message) => {
    const { model, optimizer } = setUp();
    const error = await fit(model, data as Batch[], { ...measures, optimizer, epochs: 1, ...options }).catch((e) => e);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain(message);
  });
});

describeOnBoth("evaluate and predict", () => {
  it("leave the model as it is, and say the same of whole and of parted data", async () => {
    const { model } = setUp();
    const batches = points();
    const outputs = await predict(model, batches);
    expect(outputs.shape).toEqual([28, 2]);
    expect(model.training).toBe(true);
    model.eval();
    expect(outputs.toArray()).toEqual(batches.flatMap(({ inputs }) => model.forward(inputs).toArray()));
    const { confusion, metrics } = await evaluate(model, batches, { ...measures, confusion: true });
    const right = (confusion?.[0]?.[0] as number) + (confusion?.[1]?.[1] as number);
    expect(confusion?.flat().reduce((a, b) => a + b)).toBe(28);
    expect(metrics.accuracy).toBeCloseTo(right / 28, 6);
  });

  it("refuse what they do not know", async () => {
    const { model } = setUp();
    await expect(evaluate(model, points(), { ...measures, confusions: true } as never)).rejects.toThrow(
      'evaluate: unknown option "confusions"; did you mean "confusion"?',
    );
    await expect(evaluate(model, [], measures)).rejects.toThrow("evaluate: data has no batches");
    await expect(predict(model, [])).rejects.toThrow("predict: data has no batches");
    await expect(predict(model, [{ x: "1" }] as never)).rejects.toThrow("predict: a batch has no inputs");
  });
});
