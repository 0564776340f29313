/**
 * Worker threads that train and compute at the same time.
 *
 *     node workers.js agree COUNT      trains the same alone and on so many workers at once; prints the hashes of what they learn
 *     node workers.js soak SECONDS     lets workers come and go; prints what the process has in use, every few seconds
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { usage } from "./usage.js";

/** Workers of a soak that run at a time. */
const AT_A_TIME = 3;

async function trained(epochs) {
  const { endlessTraining } = await import("./work.js");
  const hash = createHash("sha256");
  const note = {
    onEpochEnd({ model, history, epoch }) {
      if (epoch < epochs) return;
      hash.update(history.column("loss").join());
      for (const { data } of Object.values(model.state())) hash.update(data);
    },
  };
  await endlessTraining([note], epochs);
  return hash.digest("hex");
}

/** What a worker does, and whether it ends by itself. */
const parts = {
  async train({ epochs }) {
    parentPort.postMessage(await trained(epochs));
  },
  async compute() {
    const { check, longWork } = await import("./work.js");
    await Promise.all([longWork(1).data(), longWork(2).data(), check()]);
    parentPort.postMessage("right");
  },
  /** To be terminated. */
  async forever({ kind }) {
    const { computeForever, kinds } = await import("./work.js");
    parentPort.postMessage("begins");
    if (kind === "sync") computeForever();
    else kinds[kind]();
  },
};

const startWorker = (part, data = {}) => new Worker(fileURLToPath(import.meta.url), { workerData: { part, ...data } });

async function resultOf(worker) {
  const exited = once(worker, "exit");
  const [result] = await once(worker, "message"); // rejects with what it throws
  const [code] = await exited;
  if (code !== 0) throw new Error(`a worker ended with ${code}`);
  return result;
}

async function agree(count) {
  const epochs = 30;
  const alone = await trained(epochs);
  const together = await Promise.all(Array.from({ length: count }, () => resultOf(startWorker("train", { epochs }))));
  console.log(JSON.stringify({ alone, together }));
}

async function soak(seconds) {
  const end = Date.now() + 1000 * seconds;
  const counts = { trained: 0, computed: 0, terminated: 0 };
  const expected = await trained(3);
  const live = async (seed) => {
    for (let i = seed; Date.now() < end; i++) {
      if (i % 3 === 0) {
        if ((await resultOf(startWorker("train", { epochs: 3 }))) !== expected) throw new Error("another training");
        counts.trained++;
      } else if (i % 3 === 1) {
        await resultOf(startWorker("compute"));
        counts.computed++;
      } else {
        const worker = startWorker("forever", { kind: ["sync", "async", "queued", "fit"][(i >> 2) % 4] });
        await once(worker, "message");
        await new Promise((resolve) => setTimeout(resolve, (7 * i) % 50));
        await worker.terminate();
        counts.terminated++;
      }
    }
  };
  const samples = [];
  const watch = async () => {
    while (Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 100 * seconds)));
      samples.push(usage());
    }
  };
  await Promise.all([watch(), ...Array.from({ length: AT_A_TIME }, (_, i) => live(i))]);
  const { check } = await import("./work.js");
  await check();
  const last = usage();
  console.log(JSON.stringify({ counts, samples, last }));
}

if (!isMainThread) await parts[workerData.part](workerData);
else if (process.argv[2] === "agree") await agree(Number(process.argv[3]));
else await soak(Number(process.argv[3]));
