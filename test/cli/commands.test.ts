/** The commands, as the processes users start. Built by `npm run build`. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeSafetensors } from "../../lib/io/index.js";
import { lenet5 } from "../../lib/models/index.js";
import { few, main, Terminal } from "./support.js";

const terminal = new Terminal();
const { folder } = terminal;
const nodegrad = terminal.run.bind(terminal);
const json = terminal.json.bind(terminal);

describe("nodegrad train", { timeout: 120_000 }, () => {
  let trained: Record<string, unknown>;
  beforeAll(async () => {
    trained = await json("train", "lenet5", ...few, "--epochs", "2", "--seed", "3", "--threads", "1");
  }, 120_000);

  it("reports what it did", () => {
    expect(trained).toMatchObject({
      command: "train",
      model: "lenet5",
      dataset: "digits",
      epochs: 2,
      batch: 32,
      lr: 0.05,
      momentum: 0.9,
      seed: 3,
      output: "lenet5.safetensors",
      backend: expect.stringMatching(/^(native|reference)$/),
      target: expect.any(String),
      threads: 1,
      trainLoss: expect.any(Number),
      testLoss: expect.any(Number),
      imagesPerSecond: expect.any(Number),
      weights: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(trained.trainLoss).toBeLessThan(Math.log(10));
    expect(trained.testAccuracy).toBeGreaterThan(0.1);
  });

  it("saves the model whose hash it tells", () => {
    const bytes = readFileSync(join(folder, "lenet5.safetensors"));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(trained.weights);
  });

  it("gives the same bits from the same seed, for any number of threads", async () => {
    const train = (seed: string) =>
      json(
        "train",
        "lenet5",
        ...few,
        "--epochs",
        "2",
        "--seed",
        seed,
        "--threads",
        "2",
        "--output",
        "other.safetensors",
      );
    expect((await train("3")).weights).toBe(trained.weights);
    expect((await train("4")).weights).not.toBe(trained.weights);
  });

  it("makes a file that eval reads, with the same result", async () => {
    const { testAccuracy, testLoss, dataset } = await json("eval", "lenet5.safetensors", "--limit", "100");
    expect({ testAccuracy, testLoss }).toEqual({ testAccuracy: trained.testAccuracy, testLoss: trained.testLoss });
    expect(dataset).toBe("digits");
  });

  it("writes for people: progress to standard error, results to standard output", async () => {
    const { code, stdout, stderr } = await nodegrad(
      "train",
      "lenet5",
      "--limit",
      "40",
      "--output",
      "people.safetensors",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lenet5: 1,256,080 parameters; digits: 40 images to train on, 40 to test on; /);
    expect(stdout).toMatch(/\nepoch 1\/1: loss .*; test accuracy .* %\n/);
    expect(stdout).toMatch(/\naccuracy .* % of 40; best: .*, worst: .*\n/);
    expect(stdout).toContain("\nsaved people.safetensors\n");
    expect(stderr).toMatch(/epoch 1\/1 100 % {2}loss \d/);
  });

  it.each(["stdout", "stderr"] as const)("saves the model although nobody reads its %s any more", async (name) => {
    const output = `unread-${name}.safetensors`;
    const args = ["train", "lenet5", ...few, "--epochs", "2", "--seed", "3", "--output", output];
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.resume();
    child[name].once("data", () => child[name].destroy());
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    const bytes = readFileSync(join(folder, output));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(trained.weights);
    expect(readdirSync(folder).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });
});

describe("a mistake", () => {
  const cases: readonly [name: string, args: readonly string[], message: RegExp][] = [
    ["an unknown option", ["train", "lenet5", "--epoch", "2"], /unknown option '--epoch' \(Did you mean --epochs\?\)/],
    ["an unknown command", ["trian"], /unknown command 'trian' \(Did you mean train\?\)/],
    ["an unknown model", ["train", "lenet6"], /'lenet6' is invalid.*lenet5/],
    ["a missing model", ["train"], /missing required argument 'model'/],
    ["a count that is no integer", ["train", "lenet5", "--epochs", "1.5"], /'1.5' is invalid. It must be an integer/],
    ["a count below 1", ["train", "lenet5", "--batch", "0"], /must be an integer of at least 1/],
    ["too many threads", ["info", "--threads", "257"], /must be an integer from 1 to 256/],
    ["a rate that is no number", ["train", "lenet5", "--lr", "fast"], /'fast' is invalid. It must be a number/],
    [
      "a share that leaves nothing",
      ["train", "lenet5", "--validation", "0.95"],
      /'0.95' is invalid. It must be at most 0.9/,
    ],
    [
      "momentum without SGD",
      ["train", "lenet5", "--optimizer", "adam", "--momentum", "0.5"],
      /--momentum is an option of sgd, n/,
    ],
    [
      "an unknown schedule",
      ["train", "lenet5", "--schedule", "sine"],
      /'sine' is invalid.*linear, cosine, step, constant/,
    ],
    [
      "a size that a model does not take",
      ["train", "lenet5", "--image-size", "32"],
      /lenet5: .* 32 × 32; expected 28 × 28/,
    ],
    ["a size too small", ["train", "alexnet", "--image-size", "32"], /alexnet: .* 32 × 32; expected at least 63 × 63/],
    [
      "a resumption of nothing",
      ["train", "lenet5", "--resume"],
      /--resume needs the file to go on from: give --checkpoint/,
    ],
    [
      "a history of another format",
      ["train", "lenet5", "--history", "h.txt"],
      /--history: file must end in .csv or .json/,
    ],
    [
      "a history in no folder",
      ["train", "lenet5", "--history", "a/h.csv"],
      /--history: cannot write .*there is no folder/,
    ],
    [
      "a checkpoint in no folder",
      ["train", "lenet5", "--checkpoint", "a/c"],
      /--checkpoint: cannot write .*there is no/,
    ],
    ["an unknown data set", ["train", "lenet5", "--dataset", "minst"], /'minst' is invalid.*mnist/],
    ["an empty number", ["train", "lenet5", "--momentum", ""], /must be a number of at least 0/],
    ["a momentum of 1", ["train", "lenet5", "--momentum", "1"], /'1' is invalid. It must be .* at least 0 and below 1/],
    ["an unknown backend", ["info", "--backend", "gpu"], /'gpu' is invalid/],
    [
      "a folder without data",
      ["train", "lenet5", "--data-dir", "missing"],
      /loadMnist: no train-images file in "missing"/,
    ],
    [
      "a folder for generated data",
      ["train", "lenet5", "--dataset", "digits", "--data-dir", "."],
      /data set "digits" is generated: leave out --data-dir/,
    ],
    ["data without a folder", ["train", "lenet5", "--dataset", "mnist"], /give --data-dir/],
    [
      "a folder to write to that is not there",
      ["train", "lenet5", "--output", "a/b"],
      /--output: cannot write file: "a\/b" \(there is no folder "a"\)/,
    ],
    ["a folder that is a file", ["train", "lenet5", "--output", "garbage.safetensors/b"], /there is no folder/],
    ["a folder as the file to write", ["train", "lenet5", "--output", "."], /cannot write file: "\." \(not a file\)/],
    ["a file to write that ends like a folder", ["train", "lenet5", "--output", "new/"], /"new\/" \(not a file\)/],
    ["a file to write without a name", ["train", "lenet5", "--output", ""], /cannot write file: "" \(not a file\)/],
    ["a file that is not there", ["eval", "missing.safetensors"], /loadSafetensorsMetadata: cannot read file/],
    ["a file of another format", ["eval", "garbage.safetensors"], /loadSafetensorsMetadata: truncated/],
    ["a file without a model", ["eval", "plain.safetensors"], /not a model that nodegrad train has saved: "plain/],
    ["a file of another model", ["eval", "unknown.safetensors"], /loadClassifier: unknown model "lenet6": "unknown/],
    [
      "a file without classes",
      ["eval", "classes.safetensors"],
      /loadClassifier: classNames is missing or corrupt: "cl/,
    ],
    ["a file with another size", ["eval", "size.safetensors"], /lenet5: images of another size than it takes: 32 × 32/],
    ["a file that has no mean", ["predict", "mean.safetensors", "x.png"], /loadClassifier: mean is missing or corrupt/],
    [
      "a model with other shapes",
      ["eval", "shapes.safetensors"],
      /"conv1.weight" does not fit: float32 \[1\]; expected/,
    ],
    ["a model with other names", ["eval", "names.safetensors"], /load: unknown variable: "conv9.weight"/],
  ];

  beforeAll(() => {
    const one = { dtype: "float32", shape: [1], data: Float32Array.of(1) } as const;
    const save = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);
    const names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    const right = { format: "nodegrad classifier 1", model: "lenet5", dataset: "digits", imageSize: "28", mean: "[0]" };
    const about = { ...right, std: "[1]", classNames: JSON.stringify(names) };
    const state = lenet5({ seed: 0 }).state();
    save("garbage.safetensors", Uint8Array.of(1, 2, 3));
    save("plain.safetensors", encodeSafetensors({ one }));
    save("unknown.safetensors", encodeSafetensors({ one }, { ...about, model: "lenet6" }));
    save("classes.safetensors", encodeSafetensors(state, right));
    save("size.safetensors", encodeSafetensors(state, { ...about, imageSize: "32" }));
    save("mean.safetensors", encodeSafetensors(state, { ...about, mean: '["0"]' }));
    save("shapes.safetensors", encodeSafetensors({ "conv1.weight": one }, about));
    save("names.safetensors", encodeSafetensors({ "conv9.weight": one }, about));
  });

  it.each(cases)("such as %s is one line and exit code 1", { timeout: 30_000 }, async (_, args, message) => {
    expect(await terminal.mistake(...args)).toMatch(message);
  });
});

describe("nodegrad", () => {
  it("explains itself", async () => {
    const { code, stdout } = await nodegrad("--help");
    expect(code).toBe(0);
    for (const command of ["train", "eval", "predict", "summary", "data", "demo", "info", "bench"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    const help = (await nodegrad("train", "--help")).stdout;
    for (const text of ["Training:", "--momentum <share>", "fashion-mnist", "nodegrad train lenet5 --data-dir data"]) {
      expect(help).toContain(text);
    }
    // What examples name exists: a command with other options would be a mistake.
    for (const [, line] of help.matchAll(/^ {2}nodegrad (train .*?)(?: {2,}.*)?$/gm)) {
      const options = [...(line as string).matchAll(/--[a-z-]+/g)].map(([option]) => option);
      for (const option of options) expect(help).toContain(`  ${option}`);
    }
  });

  it("tells its version and what computes", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await nodegrad("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const facts = await json("info", "--backend", "reference");
    expect(facts).toMatchObject({ version, backend: "reference", target: "typescript" });
    expect((await nodegrad("info", "--backend", "reference")).stdout).toMatch(/^backend +reference$/m);
  });

  it("is built", () => {
    expect(existsSync(main)).toBe(true);
  });
});
