/** Instructions on processors that this machine does not have, as far as it can emulate them. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TypedArray } from "../../lib/dtype.js";
import { type Drawn, differenceOf, drawCases } from "../../lib/testing/arrangements.js";
import { runOnReference } from "../../lib/testing/job.js";
import { runOnNative } from "../backends/machines.js";

interface Processor {
  readonly emulator: readonly [string, ...string[]];
  readonly arch: string;
  readonly target: string;
  readonly lacks: string;
}

interface Emulation {
  readonly processors: Record<string, Processor>;
  addonFor(name: string): string;
  lackFor(name: string): string | undefined;
  emulatedNode(name: string): string;
}
const emulation = (await import(join(import.meta.dirname, "emulation.js"))) as Emulation;
const processors = Object.keys(emulation.processors).map((name) => ({ name, lack: emulation.lackFor(name) }));
const anyThere = processors.some(({ lack }) => lack === undefined);

/** Elements that a case reads and writes. */
const sizeOf = ({ job }: Drawn) => [...job.inputs, ...job.outputs].reduce((sum, { length }) => sum + length, 0);

/** The smallest case of each instruction and micro-op, and some other small ones: emulated, a product takes a microsecond. */
function share(): Drawn[] {
  const all = drawCases();
  if (process.env.NODEGRAD_EVERY_CASE) return all;
  const smallest = new Map<string | undefined, Drawn>();
  for (const drawn of all) {
    const name = drawn.job.name.split(/[:, ]/)[0];
    const other = smallest.get(name);
    if (other === undefined || sizeOf(drawn) < sizeOf(other)) smallest.set(name, drawn);
  }
  const chosen = new Set(smallest.values());
  return all.filter((drawn, i) => chosen.has(drawn) || (i % 3 === 0 && sizeOf(drawn) <= 4096));
}

const cases = anyThere ? share() : [];
const jobs = cases.map(({ job }) => job);
const references = jobs.map(runOnReference);

for (const { name, lack } of processors) {
  describe.skipIf(lack !== undefined)(`${name}${lack === undefined ? "" : ` (needs ${lack})`}`, () => {
    const addon = emulation.addonFor(name);
    const { emulator, arch, target, lacks } = emulation.processors[name] as Processor;

    it("is emulated without what came later", () => {
      const folder = mkdtempSync(join(tmpdir(), "nodegrad-processor-"));
      try {
        writeFileSync(join(folder, "later.cc"), `int main() { asm("${lacks}"); }`);
        const compiler = arch === process.arch ? "g++" : "aarch64-linux-gnu-g++";
        execFileSync(compiler, ["-static", "later.cc", "-o", "later"], { cwd: folder });
        const [program, ...options] = emulator;
        expect(spawnSync(program, [...options, join(folder, "later")], { cwd: folder }).signal).toBe("SIGILL");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it(`chooses ${target}`, () => {
      const program = "const addon = require(process.argv[1]); console.log(addon.target, addon.selfTest())";
      const chosen = execFileSync(emulation.emulatedNode(name), ["-e", program, addon], { encoding: "utf8" });
      expect(chosen.trim()).toBe(`${target} true`);
    });

    it(`computes ${cases.length} cases as the reference does, with the same bits on 1, 2 and 3 threads`, () => {
      const outcomes = runOnNative("", jobs, { node: emulation.emulatedNode(name), addon });
      const wrong = cases.flatMap((drawn, i) => {
        const { outputs, steady } = outcomes[i] as (typeof outcomes)[number];
        const difference = differenceOf(drawn, references[i] as TypedArray[], outputs as TypedArray[]);
        const problems = [difference, steady ? undefined : "other bits on other threads"];
        return problems.filter((problem) => problem !== undefined).map((problem) => `${drawn.job.name}: ${problem}`);
      });
      expect(wrong).toEqual([]);
    }, 600_000);
  });
}
