/** Worker threads and the ends of processes: in processes of their own, so that a crash is seen as one. */

import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { longProgram, requireAddon } from "./native-addon.js";

const n = 512;

/** Names for the scripts below: the addon and a run of it that takes a while. */
const prelude = `
  const { createRequire } = require("node:module");
  const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");
  const load = () => createRequire("/")(${JSON.stringify(requireAddon().path)});
  const words = Int32Array.of(${longProgram(n, 60).join()});
  const arrays = () => [[new Float32Array(${n * n})], [new Float32Array(${n * n})], new Int32Array(0), new Float64Array(0)];
  const start = (addon) => addon.runAsync(addon.prepare(words, []), ...arrays());
`;

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs a script in a new process. */
function runScript(script: string): Promise<Ending> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["-e", prelude + script], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (text) => {
      output += text;
    });
    child.stderr.on("data", (text) => {
      output += text;
    });
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
}

const workerScript = JSON.stringify(`${prelude}
  const addon = load();
  const run = start(addon);
  parentPort.postMessage("started");
  run.then(() => parentPort.postMessage("done"));
`);

describe("a process", () => {
  it("waits for an asynchronous run before it ends by itself", async () => {
    const ending = await runScript(`start(load()).then(() => console.log("done"))`);
    expect(ending).toEqual({ code: 0, signal: null, output: "done\n" });
  });

  it("is not kept alive by idle threads", async () => {
    const ending = await runScript(`
      const addon = load();
      addon.setThreads(4);
      addon.run(addon.prepare(words, []), ...arrays());
    `);
    expect(ending).toEqual({ code: 0, signal: null, output: "" });
  });

  it.each([0, 1, 20])("may exit %i ms into an asynchronous run", async (ms) => {
    const ending = await runScript(`
      const addon = load();
      addon.setThreads(3);
      start(addon);
      start(addon);
      setTimeout(() => process.exit(7), ${ms});
    `);
    expect(ending).toEqual({ code: 7, signal: null, output: "" });
  });
});

describe("worker threads", () => {
  it("run at the same time, each with its own programs and states", async () => {
    const ending = await runScript(`
      const workers = [1, 2, 3].map(() => new Worker(${workerScript}, { eval: true }));
      const done = workers.map((worker) => new Promise((resolve) =>
        worker.on("message", (message) => message === "done" && resolve())));
      Promise.all([...done, start(load())]).then(() => console.log("all"));
    `);
    expect(ending).toEqual({ code: 0, signal: null, output: "all\n" });
  });

  it("may be terminated during a run", async () => {
    // The main thread never loads the addon: Node would unload it with the worker.
    const ending = await runScript(`
      (async () => {
        for (let i = 0; i < 3; i++) {
          const worker = new Worker(${workerScript}, { eval: true });
          await new Promise((resolve) => worker.once("message", resolve));
          await worker.terminate();
        }
        console.log("alive");
      })();
    `);
    expect(ending).toEqual({ code: 0, signal: null, output: "alive\n" });
  });

  it("may call process.exit during a run", async () => {
    const ending = await runScript(`
      const worker = new Worker(${JSON.stringify(`${prelude} start(load()); process.exit(3);`)}, { eval: true });
      worker.on("exit", (code) => console.log("exit", code));
    `);
    expect(ending).toEqual({ code: 0, signal: null, output: "exit 3\n" });
  });

  it.runIf(process.platform === "linux")("load the addon once, however many come and go", async () => {
    const worker = JSON.stringify(`${prelude} load();`);
    const ending = await runScript(`
      const { readFileSync } = require("node:fs");
      const places = () => readFileSync("/proc/self/maps", "utf8").split("\\n").filter((line) => line.endsWith(".node")).join();
      (async () => {
        const seen = new Set();
        for (let i = 0; i < 3; i++) {
          await new Promise((resolve) => new Worker(${worker}, { eval: true }).on("exit", resolve));
          seen.add(places());
        }
        console.log(seen.size, seen.has(""));
      })();
    `);
    expect(ending).toEqual({ code: 0, signal: null, output: "1 false\n" });
  });
});
