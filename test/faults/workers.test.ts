/** Many worker threads at a time. */

import { describe, expect, it } from "vitest";
import { runForJson } from "./child.js";

describe("eight workers that train at once", () => {
  it("learn the bits that a training alone learns", async () => {
    const { alone, together } = await runForJson<{ alone: string; together: string[] }>("workers", ["agree", "8"]);
    expect(alone).toMatch(/^[0-9a-f]{64}$/);
    expect(together).toEqual(Array(8).fill(alone));
  });
});

interface Usage {
  readonly threads: number;
  readonly files: number;
  readonly rss: number;
}

/** What programs/workers.js tells of a soak. */
interface Soaked {
  readonly counts: { readonly trained: number; readonly computed: number; readonly terminated: number };
  readonly samples: readonly Usage[];
  readonly last: Usage;
}

/** `npm run soak:workers` takes 10 minutes. */
const seconds = Number(process.env.NODEGRAD_SOAK_SECONDS ?? 6);

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

describe(`workers that come and go for ${seconds} seconds`, () => {
  it("train, compute, are terminated, and leave nothing", { timeout: 2000 * seconds + 60_000 }, async () => {
    const options = { flags: ["--expose-gc"], timeout: 2000 * seconds + 60_000 };
    const { counts, samples, last } = await runForJson<Soaked>("workers", ["soak", `${seconds}`], options);
    const third = (from: number, what: keyof Usage) => {
      const length = Math.ceil(samples.length / 3);
      return median(samples.slice(from * length, (from + 1) * length).map((sample) => sample[what]));
    };
    const [early, late] = [third(0, "rss"), third(2, "rss")];
    if (seconds >= 60) console.log(JSON.stringify({ counts, early, late, last, samples: samples.length }));
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(0);
    if (process.platform !== "linux") return; // Elsewhere there is no /proc to look into.
    // Three workers are alive at a time, each with three to four threads and some dozens of files.
    expect(last.threads).toBeLessThan(24);
    expect(last.files).toBeLessThan(48);
    expect(late).toBeLessThan(seconds >= 60 ? 1.05 * early : early + 64 * 2 ** 20);
  });
});
