/** What a classifier takes: its weights once, copies of filters in the order of their kernels, and little else. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dist, runForJson, runScript } from "../runtime/support.js";

interface Grown {
  readonly weights: number;
  /** Bytes over those of a process that has loaded nodegrad, now and at the most so far. */
  readonly now: number;
  readonly peak: number;
  /** Bytes of packed copies. */
  readonly packed: number;
}

describe("images through VGG in small", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-memory-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  // As in VGG-16 nearly all weights are those of linear layers, most of them in the first, and the images are far larger
  // than its input: 167 MiB, of which 98 in the first, and activations of 12 MiB.
  const prelude = `
    import { Activation, Conv2d, Flatten, Linear, MaxPool2d, Sequential } from ${JSON.stringify(`${dist}nn/index.js`)};
    ng.setBackend("native");
    const idle = process.memoryUsage.rss();
    const relu = () => new Activation("relu");
    const stages = [[3, 64, 4], [64, 64, 4], [64, 128, 2]];
    const model = new Sequential([
      ...stages.flatMap(([i, o, pool]) => [new Conv2d(i, o, 3, { padding: 1, seed: o }), relu(), new MaxPool2d(pool)]),
      new Flatten(), new Linear(128 * 7 * 7, 4096, { seed: 4 }), relu(),
      new Linear(4096, 4096, { seed: 5 }), relu(), new Linear(4096, 10, { seed: 6 }),
    ]).eval();
    const weights = 4 * Object.values(model.variables()).reduce((sum, { size }) => sum + size, 0);
    const use = () => {
      const forward = ng.compile((x) => model.forward(x));
      const x = ng.randomNormal([1, 3, 224, 224], { seed: 7 }).realize();
      for (let i = 0; i < 4; i++) forward(x);
      const [now, peak] = [process.memoryUsage.rss() - idle, process.resourceUsage().maxRSS * 1024 - idle];
      console.log(JSON.stringify({ weights, now, peak, packed: ng.getBackend().memory().packedBytes }));
    };`;
  const activations = 2 * 4 * 64 * 224 * 224;

  function check({ weights, now, peak, packed }: Grown): void {
    expect(now).toBeGreaterThan(weights);
    expect(now).toBeLessThan(1.5 * weights + activations);
    expect(peak).toBeLessThan(1.5 * weights + activations);
    expect(packed).toBeLessThan(8 * 2 ** 20); // of filters alone
  }

  it("take half as much as the weights besides them", { timeout: 60_000 }, async () => {
    check(await runForJson<Grown>(`${prelude} use();`));
  });

  it("take no more when the weights come from a file", { timeout: 60_000 }, async () => {
    const path = JSON.stringify(join(folder, "model.safetensors"));
    const io = `const { saveSafetensors } = await import(${JSON.stringify(`${dist}io/index.js`)});`;
    const saved = await runScript(`${prelude} ${io} await saveSafetensors(${path}, model.state());`);
    expect(saved).toMatchObject({ code: 0, stderr: "" });
    check(await runForJson<Grown>(`${prelude} await model.load(${path}); use();`));
  });

  it("are written to a file from one copy", { timeout: 60_000 }, async () => {
    const path = JSON.stringify(join(folder, "copy.safetensors"));
    const { weights, peak } = await runForJson<Grown>(`${prelude}
      const { saveSafetensors } = await import(${JSON.stringify(`${dist}io/index.js`)});
      await saveSafetensors(${path}, model.state());
      console.log(JSON.stringify({ weights, peak: process.resourceUsage().maxRSS * 1024 - idle }));`);
    expect(peak).toBeLessThan(2.3 * weights);
  });
});
