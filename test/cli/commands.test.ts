/** The commands, as the processes users start. Built by `npm run build`. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeSafetensors } from "../../lib/io/index.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "nodegrad-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `nodegrad` in a folder of its own. */
function nodegrad(...args: string[]): Promise<Ending> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    child.stdout.on("data", (text) => {
      texts.stdout += text;
    });
    child.stderr.on("data", (text) => {
      texts.stderr += text;
    });
    child.on("close", (code) => resolve({ code, ...texts }));
  });
}

/** The one line of JSON that a command ends with. */
async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await nodegrad(...args, "--json");
  expect(code, stderr).toBe(0);
  expect(stdout.split("\n")).toHaveLength(2);
  return JSON.parse(stdout);
}

/** Few enough images for the reference backend, in batches of which the last is smaller. */
const few = ["--limit", "100", "--batch", "32"];

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
    const { testAccuracy, testLoss } = await json("eval", "lenet5.safetensors", "--limit", "100");
    expect({ testAccuracy, testLoss }).toEqual({ testAccuracy: trained.testAccuracy, testLoss: trained.testLoss });
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
      /dataset "digits" is generated: leave out --data-dir/,
    ],
    ["data without a folder", ["train", "lenet5", "--dataset", "mnist"], /give --data-dir/],
    [
      "a folder to write to that is not there",
      ["train", "lenet5", "--output", "a/b"],
      /saveModel: cannot write file: "a\/b" \(there is no folder "a"\)/,
    ],
    ["a folder that is a file", ["train", "lenet5", "--output", "garbage.safetensors/b"], /there is no folder/],
    ["a folder as the file to write", ["train", "lenet5", "--output", "."], /cannot write file: "\." \(not a file\)/],
    ["a file to write that ends like a folder", ["train", "lenet5", "--output", "new/"], /"new\/" \(not a file\)/],
    ["a file to write without a name", ["train", "lenet5", "--output", ""], /cannot write file: "" \(not a file\)/],
    ["a file that is not there", ["eval", "missing.safetensors"], /loadSafetensors: cannot read file/],
    ["a file of another format", ["eval", "garbage.safetensors"], /decodeSafetensors: truncated/],
    ["a file without a model", ["eval", "unnamed.safetensors"], /loadModel: unknown model ""/],
    [
      "a model with other shapes",
      ["eval", "shapes.safetensors"],
      /"conv1.weight" does not fit: float32 \[1\]; expected/,
    ],
    ["a model with other names", ["eval", "names.safetensors"], /loadState: unknown variable: "conv9.weight"/],
  ];

  beforeAll(() => {
    const one = { dtype: "float32", shape: [1], data: Float32Array.of(1) } as const;
    const save = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);
    save("garbage.safetensors", Uint8Array.of(1, 2, 3));
    save("unnamed.safetensors", encodeSafetensors({ one }));
    save("shapes.safetensors", encodeSafetensors({ "conv1.weight": one }, { model: "lenet5" }));
    save("names.safetensors", encodeSafetensors({ "conv9.weight": one }, { model: "lenet5" }));
  });

  it.each(cases)("such as %s is one line and exit code 1", { timeout: 30_000 }, async (_, args, message) => {
    const { code, stdout, stderr } = await nodegrad(...args);
    const lines = stderr.split("\n");
    expect(lines).toEqual([expect.stringMatching(/^error: /), ""]);
    expect(lines[0]).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });
});

describe("nodegrad", () => {
  it("explains itself", async () => {
    const { code, stdout } = await nodegrad("--help");
    expect(code).toBe(0);
    for (const command of ["train", "eval", "demo", "info"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect((await nodegrad("train", "--help")).stdout).toContain("--momentum <share>");
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
