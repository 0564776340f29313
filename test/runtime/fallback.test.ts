/** The warning that the slow backend is in use: once, whoever computes first. Built by `npm run build`. */

import { describe, expect, it } from "vitest";
import { runScript } from "./support.js";

const index = JSON.stringify(new URL("../../dist/index.js", import.meta.url).href);

/** A thread that computes something and ends. */
const worker = JSON.stringify(`import(${index}).then((ng) => ng.tensor([1]).add(1).item())`);

/** Ends when as many threads have. */
const startWorkers = (count: number) => `
  const { Worker } = await import("node:worker_threads");
  await Promise.all(Array.from({ length: ${count} }, () => {
    const thread = new Worker(${worker}, { eval: true });
    return new Promise((resolve, reject) => thread.on("exit", resolve).on("error", reject));
  }));`;

/** How often a script warns where there is no addon. */
async function warnings(script: string, env: Record<string, string> = {}): Promise<number> {
  const { code, stderr } = await runScript(script, { NODEGRAD_BINARY: "missing.node", ...env });
  expect(code, stderr).toBe(0);
  return stderr.match(/\[NODEGRAD_FALLBACK\]/g)?.length ?? 0;
}

describe("the warning of the fallback", () => {
  it("comes once for any number of computations and choices", async () => {
    const script = `for (let i = 0; i < 3; i++) { ng.setBackend("auto"); ng.tensor([i]).add(1).item(); }`;
    expect(await warnings(script)).toBe(1);
  });

  it("comes once for a thread and those that it starts", async () => {
    expect(await warnings(`ng.tensor([1]).add(1).item(); ${startWorkers(3)}`)).toBe(1);
  });

  it("comes once for threads at the same time, where the main one computes later or never", async () => {
    expect(await warnings(`${startWorkers(4)} ng.tensor([1]).add(1).item();`)).toBe(1);
    expect(await warnings(startWorkers(4))).toBe(1);
  });

  it("does not come where the reference was asked for", async () => {
    const script = `ng.tensor([1]).add(1).item(); ${startWorkers(1)}`;
    expect(await warnings(script, { NODEGRAD_BACKEND: "reference" })).toBe(0);
  });
});
