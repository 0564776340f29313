/** The memory that runs compute in: it grows to what they need, and is given back when that was long ago. */

import { beforeEach, describe, expect, it } from "vitest";
import type { NativeBackend } from "../../lib/backends/native/index.js";
import { compile, getBackend, randomNormal, setBackend, type Tensor, tensor, withRandomKey } from "../../lib/index.js";
import { normal } from "../../lib/nn/index.js";

const MIB = 2 ** 20;

describe("the arena", () => {
  beforeEach(() => setBackend("native"));

  const arena = () => (getBackend() as NativeBackend).memory().arenaBytes;
  /** A run that needs so many bytes: a number of every element is drawn before they are added up. */
  const using = (bytes: number) => {
    const key = tensor(Int32Array.of(1, 2));
    const run = compile((key: Tensor) => withRandomKey(key, () => randomNormal([bytes / 4]).sum()));
    expect(run.memory(key).temporaries).toBeGreaterThanOrEqual(bytes);
    return (): Tensor => run(key);
  };

  it("shrinks when runs have used as much without needing it", () => {
    const [large, small] = [using(64 * MIB), using(4 * MIB)];
    const before = [large().item(), small().item()];
    expect(arena()).toBeGreaterThanOrEqual(64 * MIB);
    for (let i = 0; i < 10; i++) small();
    expect(arena()).toBeGreaterThanOrEqual(64 * MIB);
    for (let i = 0; i < 10; i++) small();
    expect(arena()).toBeLessThan(8 * MIB);
    expect([large().item(), small().item()]).toEqual(before);
    expect(arena()).toBeGreaterThanOrEqual(64 * MIB);
  });

  it("stays where it is needed now and then", () => {
    const [large, part, small] = [using(64 * MIB), using(20 * MIB), using(4 * MIB)];
    large();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 10; i++) small();
      part();
    }
    expect(arena()).toBeGreaterThanOrEqual(64 * MIB);
  });

  it("is not needed to initialise a variable", () => {
    const small = using(4 * MIB);
    for (let i = 0; i < 40; i++) small();
    const before = arena();
    expect(before).toBeLessThan(20 * MIB);
    const weights = normal("weights", [8 * MIB], 0.1, { seed: 3 }).dataSync();
    expect(arena()).toBe(before);
    const drawn = randomNormal([8 * MIB], { std: 0.1, seed: 3 }).dataSync();
    expect(weights.every((weight, i) => weight === drawn[i])).toBe(true);
  });
});
