import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError, OptionError } from "../../lib/errors.js";
import { earlyStopping, fit, History, type HistoryRow, progressBar, type Run } from "../../lib/train/index.js";
import { bitsOf, measures, points, setUp } from "./support.js";

/** A training of which only the validation loss changes, as given; tells after how many epochs it has stopped. */
function feed(callback: ReturnType<typeof earlyStopping>, values: readonly number[], name = "validationLoss"): number {
  const { model, optimizer } = setUp();
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  const run: Run = { model, optimizer, epochs: 99, epoch: 0, step: 0, seed: 0, history: new History(), stop };
  for (const [i, value] of values.entries()) {
    callback.onEpochEnd(run, { epoch: i + 1, step: 0, seconds: 0, loss: 1, [name]: value } as HistoryRow);
    if (isStopped) return i + 1;
  }
  return 0;
}

describe("earlyStopping", () => {
  it.each<[string, Parameters<typeof earlyStopping>[0], number[], number, number]>([
    ["after as many epochs without improvement", { patience: 2 }, [3, 2, 4, 1, 1, 1, 0], 6, 4],
    ["not while it improves", { patience: 1 }, [5, 4, 3, 2], 0, 4],
    ["when improvements are too small", { patience: 2, minDelta: 0.5 }, [3, 2.6, 2.55, 0], 3, 1],
    ["when a larger value is better", { patience: 1, mode: "max" }, [1, 2, 1.5], 3, 2],
    ["when the loss is not a number", { patience: 2 }, [NaN, NaN, 1], 2, 0],
    ["after a number among others", { patience: 2 }, [NaN, 1, NaN, NaN], 4, 2],
    ["after infinity, which any number improves on", { patience: 1 }, [Infinity, 1, 1], 3, 2],
  ])("stops %s", (_, options, values, stopped, best) => {
    const callback = earlyStopping(options);
    expect(feed(callback, values)).toBe(stopped);
    expect(callback.bestEpoch).toBe(best);
  });

  it("knows that accuracies are better when larger", () => {
    const callback = earlyStopping({ monitor: "validationAccuracy", patience: 1 });
    expect(feed(callback, [0.1, 0.2, 0.15], "validationAccuracy")).toBe(3);
    expect(callback.best).toBe(0.2);
  });

  it("leaves the parameters of the best epoch", async () => {
    const stopper = earlyStopping({ patience: 2 });
    const parts = setUp();
    const bits: string[] = [];
    // A rate that is far too high after two epochs.
    const history = await fit(parts.model, points, {
      ...measures,
      optimizer: parts.optimizer,
      epochs: 20,
      schedule: (step) => (step < 8 ? 0.1 : -0.5),
      validation: points(),
      callbacks: [stopper, { onEpochEnd: () => bits.push(bitsOf(parts)) }],
    });
    expect(history.rows).toHaveLength(4);
    expect(stopper.bestEpoch).toBe(2);
    const weights = (text = "") => text.split("\n").slice(0, 4);
    expect(weights(bitsOf(parts))).toEqual(weights(bits[1]));
    expect(weights(bitsOf(parts))).not.toEqual(weights(bits[3]));
  });

  it("refuses options out of range, and a value that is not there", () => {
    expect(() => earlyStopping({ patience: 0 })).toThrow(OptionError);
    expect(() => earlyStopping({ minDelta: -1 })).toThrow(OptionError);
    expect(() => earlyStopping({ mode: "most" as "max" })).toThrow('"mode" must be "min" or "max", got "most"');
    expect(() => earlyStopping({ monitr: "loss" } as never)).toThrow('did you mean "monitor"?');
    expect(() => feed(earlyStopping(), [1], "other")).toThrow(
      'earlyStopping: the history has no "validationLoss"; it has epoch, step, seconds, loss, other',
    );
    expect(() => earlyStopping().loadState({})).toThrow(FormatError);
  });
});

describe("History", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-history-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const rows = [
    { epoch: 1, step: 2, seconds: 0.1, loss: 1 / 3, accuracy: 0.5 },
    { epoch: 2, step: 4, seconds: 0.2, loss: Number.NaN, accuracy: 1 },
  ];
  const example = () => {
    const history = new History();
    history.rows.push(...rows);
    return history;
  };

  it("is a table as CSV and JSON", async () => {
    const history = example();
    const csv = "epoch,step,seconds,loss,accuracy\n1,2,0.1,0.3333333333333333,0.5\n2,4,0.2,NaN,1\n";
    expect(history.toCSV()).toBe(csv);
    await history.save(join(folder, "history.csv"));
    await history.save(join(folder, "history.json"));
    expect(await readFile(join(folder, "history.csv"), "utf8")).toBe(csv);
    expect(JSON.parse(await readFile(join(folder, "history.json"), "utf8"))).toEqual([
      rows[0],
      { ...rows[1], loss: null },
    ]);
    await expect(history.save(join(folder, "history.txt"))).rejects.toThrow("must end in .csv or .json, got");
    await expect(history.save(join(folder, "none", "a.csv"))).rejects.toThrow(OptionError);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it("comes back from its state, not-a-numbers included", () => {
    const other = new History();
    other.rows.push({ epoch: 9, step: 9, seconds: 9, loss: 9 });
    other.loadState(example().state());
    expect(other.rows).toEqual(rows);
    other.loadState({});
    expect(other.rows).toEqual([]);
    const { loss, epoch } = example().state();
    const short = { dtype: "float64", shape: [1], data: Float64Array.of(1) } as const;
    expect(() => other.loadState({ loss: loss as never, epoch: epoch as never, step: short })).toThrow(FormatError);
  });

  it("quotes names that CSV would take apart", () => {
    const history = new History();
    history.rows.push({ epoch: 1, step: 1, seconds: 1, loss: 1, 'top "5", all': 1 });
    expect(history.toCSV()).toBe('epoch,step,seconds,loss,"top ""5"", all"\n1,1,1,1,1\n');
  });

  it("gives columns, and names those it has", () => {
    expect(example().column("accuracy")).toEqual([0.5, 1]);
    expect(() => example().column("acuracy")).toThrow("known: epoch, step, seconds, loss, accuracy");
    expect(new History().column("loss")).toEqual([]);
    expect(new History().toCSV()).toBe("\n");
  });
});

describe("progressBar", () => {
  const shown = async (options: Parameters<typeof progressBar>[0] = {}) => {
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    const { model, optimizer } = setUp();
    await fit(model, points, {
      ...measures,
      optimizer,
      epochs: 2,
      validation: points(0, 8),
      callbacks: [progressBar({ stream, ...options })],
    });
    return String(stream.read()).split("\n");
  };

  it("shows each pass", async () => {
    const lines = await shown({ unit: "points", examples: { training: 28, validation: 8 } });
    const heads = lines.map((line) => line.split("  ")[0]);
    const epoch = (i: number) => [28, 57, 85, 100].map((percent) => `epoch ${i}/2 ${percent} %`);
    expect(heads).toEqual([...epoch(1), "test 100 %", ...epoch(2), "test 100 %", ""]);
    expect(lines[0]).toMatch(
      /^epoch 1\/2 28 % {2}loss \d\.\d{4} {2}accuracy \d+\.\d\d % {2}[\d,]+ points\/s {2}\d+ s left$/,
    );
  });

  it("counts an epoch that was resumed from its start", () => {
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    const bar = progressBar({ stream, unit: "points", examples: { training: 28 } });
    const run = { epoch: 0, epochs: 1 } as Run;
    bar.onPassStart?.(run, "training");
    bar.onBatchEnd?.(run, "training", { batches: 2, examples: 14, seconds: 7, values: {} });
    bar.onPassEnd?.(run, "training");
    expect(String(stream.read())).toBe("epoch 1/1 50 %  2 points/s  7 s left\n");
  });

  it("learns from the first epoch how many examples there are", async () => {
    const lines = await shown();
    expect(lines[0]).toMatch(/^epoch 2\/2 28 %/);
    expect(() => progressBar({ total: 1 } as never)).toThrow(OptionError);
  });
});
