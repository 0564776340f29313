/** The conformance suite as somebody with a backend of their own uses it. */

import { describe, expect, it } from "vitest";
import type { Backend } from "../../lib/backends/backend.js";
import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import { registerBackend } from "../../lib/runtime/backends.js";
import { conformanceCases } from "../../lib/testing/index.js";

const cases = conformanceCases();
/** A few of each kind: `test/backends/oracle.test.ts` runs all. */
const some = cases.filter(({ name }, i) => i % 40 === 0 || /softmax|thread|refused/.test(name));
const outcome = async (name: string, backend: string) => {
  try {
    await cases.find((one) => one.name === name)?.run(backend);
    return "passes";
  } catch (error) {
    return (error as Error).message;
  }
};

/** A backend that hands everything to the reference, but for what is overwritten. */
function toy(name: string, changes: (inner: ReferenceBackend) => Partial<Backend> = () => ({})): void {
  const inner = new ReferenceBackend();
  const backend: Backend = {
    name,
    target: "toy",
    dtypes: inner.dtypes,
    threads: 1,
    prepare: (program, constants) => inner.prepare(program, constants),
    createState: (dtype, data) => inner.createState(dtype, data),
    finish: () => inner.finish(),
  };
  // With getters as getters.
  Object.defineProperties(backend, Object.getOwnPropertyDescriptors(changes(inner)));
  registerBackend(name, () => backend);
}

toy("toy");

describe("a backend that hands everything to the reference", () => {
  it.each(some)("passes: $name", ({ run }) => run("toy"));
});

describe("a broken backend", () => {
  const product = cases.find(({ name }) => name.startsWith("matmul: [1,67]"))?.name as string;

  it("fails where it computes something else", async () => {
    toy("off by little", (inner) => ({
      prepare(words, constants) {
        const program = inner.prepare(words, constants);
        const run: typeof program.run = (bindings) => {
          program.run(bindings);
          const [first] = bindings.outputs;
          if (first !== undefined && first.length > 3) first[3] = (first[3] as number) + 1e-3;
        };
        return { ...bound(program), run };
      },
    }));
    expect(await outcome(product, "off by little")).toMatch(/off by little: matmul: .*element 3: .*allowed/);
  });

  it("fails where results depend on the number of threads", async () => {
    let threads = 1;
    toy("unsteady", (inner) => ({
      get threads() {
        return threads;
      },
      set threads(count: number) {
        threads = count;
      },
      prepare(words, constants) {
        const program = inner.prepare(words, constants);
        const run: typeof program.run = (bindings) => {
          program.run(bindings);
          const [first] = bindings.outputs;
          if (first !== undefined && threads === 3) first[0] = 0.123;
        };
        return { ...bound(program), run };
      },
    }));
    expect(await outcome(product, "unsteady")).toMatch(/3 threads give other bits/);
  });

  it("fails where it takes Programs that are none", async () => {
    toy("careless", (inner) => ({
      prepare(words, constants) {
        try {
          return inner.prepare(words, constants);
        } catch {
          return bound({} as never);
        }
      },
    }));
    expect(await outcome("Programs with another first word are refused", "careless")).toMatch(/is accepted/);
  });
});

/** The methods of a prepared Program, which are its class's. */
function bound(program: ReturnType<Backend["prepare"]>): ReturnType<Backend["prepare"]> {
  return {
    run: (bindings) => program.run(bindings),
    submit: (bindings) => program.submit(bindings),
    memory: () => program.memory(),
    dispose: () => program.dispose(),
  };
}

describe("the cases", () => {
  it("have names of their own", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
