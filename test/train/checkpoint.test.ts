/** Trainings that are interrupted, also in mid-write, and go on. */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arrayDataset, DataLoader, type Dataset, Random } from "../../lib/data/index.js";
import { FormatError, OptionError } from "../../lib/errors.js";
import { randomUniform, setSeed } from "../../lib/index.js";
import { loadSafetensors, saveSafetensors } from "../../lib/io/index.js";
import {
  type BatchSource,
  type Callback,
  earlyStopping,
  type FitOptions,
  fit,
  type History,
  loadCheckpoint,
} from "../../lib/train/index.js";
import { describeOnBoth, dist } from "../runtime/support.js";
import { bitsOf, measures, type Points, points, setUp } from "./support.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodegrad-checkpoint-"));
  path = join(folder, "training.safetensors");
});
afterEach(() => rm(folder, { recursive: true }));

/** Trains anew, or goes on; gives the bits of what is left. */
async function train(
  epochs: number,
  options: Partial<FitOptions<Points>> = {},
  seed = 1,
  data: BatchSource<Points> = points,
) {
  const parts = setUp(seed);
  const history = await fit(parts.model, data, { ...measures, optimizer: parts.optimizer, epochs, ...options });
  return { bits: bitsOf(parts), history };
}

/** The history without what differs from one run to the next. */
const timeless = ({ rows }: History) => rows.map((row) => ({ ...row, seconds: 0 }));

/** Fails after some step. */
const failing = (last: number): Callback => ({
  onBatchEnd({ step }, phase) {
    if (phase === "training" && step === last) throw new Error("enough");
  },
});

describeOnBoth("a training that is resumed", () => {
  it("continues to the same bits as one that was not interrupted", async () => {
    const straight = await train(6, { validation: points() });
    await train(3, { validation: points(), checkpoint: { path } });
    // What the process has drawn meanwhile, and what the new model starts with, make no difference.
    setSeed(99);
    const resumed = await train(6, { validation: points(), checkpoint: { path, resume: true } }, 50);
    expect(resumed.bits).toBe(straight.bits);
    expect(timeless(resumed.history)).toEqual(timeless(straight.history));
    expect(resumed.history.columns).toEqual(straight.history.columns);
    expect(await readdir(folder)).toEqual(["training.safetensors"]);
  });

  it("goes on from the middle of an epoch", async () => {
    const straight = await train(4, { validation: points() });
    // The second epoch has steps 5 to 8: what is found is the checkpoint after step 6.
    const saved = { path, everySteps: 3 };
    const ended = train(4, { validation: points(), checkpoint: saved, callbacks: [failing(7)] });
    await expect(ended).rejects.toThrow("enough");
    expect((await loadSafetensors(path)).metadata).toMatchObject({ epoch: "1", step: "6" });
    setSeed(99);
    const batches: number[] = [];
    const spy: Callback = {
      onBatchEnd: (_, phase, progress) => phase === "training" && batches.push(progress.batches),
    };
    const options = { validation: points(), checkpoint: { ...saved, resume: true }, callbacks: [spy] };
    const resumed = await train(4, options, 50);
    expect(batches).toEqual([3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    expect(resumed.bits).toBe(straight.bits);
    expect(timeless(resumed.history)).toEqual(timeless(straight.history));
    expect(resumed.history.toCSV().split("\n")[0]).toBe(straight.history.toCSV().split("\n")[0]);
  });
});

describe("a training that goes on from the middle of an epoch", () => {
  it("does so after each of its steps, the last of an epoch included", async () => {
    const straight = await train(2);
    for (let step = 1; step < 8; step++) {
      await rm(path, { force: true });
      const failure: Callback = { onEpochEnd: () => Promise.reject(new Error("enough")) };
      const callbacks = step === 4 ? [failure] : [failing(step + 1)];
      await expect(train(2, { checkpoint: { path, everySteps: 1 }, callbacks })).rejects.toThrow("enough");
      expect((await loadSafetensors(path)).metadata).toMatchObject({ epoch: `${step > 4 ? 1 : 0}`, step: `${step}` });
      const resumed = await train(2, { checkpoint: { path, resume: true } }, 9);
      expect(resumed.bits).toBe(straight.bits);
      expect(timeless(resumed.history)).toEqual(timeless(straight.history));
    }
  });

  it("reads nothing of a loader again", async () => {
    const [inputs, targets] = [new Float32Array(56), new Int32Array(28)];
    const random = new Random(1);
    inputs.forEach((_, i) => {
      inputs[i] = random.uniform(-1, 1);
    });
    targets.forEach((_, i) => {
      targets[i] = (inputs[2 * i] as number) > 0 ? 1 : 0;
    });
    const table = arrayDataset({
      inputs: { dtype: "float32", shape: [28, 2], data: inputs },
      targets: { dtype: "int32", shape: [28], data: targets },
    });
    const read: string[] = [];
    const watched: Dataset<"inputs" | "targets"> = {
      length: table.length,
      read(request) {
        read.push(`${request.epoch}.${request.batch}`);
        return table.read(request);
      },
    };
    const loader = new DataLoader(watched, { batchSize: 8, shuffle: true, seed: 2 });
    const straight = await train(2, {}, 1, loader);
    const ended = train(2, { checkpoint: { path, everySteps: 2 }, callbacks: [failing(7)] }, 1, loader);
    await expect(ended).rejects.toThrow("enough");
    read.length = 0;
    const resumed = await train(2, { checkpoint: { path, resume: true } }, 9, loader);
    expect(read).toEqual(["1.2", "1.3"]);
    expect(resumed.bits).toBe(straight.bits);
    expect(timeless(resumed.history)).toEqual(timeless(straight.history));
  });

  it("has no average of what it did not measure from the start", async () => {
    const saved = { path, everySteps: 1 };
    await expect(train(1, { metrics: {}, checkpoint: saved, callbacks: [failing(3)] })).rejects.toThrow("enough");
    const { history } = await train(1, { checkpoint: { path, resume: true } });
    expect(history.column("accuracy")).toEqual([Number.NaN]);
    expect(history.column("loss")[0]).toBeLessThan(2);
  });
});

describe("a checkpoint", () => {
  it("holds everything by name, for any reader of safetensors", async () => {
    await train(2, { checkpoint: { path }, seed: 4 });
    const { tensors, metadata } = await loadSafetensors(path);
    expect(metadata).toMatchObject({ format: "nodegrad checkpoint 1", epoch: "2", step: "8", seed: "4" });
    expect(tensors["model.hidden.weight"]?.shape).toEqual([8, 2]);
    expect(Object.keys(tensors).some((name) => name.startsWith("optimizer."))).toBe(true);
    expect(tensors["history.loss"]?.shape).toEqual([2]);
  });

  it("is written as often as asked, and at the end", async () => {
    const written: string[] = [];
    const spy: Callback = {
      async onEpochEnd() {
        const { metadata } = await loadSafetensors(path).catch(() => ({ metadata: { epoch: "none" } }));
        written.push(metadata.epoch as string);
      },
    };
    await train(5, { checkpoint: { path, every: 2 }, callbacks: [spy] });
    expect(written).toEqual(["none", "none", "2", "2", "4"]);
    expect((await loadSafetensors(path)).metadata.epoch).toBe("5");
  });

  it("keeps where the default generator stands", async () => {
    const drawn: number[][] = [];
    const draws: Callback = { onEpochEnd: () => drawn.push([...randomUniform([3]).dataSync()]) };
    setSeed(1);
    await train(2, { checkpoint: { path }, callbacks: [draws] });
    const straight = [...randomUniform([3]).dataSync()];
    setSeed(2);
    await train(3, { checkpoint: { path, resume: true }, callbacks: [draws] });
    expect(drawn[2]).toEqual(straight);
  });

  it("keeps the state of callbacks: a training that had stopped early stays so", async () => {
    const options = () => ({
      validation: points(),
      schedule: (step: number) => (step < 8 ? 0.1 : -0.5),
      callbacks: [earlyStopping({ patience: 3 })],
    });
    const straight = await train(20, options());
    expect(straight.history.rows).toHaveLength(5);
    await train(3, { ...options(), checkpoint: { path } });
    const resumed = await train(20, { ...options(), checkpoint: { path, resume: true } }, 9);
    expect(resumed.bits).toBe(straight.bits);
    const again = await train(20, { ...options(), checkpoint: { path, resume: true } }, 9);
    expect(again.bits).toBe(straight.bits);
    expect(again.history.rows).toHaveLength(5);
  });

  it("is replaced unless the training is to go on, and not needed for going on", async () => {
    const first = await train(1, { checkpoint: { path, resume: true } });
    const second = await train(1, { checkpoint: { path } });
    expect(second.bits).toBe(first.bits);
    expect(second.history.rows).toHaveLength(1);
  });

  it("of another seed, model or format is refused", async () => {
    await train(1, { checkpoint: { path } });
    const resume = { checkpoint: { path, resume: true } };
    await expect(train(2, { checkpoint: { path, everySteps: 0 } })).rejects.toThrow(
      'fit: checkpoint: option "everySteps" must be an integer in [1, ',
    );
    await expect(train(2, { ...resume, seed: 3 })).rejects.toThrow(
      /loadCheckpoint: ".*" is of a training with seed 0, got 3/,
    );
    const withStopper = { ...resume, callbacks: [earlyStopping({ monitor: "loss" })] };
    await expect(train(2, withStopper)).rejects.toThrow(FormatError);
    const { tensors, metadata } = await loadSafetensors(path);
    const damage = async (changed: object, said: string, state = tensors) => {
      await saveSafetensors(path, state, { ...metadata, ...changed });
      await expect(train(2, resume)).rejects.toThrow(FormatError);
      await expect(train(2, resume)).rejects.toThrow(said);
    };
    await damage({ format: "other" }, "loadCheckpoint: not a checkpoint");
    await damage({ epoch: "x" }, 'no integer in its metadata: "x"');
    await damage({ random: "1,,2" }, "no integer in its metadata");
    await damage({}, 'there is no part for "stray"', { ...tensors, stray: tensors["history.loss"] as never });
    const { "model.out.bias": _, ...fewer } = tensors;
    await damage({}, 'variable is missing: "out.bias"', fewer);
    await damage({}, "a pass has three counts", { ...tensors, "pass.counts": tensors["history.loss"] as never });
    await writeFile(path, "half");
    await expect(train(2, resume)).rejects.toThrow(FormatError);
    await expect(loadCheckpoint(join(folder, "none"), {})).rejects.toThrow(OptionError);
    await expect(train(1, { checkpoint: { path: join(folder, "none", "a") } })).rejects.toThrow("cannot write file");
  });
});

/**
 * A training in a process of its own, which goes on from its checkpoint: a line for each step, at last a hash of what
 * it leaves. Writing the 8 MB of the model and its velocity takes most of its time.
 */
const killedTraining = (path: string, epochs: number) => `
  import { createHash } from "node:crypto";
  import { Linear, Sequential } from ${JSON.stringify(`${dist}nn/index.js`)};
  import { SGD } from ${JSON.stringify(`${dist}optim/index.js`)};
  import { fit } from ${JSON.stringify(`${dist}train/index.js`)};
  const linear = (inputs, outputs) => new Linear(inputs, outputs, { seed: inputs });
  const model = new Sequential([linear(4, 1000), linear(1000, 1000), linear(1000, 1)]);
  const optimizer = new SGD(model.parameters(), { learningRate: 1e-4, momentum: 0.9 });
  const data = (epoch) => [1, 2, 3, 4, 5].map((i) => ({
    inputs: ng.randomNormal([4, 4], { seed: 10 * epoch + i }), targets: ng.randomNormal([4, 1], { seed: i }),
  }));
  const noisy = ({ inputs }) => ng.dropout(model.forward(inputs), { rate: 0.5 });
  const history = await fit(model, data, {
    loss: (y, t) => y.sub(t).square().mean(), forward: noisy, optimizer, epochs: ${epochs},
    checkpoint: { path: ${JSON.stringify(path)}, everySteps: 2, resume: true },
    callbacks: [{ onBatchEnd: ({ step }) => console.log(step) }],
  });
  const losses = history.column("loss");
  if (!losses.every((loss) => loss < 10)) throw new Error("it diverges, and all NaN are alike: " + losses);
  const hash = createHash("sha256").update(losses.join());
  for (const { data } of Object.values({ ...model.state(), ...optimizer.state() })) hash.update(data);
  console.log(hash.digest("hex"));`;

/** Starts it; kills it, if asked to, some time after its first step. Gives the last line it wrote. */
function run(script: string, killAfterMs?: number): Promise<string> {
  const source = `import * as ng from ${JSON.stringify(`${dist}index.js`)};${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  if (killAfterMs !== undefined) {
    child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), killAfterMs));
  }
  return new Promise((resolve) => child.on("close", () => resolve(text.trim().split("\n").at(-1) ?? "")));
}

describe("a training that is killed at random moments", () => {
  /** How often; NODEGRAD_KILLS=50 is what `npm run soak` does. */
  const kills = Number(process.env.NODEGRAD_KILLS ?? 3);
  const epochs = 4 * kills;

  it("always leaves a valid checkpoint, and continues to the same bits", {
    timeout: 120_000 + 10_000 * kills,
  }, async () => {
    const straight = await run(killedTraining(join(folder, "straight.safetensors"), epochs));
    expect(straight).toMatch(/^[0-9a-f]{64}$/);
    const random = new Random(1);
    let [midWrite, midEpoch] = [0, 0];
    for (let kill = 0; kill < kills; kill++) {
      await run(killedTraining(path, epochs), random.uniform(0, 100));
      const files = await readdir(folder);
      if (files.some((name) => name.endsWith(".tmp"))) midWrite++;
      if (!files.includes("training.safetensors")) continue;
      const { tensors, metadata } = await loadSafetensors(path);
      const stepsInEpoch = Number(metadata.step) - 5 * Number(metadata.epoch);
      expect(tensors["pass.counts"]?.data[0] ?? 0).toBe(stepsInEpoch);
      if (stepsInEpoch > 0) midEpoch++;
    }
    if (kills >= 20) expect(Math.min(midWrite, midEpoch)).toBeGreaterThan(0);
    expect(await run(killedTraining(path, epochs))).toBe(straight);
    expect((await readdir(folder)).sort()).toEqual(["straight.safetensors", "training.safetensors"]);
  });
});
