/** The package in a project of its own, under the name of what it takes the place of. */

import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join(root, "packages/tfjs-node");
const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
let project: string;

/** Lays out what npm would install, with the package as a folder and what it depends on as links. */
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "nodegrad-drop-in-"));
  const installed = (name: string) => {
    const path = join(project, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  const place = installed("@tensorflow/tfjs-node");
  const packed = manifest.files.filter((name: string) => !name.startsWith("!"));
  for (const name of ["package.json", ...packed]) cpSync(join(source, name), join(place, name), { recursive: true });
  for (const name of Object.keys(manifest.dependencies)) {
    const target = name === "nodegrad" ? root : join(root, "node_modules", name);
    symlinkSync(target, installed(name), "junction");
  }
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Runs a program in the project; what it prints as JSON in its last line. */
async function run(name: string, program: string): Promise<unknown> {
  writeFileSync(join(project, name), program);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [name], { cwd: project });
  expect(stderr).toBe("");
  return JSON.parse(stdout.trim().split("\n").at(-1) as string);
}

describe("the package", () => {
  it("has the versions that the repository has", () => {
    const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const known = { ...own.dependencies, ...own.devDependencies, nodegrad: `^${own.version}` };
    for (const [name, range] of Object.entries(manifest.dependencies))
      expect(`${name} ${range}`).toBe(`${name} ${known[name]}`);
    expect(manifest.engines).toEqual(own.engines);
  });

  it("imports only what it depends on", () => {
    const files = readdirSync(join(source, "lib"));
    const imported = files.flatMap((file) => {
      const code = readFileSync(join(source, "lib", file), "utf8");
      return Array.from(code.matchAll(/from "((?:@[^/"]+\/)?[^/".][^/"]*)/g), (match) => match[1] as string);
    });
    const packages = new Set(imported.filter((name) => !name.startsWith("node:")));
    expect([...packages].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it.each([
    ["require", "program.cjs", 'const tf = require("@tensorflow/tfjs-node"); const all = require("@tensorflow/tfjs");'],
    ["import", "program.mjs", 'import * as tf from "@tensorflow/tfjs-node"; import all from "@tensorflow/tfjs";'],
  ])("has everything of TensorFlow.js on nodegrad by %s", async (_, name, load) => {
    const result = await run(
      name,
      `${load}
      const missing = Object.keys(all).filter((key) => !(key in tf));
      const sum = tf.tensor([1, 2]).add(tf.scalar(1)).arraySync();
      const { "tfjs-node": shape, "nodegrad-tfjs-node": own } = tf.version;
      const shapes = ["fileSystem", "nodeHTTPRequest", "fromMemory"].map((key) => typeof tf.io[key]);
      console.log(JSON.stringify({ missing, sum, backend: tf.getBackend(), shape, own, node: Object.keys(tf.node), shapes }));`,
    );
    expect(result).toEqual({
      missing: [],
      sum: [2, 3],
      backend: "nodegrad",
      shape: expect.stringMatching(/^4\./),
      own: manifest.version,
      node: [
        ...["decodeImage", "decodeBmp", "decodeGif", "decodePng", "decodeJpeg", "encodeJpeg", "encodePng"],
        ...["summaryFileWriter", "tensorBoard"],
        ...["getMetaGraphsFromSavedModel", "getNumOfSavedModels", "loadSavedModel"],
      ],
      shapes: ["function", "function", "function"],
    });
  });

  it("is the backend of programs that choose tfjs-node's by name, and no tensor moves", async () => {
    const result = await run(
      "by-name.cjs",
      `const tf = require("@tensorflow/tfjs-node");
      (async () => {
        const x = tf.tensor([1, 2]);
        const chosen = await tf.setBackend("tensorflow");
        const y = await x.mul(2).array();
        console.log(JSON.stringify({ chosen, name: tf.getBackend(), y, one: tf.backend() === tf.findBackend("nodegrad") }));
      })();`,
    );
    expect(result).toEqual({ chosen: true, name: "tensorflow", y: [2, 4], one: true });
  });

  it("trains, shows it, writes for TensorBoard, saves and loads", async () => {
    const result = await run(
      "train.cjs",
      `const tf = require("@tensorflow/tfjs-node");
      (async () => {
        const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
        model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
        const [x, y] = [tf.ones([8, 3]), tf.zeros([8, 2])];
        const board = tf.node.tensorBoard("logs", { updateFreq: "batch", histogramFreq: 1 });
        const lines = [];
        const log = console.log;
        console.log = (line) => lines.push(line);
        await model.fit(x, y, { epochs: 2, batchSize: 4, validationSplit: 0.5, callbacks: board });
        console.log = log;
        await model.save("file://model");
        const loaded = await tf.loadLayersModel("file://model/model.json");
        const same = (await loaded.predict(x).data()).join() === (await model.predict(x).data()).join();
        console.log(JSON.stringify({ same, lines }));
      })();`,
    );
    const epoch = expect.stringMatching(/^\d+ms \d+us\/step - loss=[\d.e-]+ val_loss=[\d.e-]+$/);
    expect(result).toEqual({ same: true, lines: ["Epoch 1 / 2", epoch, "Epoch 2 / 2", epoch] });
    for (const folder of ["train", "validation"]) expect(readdirSync(join(project, "logs", folder))).toHaveLength(1);
    expect(existsSync(join(project, "model/weights.bin"))).toBe(true);
  });

  it("loads models over HTTP, and says what it cannot load", async () => {
    const model = {
      modelTopology: {
        class_name: "Sequential",
        config: {
          name: "s",
          layers: [{ class_name: "Dense", config: { units: 1, name: "d", batch_input_shape: [null, 2] } }],
        },
      },
      weightsManifest: [
        {
          paths: ["weights.bin"],
          weights: [
            { name: "d/kernel", shape: [2, 1], dtype: "float32" },
            { name: "d/bias", shape: [1], dtype: "float32" },
          ],
        },
      ],
    };
    const server = createServer(({ url }, response) => {
      if (url === "/model.json")
        return response.setHeader("Content-Type", "application/json").end(JSON.stringify(model));
      if (url === "/weights.bin") return response.end(new Uint8Array(Float32Array.of(2, 3, 1).buffer));
      return response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.json`;
    try {
      const result = await run(
        "http.cjs",
        `const tf = require("@tensorflow/tfjs-node");
        (async () => {
          const models = [await tf.loadLayersModel(tf.io.nodeHTTPRequest("${url}")), await tf.loadLayersModel("${url}")];
          const results = await Promise.all(models.map((model) => model.predict(tf.tensor2d([[10, 100]])).array()));
          const error = await tf.node.loadSavedModel("folder").catch(({ code, message }) => ({ code, message }));
          console.log(JSON.stringify({ results, error, count: tf.node.getNumOfSavedModels() }));
        })();`,
      );
      expect(result).toEqual({
        results: [[[321]], [[321]]],
        error: {
          code: "BACKEND",
          message: expect.stringMatching(/^loadSavedModel: SavedModels need TensorFlow's C library/),
        },
        count: 0,
      });
    } finally {
      server.close();
    }
  });
});
