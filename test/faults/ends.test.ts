/** Processes and worker threads that end in the middle of runs. */

import { describe, expect, it } from "vitest";
import { run, runForJson } from "./child.js";

const KINDS = ["async", "queued", "fit"] as const;

/** How a process may end, with its exit code and what it says of it. A worker that throws has the exit code 1, too. */
const ENDS = {
  exit: { code: 7, says: "" },
  naturally: { code: 0, says: "" },
  throw: { code: 1, says: "thrown on purpose" },
  reject: { code: 1, says: "rejected on purpose" },
} as const;

const cases = KINDS.flatMap((kind) =>
  (["exit", "naturally", "throw", "reject"] as const)
    .filter((how) => !(kind === "fit" && how === "naturally")) // That training has no end.
    .map((how) => ({ kind, how, ...ENDS[how] })),
);

describe("in the middle of runs", () => {
  it.each(cases)("a process ($kind) may end: $how", async ({ kind, how, code, says }) => {
    const ending = await run("end", [kind, how]);
    expect(ending).toMatchObject({ code, signal: null, stdout: "" });
    if (says === "") expect(ending.stderr).toBe("");
    else expect(ending.stderr).toContain(says);
  });

  it.each(cases)("a worker ($kind) may end: $how", async ({ kind, how, code, says }) => {
    const ending = await run("end", [kind, how, "worker"]);
    expect(ending).toEqual({ code: 0, signal: null, stdout: `worker ${code} ${says}\nalive\n`, stderr: "" });
  });
});

/** What programs/terminate.js tells. */
interface Terminated {
  readonly terminated: number;
  /** Whether the addon stays when no thread uses it: what it and its C++ library allocate once would be lost each time. */
  readonly stays: boolean;
  /** Threads, open files and resident bytes of the process after a fifth of the rounds and at the end. */
  readonly early: { readonly threads: number; readonly files: number; readonly rss: number };
  readonly late: { readonly threads: number; readonly files: number; readonly rss: number };
}

/** How often; `npm run soak:faults` says 100. */
const rounds = Number(process.env.NODEGRAD_TERMINATIONS ?? 16);

describe(`worker.terminate() ${rounds} times`, () => {
  it.each([
    ["which the main thread uses too", "loaded"],
    ["which comes and goes with the workers", "unloaded"],
  ])("during runs of an addon %s", { timeout: 60_000 + 5000 * rounds }, async (_, loaded) => {
    const options = { flags: ["--expose-gc"], timeout: 60_000 + 5000 * rounds };
    const { terminated, stays, early, late } = await runForJson<Terminated>(
      "terminate",
      [`${rounds}`, loaded],
      options,
    );
    expect(terminated).toBe(rounds);
    expect(stays).toBe(true);
    if (process.platform !== "linux") return; // Elsewhere there is no /proc to look into.
    // One for each worker would be kept: of threads three or four. Node starts some of its own when it first needs them.
    expect(late.threads - early.threads).toBeLessThan(Math.max(4, rounds / 8));
    expect(late.files - early.files).toBeLessThan(Math.max(4, rounds / 8));
    expect(late.rss - early.rss).toBeLessThan(30 * 2 ** 20);
  });
});
