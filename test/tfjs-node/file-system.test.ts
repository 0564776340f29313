/** Models in files. */

import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FormatError, OptionError } from "../../lib/index.js";
import { fileSystem, fileSystemRouter } from "../../packages/tfjs-node/lib/file-system.js";

let folder: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "nodegrad-models-"));
});
afterAll(() => rm(folder, { recursive: true }));

function smallModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [2], activation: "tanh" }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 1 }),
    ],
  });
}

const predictions = (model: tf.LayersModel) =>
  (
    model.predict(
      tf.tensor2d([
        [1, 2],
        [-3, 0.5],
      ]),
    ) as tf.Tensor
  ).arraySync();

describe("a model", () => {
  it("comes back from a folder with what it computes, its training and what its author noted", async () => {
    const path = join(folder, "new", "saved");
    const model = smallModel();
    model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    model.setUserDefinedMetadata({ author: "me" });
    const { modelArtifactsInfo } = await model.save(fileSystem(path), { includeOptimizer: true });
    // Weights, and how many steps the optimiser has done.
    expect(modelArtifactsInfo).toMatchObject({ modelTopologyType: "JSON", weightDataBytes: 4 * (9 + 12 + 4 + 1) });
    expect((await readdir(path)).sort()).toEqual(["model.json", "weights.bin"]);
    const loaded = await tf.loadLayersModel(fileSystem(join(path, "model.json")));
    expect(predictions(loaded)).toEqual(predictions(model));
    expect(loaded.loss).toBe("meanSquaredError");
    expect(loaded.getUserDefinedMetadata()).toEqual({ author: "me" });
  });

  it("is replaced by a later one", async () => {
    const path = join(folder, "twice");
    await smallModel().save(fileSystem(path));
    const second = smallModel();
    await second.save(fileSystem(path));
    const loaded = await tf.loadLayersModel(fileSystem([join(path, "model.json")]));
    expect(predictions(loaded)).toEqual(predictions(second));
    expect((await readdir(path)).sort()).toEqual(["model.json", "weights.bin"]);
  });

  it("is read from weights in many files, and in folders", async () => {
    const path = join(folder, "shards");
    const model = smallModel();
    await model.save(fileSystem(path));
    const weights = await readFile(join(path, "weights.bin"));
    const json = JSON.parse(await readFile(join(path, "model.json"), "utf8"));
    await mkdir(join(path, "parts"));
    // Not at the ends of weights: they go on in the next file.
    const cuts = [0, 5, 5, 33, weights.length];
    const paths = cuts.slice(1).map((_, i) => `parts/${i}.bin`);
    for (const [i, name] of paths.entries()) await writeFile(join(path, name), weights.subarray(cuts[i], cuts[i + 1]));
    await writeFile(
      join(path, "model.json"),
      JSON.stringify({ ...json, weightsManifest: [{ ...json.weightsManifest[0], paths }] }),
    );
    await rm(join(path, "weights.bin"));
    expect(predictions(await tf.loadLayersModel(fileSystem(join(path, "model.json"))))).toEqual(predictions(model));
  });

  it("is saved in parts of weights, as TensorFlow.js may hold them", async () => {
    const path = join(folder, "parts");
    const specs = [{ name: "w", shape: [3], dtype: "float32" as const }];
    const weightData = [Float32Array.of(1, 2).buffer, Float32Array.of(3).buffer];
    await fileSystem(path).save({ modelTopology: { a: 1 }, weightSpecs: specs, weightData });
    const { weightData: read, weightSpecs } = await fileSystem(join(path, "model.json")).load();
    expect(Array.from(new Float32Array(read as ArrayBuffer))).toEqual([1, 2, 3]);
    expect(weightSpecs).toEqual(specs);
  });

  it("may have weights that are quantised, and no weights at all", async () => {
    const quantization = { dtype: "uint8" as const, min: 0, scale: 1 };
    const weightsManifest = [
      { paths: ["w.bin"], weights: [{ name: "w", shape: [3], dtype: "float32", quantization }] },
    ];
    await writeFile(join(folder, "w.bin"), Uint8Array.of(1, 2, 3));
    await writeFile(join(folder, "q.json"), JSON.stringify({ modelTopology: {}, weightsManifest }));
    expect((await fileSystem(join(folder, "q.json")).load()).weightData).toEqual(Uint8Array.of(1, 2, 3).buffer);
    await writeFile(join(folder, "none.json"), JSON.stringify({ modelTopology: { a: 1 } }));
    expect(await fileSystem(join(folder, "none.json")).load()).toMatchObject({ modelTopology: { a: 1 } });
  });
});

describe("what is no model", () => {
  const weights = [{ name: "w", shape: [3], dtype: "float32" }];
  it.each([
    ["no JSON", "{", /^fileSystem: no JSON: ".*model.json"$/],
    ["null", "null", /neither modelTopology nor weightsManifest/],
    ["another object", "{}", /neither modelTopology nor weightsManifest/],
    ["no list of weights", '{"weightsManifest": {}}', /weightsManifest is no list of paths and weights/],
    ["null among the weights", '{"weightsManifest": [null]}', /weightsManifest is no list of paths and weights/],
    ["paths that are none", '{"weightsManifest": [{"paths": [1], "weights": []}]}', /weightsManifest is no list/],
    [
      "a weight without end",
      JSON.stringify({ weightsManifest: [{ paths: [], weights: [{ ...weights[0], shape: [-1] }] }] }),
      /weightsManifest is no list/,
    ],
    [
      "too short weights",
      JSON.stringify({ weightsManifest: [{ paths: ["short.bin"], weights }] }),
      /weights of 12 bytes in files of 8/,
    ],
    [
      "enormous weights",
      JSON.stringify({ weightsManifest: [{ paths: ["short.bin"], weights: [{ ...weights[0], shape: [1e15] }] }] }),
      /weights of 4000000000000000 bytes in files of 8/,
    ],
  ])("%s is refused", async (_, json, message) => {
    await writeFile(join(folder, "short.bin"), new Uint8Array(8));
    await writeFile(join(folder, "model.json"), json);
    const load = fileSystem(join(folder, "model.json")).load();
    await expect(load).rejects.toThrow(message);
    await expect(load).rejects.toBeInstanceOf(FormatError);
  });

  it("missing files, folders and what has no end are refused", async () => {
    await expect(fileSystem(join(folder, "missing.json")).load()).rejects.toThrow(
      /fileSystem: cannot read file: ".*missing.json" \(ENOENT\)/,
    );
    await expect(fileSystem(folder).load()).rejects.toThrow(/\(not a file\)/);
    await symlink("/dev/zero", join(folder, "zero.bin"));
    const weightsManifest = [{ paths: ["zero.bin"], weights: [] }];
    await writeFile(join(folder, "zero.json"), JSON.stringify({ weightsManifest }));
    await expect(fileSystem(join(folder, "zero.json")).load()).rejects.toBeInstanceOf(OptionError);
  });

  it("a file in the place of the folder is refused, and models that are no JSON", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(smallModel().save(fileSystem(join(folder, "file")))).rejects.toThrow(
      /fileSystem: cannot save to folder: ".*file" \(EEXIST|ENOTDIR\)/,
    );
    await expect(fileSystem(folder).save({ modelTopology: new ArrayBuffer(1) })).rejects.toThrow(OptionError);
  });

  it("paths of another kind are refused", () => {
    expect(() => fileSystem(["model.pb", "manifest.json"])).toThrow(/models of two files \(\.pb\) are unsupported/);
    expect(() => fileSystem("")).toThrow(OptionError);
    expect(() => fileSystem(3 as never)).toThrow(OptionError);
  });
});

describe("URLs", () => {
  it("of files are taken, relative ones too, and no others", async () => {
    const path = join(folder, "url");
    const model = smallModel();
    await model.save(fileSystemRouter(`file://${path}`) as tf.io.IOHandler);
    expect(
      predictions(await tf.loadLayersModel(fileSystemRouter([`file://${path}/model.json`]) as tf.io.IOHandler)),
    ).toEqual(predictions(model));
    expect(fileSystemRouter("http://host/model.json")).toBeNull();
    expect(fileSystemRouter(["file://a", "http://b"])).toBeNull();
  });
});
