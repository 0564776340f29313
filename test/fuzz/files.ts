/** Files that functions read here, and a folder of their own for what they write. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng } from "../../lib/data/index.js";
import { encodeNpy, encodeSafetensors } from "../../lib/io/index.js";

export const folder = mkdtempSync(join(tmpdir(), "nodegrad-fuzz-"));
const home = process.cwd();

/** Paths that calls make up lie in the folder too. */
process.chdir(folder);

export function removeFiles(): void {
  process.chdir(home);
  rmSync(folder, { recursive: true });
}

function written(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

export const array = { dtype: "float32", shape: [2, 3], data: new Float32Array(6) } as const;
export const image = { pixels: Uint8Array.from({ length: 48 }, (_, i) => 5 * i), channels: 3, rows: 4, columns: 4 };
export const idxBytes = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3);
export const csvText = "a,b,kind\n1,2,x\n3,4,y\n";

/** What a linear layer from 3 to 2 features holds. */
export const modelFile = written(
  "model.safetensors",
  encodeSafetensors({
    weight: { dtype: "float32", shape: [2, 3], data: new Float32Array(6) },
    bias: { dtype: "float32", shape: [2], data: new Float32Array(2) },
  }),
);
export const npyFile = written("array.npy", encodeNpy(array));
export const csvFile = written("table.csv", csvText);
export const pngFile = written("image.png", encodePng(image));
export const idxFile = written("array.idx", idxBytes);

const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, ...new Uint8Array(18));
const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 4, 7);
for (const part of ["train", "t10k"]) {
  written(`mnist/${part}-images-idx3-ubyte`, images);
  written(`mnist/${part}-labels-idx1-ubyte`, labels);
}
for (const name of ["data_batch_1", "test_batch"]) written(`cifar10/${name}.bin`, new Uint8Array(2 * 3073));
written("pictures/cats/1.png", encodePng(image));
written("pictures/dogs/2.png", encodePng(image));

export const picturesFolder = join(folder, "pictures");
export const mnistFolder = join(folder, "mnist");
export const newPath = (name: string) => join(folder, `new-${name}`);
