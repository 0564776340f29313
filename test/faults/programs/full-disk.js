/**
 * Writes files that become too long for the disk over files that were written before, and prints what came of each.
 *
 *     trap '' XFSZ; ulimit -f BLOCKS; node full-disk.js FOLDER
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NodegradError, randomNormal, setBackend } from "nodegrad";
import { savePng } from "nodegrad/data";
import { saveNpy, saveSafetensors } from "nodegrad/io";
import { Linear, Sequential } from "nodegrad/nn";
import { SGD } from "nodegrad/optim";
import { fit, History } from "nodegrad/train";

setBackend("reference");
const folder = process.argv[2];
const path = (name) => join(folder, name);
const data = (length) => ({ dtype: "float32", shape: [length], data: randomNormal([length], { seed: 1 }).dataSync() });

function history(length) {
  const rows = new History();
  for (let epoch = 1; epoch <= length; epoch++) rows.rows.push({ epoch, step: epoch, seconds: 1, loss: Math.random() });
  return rows;
}

async function train(hidden) {
  const model = new Sequential([new Linear(4, hidden, { seed: 1 }), new Linear(hidden, 1, { seed: 2 })]);
  const optimizer = new SGD(model.parameters(), { learningRate: 0.01 });
  const batch = { inputs: randomNormal([2, 4], { seed: 1 }), targets: randomNormal([2, 1], { seed: 2 }) };
  const loss = (y, t) => y.sub(t).square().mean();
  await fit(model, () => [batch], { loss, optimizer, epochs: 1, checkpoint: { path: path("checkpoint") } });
}

const noise = (size) => Uint8Array.from(randomNormal([3 * size * size], { seed: 1 }).dataSync(), (x) => 999 * x);

/** Each writes a file of its name, of about so many bytes. */
const writers = {
  safetensors: (bytes) => saveSafetensors(path("safetensors"), { x: data(bytes / 4) }),
  npy: (bytes) => saveNpy(path("npy"), data(bytes / 4)),
  checkpoint: (bytes) => train(Math.ceil(bytes / 24)),
  "history.csv": (bytes) => history(bytes / 20).save(path("history.csv")),
  png: (bytes) => {
    const size = Math.ceil(Math.sqrt(bytes / 3));
    return savePng(path("png"), { channels: 3, rows: size, columns: size, pixels: noise(size) });
  },
};

const outcomes = {};
for (const [name, write] of Object.entries(writers)) {
  await write(2000);
  const before = readFileSync(path(name)).toString("base64");
  const error = await write(400_000).catch((caught) => caught);
  const isTyped = error instanceof NodegradError;
  const isWhole = readFileSync(path(name)).toString("base64") === before;
  outcomes[name] = { error: isTyped ? error.message : String(error), isTyped, isWhole };
}
console.log(JSON.stringify({ outcomes, files: readdirSync(folder).sort() }));
