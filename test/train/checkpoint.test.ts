/** Trainings that are interrupted, also in mid-write, and go on. */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../../lib/data/index.js";
import { FormatError, OptionError } from "../../lib/errors.js";
import { randomUniform, setSeed } from "../../lib/index.js";
import { loadSafetensors, saveSafetensors } from "../../lib/io/index.js";
import { type Callback, earlyStopping, type FitOptions, fit, loadCheckpoint } from "../../lib/train/index.js";
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
async function train(epochs: number, options: Partial<FitOptions<Points>> = {}, seed = 1) {
  const parts = setUp(seed);
  const history = await fit(parts.model, points, { ...measures, optimizer: parts.optimizer, epochs, ...options });
  return { bits: bitsOf(parts), history };
}

describeOnBoth("a training that is resumed", () => {
  it("continues to the same bits as one that was not interrupted", async () => {
    const straight = await train(6, { validation: points() });
    await train(3, { validation: points(), checkpoint: { path } });
    // What the process has drawn meanwhile, and what the new model starts with, make no difference.
    setSeed(99);
    const resumed = await train(6, { validation: points(), checkpoint: { path, resume: true } }, 50);
    expect(resumed.bits).toBe(straight.bits);
    const comparable = ({ history }: typeof straight) => history.rows.map((row) => ({ ...row, seconds: 0 }));
    expect(comparable(resumed)).toEqual(comparable(straight));
    expect(await readdir(folder)).toEqual(["training.safetensors"]);
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
    await writeFile(path, "half");
    await expect(train(2, resume)).rejects.toThrow(FormatError);
    await expect(loadCheckpoint(join(folder, "none"), {})).rejects.toThrow(OptionError);
    await expect(train(1, { checkpoint: { path: join(folder, "none", "a") } })).rejects.toThrow("cannot write file");
  });
});

/**
 * A training in a process of its own, which goes on from its checkpoint: a line for each epoch, at last a hash of what
 * it leaves. Writing the 8 MB of the model and its velocity takes most of its time.
 */
const killedTraining = (path: string, epochs: number) => `
  import { createHash } from "node:crypto";
  import { Linear, Sequential } from ${JSON.stringify(`${dist}nn/index.js`)};
  import { SGD } from ${JSON.stringify(`${dist}optim/index.js`)};
  import { fit } from ${JSON.stringify(`${dist}train/index.js`)};
  const model = new Sequential([new Linear(4, 1000), new Linear(1000, 1000), new Linear(1000, 1)]);
  const optimizer = new SGD(model.parameters(), { learningRate: 0.01, momentum: 0.9 });
  const data = (epoch) => [1, 2].map((i) => ({
    inputs: ng.randomNormal([4, 4], { seed: 10 * epoch + i }), targets: ng.randomNormal([4, 1], { seed: i }),
  }));
  const noisy = ({ inputs }) => ng.dropout(model.forward(inputs), { rate: 0.5 });
  await fit(model, data, {
    loss: (y, t) => y.sub(t).square().mean(), forward: noisy, optimizer, epochs: ${epochs},
    checkpoint: { path: ${JSON.stringify(path)}, resume: true },
    callbacks: [{ onEpochEnd: (_, { epoch }) => console.log(epoch) }],
  });
  const hash = createHash("sha256");
  for (const { data } of Object.values({ ...model.state(), ...optimizer.state() })) hash.update(data);
  console.log(hash.digest("hex"));`;

/** Starts it; kills it, if asked to, some time after its first epoch. Gives the last line it wrote. */
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
  const epochs = 8 * kills;

  it("always leaves a valid checkpoint, and continues to the same bits", {
    timeout: 120_000 + 10_000 * kills,
  }, async () => {
    const straight = await run(killedTraining(join(folder, "straight.safetensors"), epochs));
    expect(straight).toMatch(/^[0-9a-f]{64}$/);
    const random = new Random(1);
    let midWrite = 0;
    for (let kill = 0; kill < kills; kill++) {
      await run(killedTraining(path, epochs), random.uniform(0, 100));
      const files = await readdir(folder);
      if (files.some((name) => name.endsWith(".tmp"))) midWrite++;
      if (!files.includes("training.safetensors")) continue;
      const { metadata } = await loadSafetensors(path);
      expect(Number(metadata.step)).toBe(2 * Number(metadata.epoch));
    }
    if (kills >= 20) expect(midWrite).toBeGreaterThan(0);
    expect(await run(killedTraining(path, epochs))).toBe(straight);
    expect((await readdir(folder)).sort()).toEqual(["straight.safetensors", "training.safetensors"]);
  });
});
