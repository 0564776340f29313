/** What runs on a thread of a `WorkerPool`: it makes the data set of a blueprint and reads the batches it is sent. */

import { parentPort, workerData } from "node:worker_threads";
import type { Arrays, BatchRequest, Blueprint, Dataset } from "./dataset.js";
import type { ErrorMessage, Reply } from "./worker-pool.js";

async function makeDataset({ module, name, args }: Blueprint): Promise<Dataset> {
  const exports = (await import(module)) as Record<string, (...args: readonly unknown[]) => Dataset>;
  return (exports[name] as (...args: readonly unknown[]) => Dataset)(...args);
}

/** Buffers to hand over rather than copy. */
function buffersOf(arrays: Arrays): ArrayBuffer[] {
  const buffers = new Set(Object.values(arrays).map(({ data }) => data.buffer));
  return [...buffers].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer);
}

function describe(thrown: unknown): ErrorMessage {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: undefined, cause: undefined };
  const { name, message, stack, cause } = thrown;
  return { name, message, stack, cause: cause instanceof Error ? String(cause) : undefined };
}

const dataset = makeDataset(workerData as Blueprint);
// Whoever asks for a batch is told.
dataset.catch(() => {});

parentPort?.on("message", async (request: BatchRequest) => {
  try {
    const arrays = await (await dataset).read(request);
    parentPort?.postMessage({ arrays } satisfies Reply, buffersOf(arrays));
  } catch (error) {
    parentPort?.postMessage({ error: describe(error) } satisfies Reply);
  }
});
