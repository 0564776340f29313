/** Memory and threads that run out. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { runForJson, type StartOptions } from "./child.js";

const folder = mkdtempSync(join(tmpdir(), "nodegrad-scarce-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** How to start a program whose addon may run short of something; undefined where that library cannot be built. */
const scarce = buildLibrary();

function buildLibrary(): StartOptions | undefined {
  // Other sanitizers and allocators are preloaded themselves.
  if (process.platform !== "linux" || process.env.LD_PRELOAD) return undefined;
  const [library, shared] = [join(folder, "scarce.so"), join(folder, "shared")];
  const source = fileURLToPath(new URL("scarce.c", import.meta.url));
  try {
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  writeFileSync(shared, new Uint8Array(64));
  return { env: { LD_PRELOAD: library, SCARCE: shared } };
}

/** What programs/scarce-memory.js tells. */
interface Scarcity {
  readonly tries: number;
  readonly refused: number;
  readonly right: number;
  readonly errors: Readonly<Record<string, number>>;
}

describe.skipIf(scarce === undefined)("an addon that gets less and less memory", () => {
  /** By how much less each time; `npm run soak:faults` takes small steps. */
  const factor = process.env.NODEGRAD_SCARCITY ?? "1.5";

  // Small steps take minutes.
  const timeout = 600_000;

  it.each(["program", "step", "submitted", "state"])("computes right or says so: %s", { timeout }, async (work) => {
    const { tries, refused, right, errors } = await runForJson<Scarcity>("scarce-memory", [work, factor], {
      ...scarce,
      timeout,
    });
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
    expect(right + failed).toBe(tries);
    expect(Math.min(right, failed)).toBeGreaterThan(0);
    expect(refused).toBeGreaterThanOrEqual(failed);
    for (const message of Object.keys(errors))
      expect(message).toMatch(/^(program|run|state): not enough memory(: N bytes)?$/);
  });

  it("has a reserve for small blocks", async () => {
    const { tries, refused, right } = await runForJson<Scarcity>("scarce-memory", ["again", factor], scarce);
    expect(right).toBe(tries);
    expect(refused).toBeGreaterThan(0);
  });
});

describe.skipIf(scarce === undefined)("an addon that gets no thread", () => {
  it("computes the same on the threads there are", async () => {
    const { alone, together, refused } = await runForJson<{ alone: string; together: string; refused: number }>(
      "scarce-threads",
      [],
      scarce,
    );
    expect(refused).toBeGreaterThan(1); // of the team, and for asynchronous runs
    expect(alone).toBe(together);
  });
});
