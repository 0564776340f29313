/** Models in files: `file://` URLs and `tf.io.fileSystem`. */

import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { FormatError, OptionError } from "nodegrad";

const URL_SCHEME = "file://";
const MODEL_FILE = "model.json";
const WEIGHTS_FILE = "weights.bin";

/** Bytes of an element in a weights file; of a string, those of its length. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ["float32", 4],
  ["int32", 4],
  ["bool", 1],
  ["complex64", 8],
  ["uint8", 1],
  ["uint16", 2],
  ["float16", 2],
  ["string", 4],
]);

/** Saves a model to a folder, as `model.json` and `weights.bin`, or loads one from its JSON file. */
export class NodeFileSystem implements tf.io.IOHandler {
  static readonly URL_SCHEME = URL_SCHEME;
  readonly #path: string;

  /**
   * @param path Folder to save to, or the JSON file to load (a list of it alone, too).
   * @throws {OptionError} for another kind of path; models as a `.pb` file with a manifest have to be converted.
   */
  constructor(path: string | string[]) {
    const [single, ...others] = Array.isArray(path) ? path : [path];
    if (typeof single !== "string" || single === "" || others.length > 0) {
      throw new OptionError(
        `fileSystem: path must be a folder or a JSON file: ${JSON.stringify(path)}; models of two files (.pb) are unsupported`,
      );
    }
    this.#path = resolve(single);
  }

  /**
   * Writes `weights.bin` and `model.json`; each appears complete or not at all, the model last.
   *
   * @throws {OptionError} when the folder cannot be written, or the model is no JSON.
   */
  async save(artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
    const { modelTopology, weightSpecs, weightData, getWeightStream: _, ...rest } = artifacts;
    if (modelTopology instanceof ArrayBuffer)
      throw new OptionError("fileSystem: only models of JSON can be saved: ArrayBuffer");
    const model: Record<string, unknown> = { modelTopology, ...rest };
    try {
      await mkdir(this.#path, { recursive: true });
      if (weightData !== undefined) {
        model.weightsManifest = [{ paths: [WEIGHTS_FILE], weights: weightSpecs }];
        await writeWhole(join(this.#path, WEIGHTS_FILE), new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
      }
      await writeWhole(join(this.#path, MODEL_FILE), JSON.stringify(model));
    } catch (cause) {
      throw new OptionError(`fileSystem: cannot save to folder: ${JSON.stringify(this.#path)} (${reason(cause)})`, {
        cause,
      });
    }
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  }

  /**
   * Reads the JSON file, and the files of weights that it names in its folder or below, in one part or many.
   *
   * @throws {OptionError} when a file is missing or cannot be read.
   * @throws {FormatError} when the JSON is no model, names files elsewhere or one twice, or the weights are of another length than
   *   it says.
   */
  async load(): Promise<tf.io.ModelArtifacts> {
    const model = parseModel(await readRegular(this.#path), this.#path);
    return tf.io.getModelArtifactsForJSON(model, (manifest) => this.#loadWeights(manifest));
  }

  async #loadWeights(manifest: tf.io.WeightsManifestConfig): Promise<[tf.io.WeightsManifestEntry[], ArrayBuffer]> {
    const paths = manifest.flatMap((group) => group.paths);
    checkPaths(this.#path, paths);
    const parts: Uint8Array[] = [];
    for (const path of paths) parts.push(await readRegular(join(dirname(this.#path), path)));
    const specs = tf.io.getWeightSpecs(manifest);
    checkLength(
      this.#path,
      specs,
      parts.reduce((sum, part) => sum + part.length, 0),
    );
    return [specs, tf.io.CompositeArrayBuffer.join(parts.map(ownBuffer))];
  }
}

/**
 * A handler that saves a model to a folder, or loads it from its JSON file.
 *
 * @param path Folder to save to, which is made where it is missing; or the JSON file to load.
 * @throws {OptionError} for another kind of path.
 */
export function fileSystem(path: string | string[]): NodeFileSystem {
  return new NodeFileSystem(path);
}

/** The handler of a URL that begins with `file://`. */
export function fileSystemRouter(url: string | string[]): tf.io.IOHandler | null {
  const urls = Array.isArray(url) ? url : [url];
  if (!urls.every((one) => typeof one === "string" && one.startsWith(URL_SCHEME))) return null;
  return new NodeFileSystem(urls.map(toPath));
}

/** What stands behind `file://` is a path, also a relative one; that of a whole URL with escapes is a path as well. */
function toPath(url: string): string {
  if (process.platform === "win32" && /^file:\/\/\/[a-z]:/i.test(url)) return fileURLToPath(url);
  return url.slice(URL_SCHEME.length);
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const own = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await writeFile(own, content);
    await rename(own, path);
  } finally {
    await rm(own, { force: true });
  }
}

/** @throws {FormatError} for a file outside the model's folder, which is none of its business, and for one that is named twice. */
function checkPaths(model: string, paths: readonly string[]): void {
  const fail = (problem: string, path: string): never => {
    throw new FormatError(`fileSystem: ${problem}, ${JSON.stringify(path.slice(0, 200))}: ${JSON.stringify(model)}`);
  };
  const seen = new Set<string>();
  for (const path of paths) {
    const place = normalize(path);
    if (place.split(sep)[0] === "..") fail("weights outside the folder of the model", path);
    if (seen.has(place)) fail("weights that are named twice", path);
    seen.add(place);
  }
}

/** Not of a device or pipe, which a manifest could name: they have no end. */
async function readRegular(path: string): Promise<Uint8Array> {
  try {
    if (!(await stat(path)).isFile()) throw new Error("not a file");
    return await readFile(path);
  } catch (cause) {
    throw new OptionError(`fileSystem: cannot read file: ${JSON.stringify(path)} (${reason(cause)})`, { cause });
  }
}

function parseModel(bytes: Uint8Array, path: string): tf.io.ModelJSON {
  const fail = (problem: string, cause?: unknown): never => {
    throw new FormatError(`fileSystem: ${problem}: ${JSON.stringify(path)}`, { cause });
  };
  let model: unknown;
  try {
    model = JSON.parse(Buffer.from(bytes).toString());
  } catch (cause) {
    return fail("no JSON", cause);
  }
  const { modelTopology, weightsManifest } = (model ?? {}) as Partial<tf.io.ModelJSON>;
  if (modelTopology == null && weightsManifest == null) fail("neither modelTopology nor weightsManifest");
  if (weightsManifest != null && !isManifest(weightsManifest)) fail("weightsManifest is no list of paths and weights");
  return model as tf.io.ModelJSON;
}

function isManifest(manifest: unknown): boolean {
  return Array.isArray(manifest) && manifest.every(isGroup);
}

function isGroup(group: Partial<tf.io.WeightsManifestConfig[number]> | null): boolean {
  const { paths, weights } = group ?? {};
  if (!Array.isArray(paths) || !Array.isArray(weights)) return false;
  return paths.every((path) => typeof path === "string") && weights.every(isSpec);
}

function isSpec(spec: Partial<tf.io.WeightsManifestEntry> | null): boolean {
  const { name, shape, dtype } = spec ?? {};
  if (typeof name !== "string" || typeof dtype !== "string") return false;
  return Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** @throws {FormatError} unless the files are as long as the weights that the manifest lists, or longer where it lists strings. */
function checkLength(path: string, specs: readonly tf.io.WeightsManifestEntry[], length: number): void {
  let expected = 0;
  let hasStrings = false;
  for (const { shape, dtype, quantization } of specs) {
    const type = quantization?.dtype ?? dtype;
    const bytes = ELEMENT_BYTES.get(type);
    if (bytes === undefined) {
      throw new FormatError(
        `fileSystem: weights of unknown dtype ${JSON.stringify(type.slice(0, 200))}: ${JSON.stringify(path)}`,
      );
    }
    hasStrings ||= type === "string";
    expected += shape.reduce((product, size) => product * size, 1) * bytes;
  }
  if (hasStrings ? expected <= length : expected === length) return;
  throw new FormatError(`fileSystem: weights of ${expected} bytes in files of ${length}: ${JSON.stringify(path)}`);
}

/** The bytes as an ArrayBuffer of nothing else: that of a small file is a part of a larger one. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  return (isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
}

function reason(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
}
