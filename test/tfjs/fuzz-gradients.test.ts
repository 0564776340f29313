/**
 * Gradients of functions of TensorFlow.js, as programs ask for them, by nodegrad and by the `cpu` backend: on random shapes, values and
 * attributes. `NODEGRAD_FUZZ_RUNS` says how many cases of each function there are, and `NODEGRAD_FUZZ_SEED` which ones.
 */

import * as fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import { compare, type Execution, execute } from "./fuzz/differential.js";
import { Draw } from "./fuzz/draw.js";
import { differentiable, gradientsOf, withGradient } from "./fuzz/gradients.js";

const numRuns = Math.ceil(Number(process.env.NODEGRAD_FUZZ_RUNS ?? 25) / 2);
const seed = Number(process.env.NODEGRAD_FUZZ_SEED ?? 5);

let executions = 0;

describe("the gradients", () => {
  it.each(Object.entries(differentiable))("of %s are what cpu gives", (name, generator) => {
    const check = (gen: fc.GeneratorValue) => {
      const draw = new Draw(gen);
      executions++;
      const drawn = generator(draw);
      const compute = gradientsOf(drawn.compute);
      // What cpu cannot differentiate says nothing of nodegrad.
      const execution: Execution = (backend, inputs, from) => {
        const outcome = execute(name, compute, backend, inputs, from);
        if ("error" in outcome) throw outcome.error;
        return outcome;
      };
      compare(`gradient of ${name}`, execution, withGradient(draw, drawn), draw.once(8) ? "cpu" : "nodegrad");
    };
    fc.assert(fc.property(fc.gen(), check), { numRuns, seed, endOnFailure: false });
  });

  afterAll(() => console.log(`${executions} gradients of ${Object.keys(differentiable).length} functions`));
});
