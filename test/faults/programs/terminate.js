/**
 * Starts workers that compute, and terminates each in the middle of it.
 *
 *     node --expose-gc terminate.js ROUNDS loaded|unloaded
 *
 * `unloaded`: the main thread uses the addon only at the end, so that Node would load and unload it with every worker.
 */

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { hasAddon, usage } from "./usage.js";

const KINDS = ["async", "queued", "fit", "sync"];

if (!isMainThread) {
  const { computeForever, kinds } = await import("./work.js");
  parentPort.postMessage("begins");
  if (workerData === "sync") computeForever();
  else kinds[workerData]();
} else {
  const [rounds, loaded] = [Number(process.argv[2]), process.argv[3] === "loaded"];
  const check = async () => (await import("./work.js")).check();
  if (loaded) await check();
  let [terminated, early] = [0, undefined];
  for (let i = 0; i < rounds; i++) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: KINDS[i % KINDS.length] });
    await once(worker, "message");
    await new Promise((resolve) => setTimeout(resolve, (i * 7) % 20));
    const exited = once(worker, "exit");
    await worker.terminate();
    if ((await exited)[0] === 1) terminated++;
    if (loaded && i % 10 === 0) await check();
    if (i === Math.floor(rounds / 5)) early = usage();
  }
  const late = usage();
  const stays = process.platform !== "linux" || hasAddon();
  await check();
  console.log(JSON.stringify({ terminated, stays, early, late }));
}
