/**
 * Every kernel against the `cpu` backend of TensorFlow.js, on random shapes, ranks, dtypes, values and attributes.
 *
 * `NODEGRAD_FUZZ_RUNS` says how many cases of each kernel there are, and `NODEGRAD_FUZZ_SEED` which ones; a failure names the seed.
 */

import * as tf from "@tensorflow/tfjs-core";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { checkSame } from "./fuzz/differential.js";
import { Draw } from "./fuzz/draw.js";
import { generators } from "./fuzz/index.js";

const numRuns = Number(process.env.NODEGRAD_FUZZ_RUNS ?? 25);
const seed = Number(process.env.NODEGRAD_FUZZ_SEED ?? 5);

let executions = 0;

describe("every kernel", () => {
  const names = tf.getKernelsForBackend("cpu").map(({ kernelName }) => kernelName);

  it("has cases", () => {
    expect(names).toHaveLength(172);
    expect(Object.keys(generators).sort()).toEqual([...names].sort());
  });

  it.each(Object.entries(generators))("%s gives what cpu gives", (kernel, generator) => {
    const check = (gen: fc.GeneratorValue) => {
      const draw = new Draw(gen);
      executions++;
      // Now and then tensors come from the other backend.
      checkSame(kernel, generator(draw), draw.once(8) ? "cpu" : "nodegrad");
    };
    fc.assert(fc.property(fc.gen(), check), { numRuns, seed, endOnFailure: false });
  });

  afterAll(() => console.log(`${executions} cases of ${names.length} kernels`));
});
