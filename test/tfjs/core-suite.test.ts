/** The specs that TensorFlow.js publishes of its core, all of them, against the backend. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const suite = fileURLToPath(new URL("./core-suite.js", import.meta.url));

describe("the suite of tfjs-core", () => {
  it("passes, with nothing left out", async () => {
    const run = promisify(execFile)(process.execPath, [suite], { maxBuffer: 2 ** 26 });
    // A failed spec ends the process with 1: the message then has its name.
    const { stdout } = await run;
    const { passed, failed, skipped } = JSON.parse(stdout.trim().split("\n").at(-1) as string);
    expect({ failed, skipped }).toEqual({ failed: 0, skipped: 5 });
    expect(passed).toBeGreaterThanOrEqual(4225);
  }, 300_000);
});
