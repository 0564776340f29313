/**
 * Begins work and ends in the middle of it.
 *
 *     node end.js KIND HOW [worker]
 *
 * With `worker` it is a worker thread that does so; the main thread then computes and says "alive".
 */

import { fileURLToPath } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";

const ends = {
  /** Without a word, while work is under way. */
  exit: () => process.exit(7),
  /** There is nothing more to do; work under way is waited for. */
  naturally: () => {},
  throw: () => {
    throw new Error("thrown on purpose");
  },
  reject: () => void Promise.reject(new Error("rejected on purpose")),
};

async function end(kind, how) {
  const { kinds } = await import("./work.js");
  kinds[kind]();
  setTimeout(ends[how], 10);
}

const [kind, how, where] = process.argv.slice(2);
if (!isMainThread) {
  await end(workerData.kind, workerData.how);
} else if (where === "worker") {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { kind, how } });
  const error = new Promise((resolve) => worker.once("error", ({ message }) => resolve(message)));
  const code = await new Promise((resolve) => worker.once("exit", resolve));
  console.log("worker", code, code === 1 ? await error : "");
  const { check } = await import("./work.js");
  await check();
  console.log("alive");
} else {
  await end(kind, how);
}
