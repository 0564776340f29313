/** Signals in the middle of runs. */

import { describe, expect, it } from "vitest";
import { start } from "./child.js";

const KINDS = ["sync", "async", "fit"] as const;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(process.platform === "win32")("in the middle of runs", () => {
  it.each(KINDS.flatMap((kind) => (["SIGTERM", "SIGINT"] as const).map((signal) => ({ kind, signal }))))(
    "$signal ends a process ($kind), and calls a handler if there is one",
    async ({ kind, signal }) => {
      const [plain, handled] = [start("signals", [kind, "default"]), start("signals", [kind, "handled"])];
      for (const child of [plain, handled]) {
        await child.message();
        await pause(10);
        child.process.kill(signal);
      }
      expect(await plain.ending).toEqual({ code: null, signal, stdout: "", stderr: "" });
      expect(await handled.ending).toEqual({ code: 3, signal: null, stdout: `${signal}\n`, stderr: "" });
    },
  );

  it.each(KINDS)("a process (%s) that is stopped and continued, or loses a pipe, goes on", async (kind) => {
    const child = start("signals", [kind, "default"]);
    await child.message();
    for (const signal of ["SIGSTOP", "SIGCONT", "SIGPIPE"] as const) {
      child.process.kill(signal);
      await pause(20);
    }
    child.process.send("end");
    expect(await child.ending).toEqual({ code: 0, signal: null, stdout: "right\n", stderr: "" });
  });
});
