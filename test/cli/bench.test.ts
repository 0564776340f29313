/** `nodegrad bench`, as the process users start. Built by `npm run build`. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "nodegrad-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Marks the processes of a test, which are no children of its own. */
const MARK = `NODEGRAD_BENCH_TEST=${process.pid}`;

function start(...args: string[]): ChildProcess {
  const env = { ...process.env, NODEGRAD_BENCH_TEST: String(process.pid) };
  return spawn(process.execPath, [main, "bench", ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
}

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(...args);
  const texts = { stdout: "", stderr: "" };
  child.stdout?.on("data", (text) => {
    texts.stdout += text;
  });
  child.stderr?.on("data", (text) => {
    texts.stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, ...texts };
}

describe("nodegrad bench", { timeout: 120_000 }, () => {
  it.each([
    [
      "a filter that leaves nothing",
      ["--filter", "no such case"],
      /no case contains "no such case"; groups are limits/,
    ],
    ["more threads than processors", ["--threads", "1,257"], /'1,257' is invalid. It must be integers (from )?1/],
    ["threads that are no numbers", ["--threads", "two"], /'two' is invalid/],
    [
      "a file in no folder",
      ["--json", "missing/file.json"],
      /--json: missing\/file.json cannot be written: there is no/,
    ],
    ["a folder as a file", ["--html", "."], /--html: \. cannot be written: it is a folder/],
    ["an interpreter that is not there", ["--python", "/no/python"], /--python: \/no\/python cannot be run/],
    ["an unknown option", ["--fliter", "x"], /unknown option '--fliter'/],
  ])("refuses %s in one line, before anything runs", async (_, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: .*\n$/);
  });

  it("measures, prints, and writes its files", async () => {
    const files = ["--json", "results.json", "--html", "page.html", "--markdown", "page.md", "--keep", "a note"];
    const { code, stdout, stderr } = await run("--quick", "--threads", "1", "--filter", "arithmetic", ...files);
    expect(code, stderr).toBe(0);
    expect(stderr).toBe("1/1 limits: arithmetic: matmul 512³, 1 thread\n");
    expect(stdout).toMatch(/^nodegrad \d.*\n\nlimits\n\ncase +threads +median +spread +rate/);
    expect(stdout).toMatch(/^arithmetic: matmul 512³ +1 .* [kmµn]?s +±[\d.]+ % +[\d.]+ GFLOP\/s/m);
    const results = JSON.parse(readFileSync(join(folder, "results.json"), "utf8"));
    const times = { median: expect.any(Number), min: expect.any(Number), max: expect.any(Number) };
    const row = { case: "limits: arithmetic: matmul 512³", threads: 1, unit: "product", nodegrad: times };
    // Without a compiler there is no limit.
    const limit = results[0].limit === null ? null : expect.any(Number);
    expect(results).toStrictEqual([{ ...row, limit, share: limit, ratio: null, target: null, peers: {} }]);
    expect(results[0].nodegrad.median).toBeGreaterThan(0);
    for (const page of ["page.html", "page.md"]) {
      expect(readFileSync(join(folder, page), "utf8")).toContain("arithmetic: matmul 512³");
    }
    const kept = JSON.parse(readFileSync(join(folder, "bench/history.jsonl"), "utf8"));
    expect(kept).toMatchObject({ note: "a note", quick: true, machine: { target: expect.any(String) }, results });
  });

  it.skipIf(process.platform !== "linux").each(["SIGINT", "SIGTERM"] as const)(
    "leaves nobody behind when it is ended by %s",
    async (signal) => {
      const child = start("--filter", "training", "--threads", "1");
      await once(createInterface(child.stderr as NodeJS.ReadableStream), "line");
      while (marked().length < 3) await new Promise((resolve) => setTimeout(resolve, 10)); // the two of bench, a worker
      child.kill(signal);
      await once(child, "close");
      for (let i = 0; i < 500 && marked().length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(marked()).toEqual([]);
      expect(existsSync(join(folder, "nodegrad-bench.html"))).toBe(false);
    },
  );
});

/** The processes of this test that run. */
function marked(): string[] {
  return readdirSync("/proc").filter((id) => {
    try {
      return /^\d+$/.test(id) && readFileSync(`/proc/${id}/environ`, "utf8").split("\0").includes(MARK);
    } catch {
      return false; // it has ended meanwhile, or is somebody else's
    }
  });
}
