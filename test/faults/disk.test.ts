/** Files that cannot be written or read to their end. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError, NodegradError, OptionError } from "../../lib/index.js";
import { withFile } from "../../lib/io/files.js";
import { loadNpy, loadSafetensors, saveNpy, saveSafetensors } from "../../lib/io/index.js";
import { runForJson } from "./child.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodegrad-disk-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly error: string;
  readonly isTyped: boolean;
  readonly isWhole: boolean;
}

describe("a disk that becomes full while a file is written", () => {
  it.skipIf(process.platform === "win32")("leaves the old file, and nothing else", async () => {
    // A limit of the process stands for the disk: 100 blocks of 512 or 1024 bytes.
    const { outcomes, files } = await runForJson<{ outcomes: Record<string, Outcome>; files: string[] }>(
      "full-disk",
      [folder],
      { before: "trap '' XFSZ && ulimit -f 100" },
    );
    expect(files).toEqual(Object.keys(outcomes).sort());
    for (const [name, { error, ...rest }] of Object.entries(outcomes)) {
      expect({ name, ...rest }).toEqual({ name, isTyped: true, isWhole: true });
      expect(error).toMatch(/^[\w.]+: cannot write file: ".*" \(EFBIG\)$/);
    }
  });
});

describe("a file", () => {
  const x = { dtype: "float32" as const, shape: [1000], data: new Float32Array(1000).fill(3) };

  it("in a folder that is missing, or in the place of one, is an OptionError", async () => {
    mkdirSync(join(folder, "taken"));
    for (const name of ["missing/a", "taken"]) {
      const path = join(folder, name);
      await expect(saveSafetensors(path, { x })).rejects.toThrow(OptionError);
      await expect(saveNpy(path, x)).rejects.toThrow(OptionError);
      await expect(loadSafetensors(path)).rejects.toThrow(OptionError);
      await expect(loadNpy(path)).rejects.toThrow(OptionError);
    }
    expect(readdirSync(folder)).toEqual(["taken"]);
    expect(readdirSync(join(folder, "taken"))).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)("in a folder that is read-only is an OptionError", async () => {
    const path = join(folder, "closed");
    mkdirSync(path, { mode: 0o500 });
    await expect(saveSafetensors(join(path, "a"), { x })).rejects.toThrow(OptionError);
  });

  it("that is cut short at any place is refused", async () => {
    const path = join(folder, "a");
    await saveSafetensors(path, { x });
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += 97) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(loadSafetensors(path)).rejects.toThrow(FormatError);
    }
  });

  it("that is cut short while it is read is refused", async () => {
    const path = join(folder, "a");
    await saveSafetensors(path, { x });
    const reading = withFile("test", path, async (file) => {
      truncateSync(path, 10);
      await file.read(new Uint8Array(file.size), 0);
    });
    await expect(reading).rejects.toThrow(NodegradError);
    await expect(reading).rejects.toThrow("truncated while it was read");
  });
});
