/** The specs that TensorFlow.js publishes of its core, all of them, against the backend. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const page = fileURLToPath(new URL("../../docs/tfjs-kernels.md", import.meta.url));
const suite = fileURLToPath(new URL("./core-suite.js", import.meta.url));

describe("the suite of tfjs-core", () => {
  it("passes, with nothing left out, and shows the kernels as they are documented", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nodegrad-kernels-"));
    const seen = join(folder, "kernels.md");
    const run = promisify(execFile)(process.execPath, [suite, "--kernels", seen], { maxBuffer: 2 ** 26 });
    // A failed spec ends the process with 1: the message then has its name.
    const { stdout } = await run;
    const { passed, failed, skipped } = JSON.parse(stdout.trim().split("\n").at(-1) as string);
    expect({ failed, skipped }).toEqual({ failed: 0, skipped: 5 });
    expect(passed).toBeGreaterThanOrEqual(4225);
    const documented = readFileSync(page, "utf8");
    expect(readFileSync(seen, "utf8")).toBe(documented);
    expect(documented.match(/^\| `/gm)).toHaveLength(172);
    rmSync(folder, { recursive: true });
  }, 300_000);
});
