import { describe, expect, it } from "vitest";
import type { Bindings } from "../../lib/backends/backend.js";
import { Arena } from "../../lib/backends/reference/arena.js";
import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import { BackendError, FormatError, IndexError } from "../../lib/errors.js";
import { ProgramWriter } from "../../lib/program/writer.js";

/** state += input · scalar through a temp; output = constant[state as an index …]: every kind of buffer once. */
function counterProgram(): Int32Array {
  const writer = new ProgramWriter();
  const vector = { offset: 0, shape: [2], strides: [1] };
  const view = (kind: "input" | "state" | "constant" | "temp" | "output", place: number) =>
    writer.view(writer.buffer(kind, "int32", 2, place), vector);
  const [input, state, constant, temp, output] = [
    view("input", 0),
    view("state", 0),
    view("constant", 0),
    view("temp", 1),
    view("output", 0),
  ];
  writer.arenaBlocks = 2;
  writer.scalars = 1;
  writer.instruction("map", {
    outputs: [temp],
    inputs: [input],
    micro: {
      registers: 2,
      results: [0],
      code: [
        { op: "scalar", dtype: "int32", dst: 1, a: 0 },
        { op: "mul", dtype: "int32", dst: 0, a: 0, b: 1 },
      ],
    },
  });
  // Can fail, so it comes before the state is written.
  writer.instruction("gather", { outputs: [output], inputs: [constant, input], attributes: { axis: 0 } });
  writer.instruction("map", {
    outputs: [state],
    inputs: [state, temp],
    micro: { registers: 2, results: [0], code: [{ op: "add", dtype: "int32", dst: 0, a: 0, b: 1 }] },
  });
  return writer.finish();
}

function setUp() {
  const backend = new ReferenceBackend();
  const constants = [Int32Array.of(70, 80)];
  const executable = backend.prepare(counterProgram(), constants);
  constants[0]?.fill(0);
  const state = backend.createState("int32", Int32Array.of(100, 200));
  const bind = (change: Partial<Bindings> = {}): Bindings => ({
    inputs: [Int32Array.of(0, 1)],
    outputs: [new Int32Array(2)],
    states: [state],
    scalars: Float64Array.of(10),
    ...change,
  });
  return { backend, executable, state, bind };
}

describe("a Program on the reference backend", () => {
  it("runs on inputs, states, constants, temps, outputs and scalars", () => {
    const { executable, state, bind } = setUp();
    const bindings = bind();
    executable.run(bindings);
    executable.run(bindings);
    expect(state.read()).toEqual(Int32Array.of(100, 220));
    expect(bindings.outputs[0]).toEqual(Int32Array.of(70, 80));
  });

  it("leaves states alone when an index is bad", () => {
    const { executable, state, bind } = setUp();
    expect(() => executable.run(bind({ inputs: [Int32Array.of(1, 2)] }))).toThrow(IndexError);
    expect(state.read()).toEqual(Int32Array.of(100, 200));
  });

  it("accepts longer arrays than it needs", () => {
    const { executable, bind } = setUp();
    const output = Int32Array.of(1, 2, 3);
    executable.run(bind({ outputs: [output] }));
    expect(output).toEqual(Int32Array.of(70, 80, 3));
  });

  const detached = Int32Array.of(0, 1);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });

  it.each<[string, Partial<Bindings>, string]>([
    ["too few inputs", { inputs: [] }, "run: inputs: wrong number: 0; expected 1"],
    ["too many outputs", { outputs: [new Int32Array(2), new Int32Array(2)] }, "run: outputs: wrong number: 2"],
    ["no state", { states: [] }, "run: states: wrong number: 0"],
    ["no scalars", { scalars: new Float64Array(0) }, "run: scalars: wrong number: 0"],
    ["scalars of another class", { scalars: [10] as never }, "run: scalars must be a Float64Array"],
    [
      "another class",
      { inputs: [new Float32Array(2)] },
      "run: input 0: expected Int32Array for int32, got Float32Array(2)",
    ],
    ["nothing", { inputs: [undefined as never] }, "run: input 0: expected Int32Array for int32, got undefined"],
    ["a short array", { outputs: [new Int32Array(1)] }, "run: output 0: has 1 elements; expected at least 2"],
    ["a detached array", { inputs: [detached] }, "run: input 0: is empty or detached; expected at least 2"],
    ["a foreign state", { states: [{} as never] }, "run: state 0: made by another backend"],
    [
      "a state of another dtype",
      { states: [new ReferenceBackend().createState("float32", new Float32Array(2))] },
      "run: state 0: is float32; expected int32",
    ],
    [
      "a short state",
      { states: [new ReferenceBackend().createState("int32", new Int32Array(1))] },
      "run: state 0: has 1 elements; expected at least 2",
    ],
  ])("rejects %s", (_, change, message) => {
    const { executable, bind, state } = setUp();
    expect(() => executable.run(bind(change))).toThrow(BackendError);
    expect(() => executable.run(bind(change))).toThrow(message);
    expect(state.read()).toEqual(Int32Array.of(100, 200));
  });

  it("checks the Program and its constants when it is prepared", () => {
    const backend = new ReferenceBackend();
    expect(() => backend.prepare(new Int32Array(3), [])).toThrow(FormatError);
    expect(() => backend.prepare(counterProgram(), [])).toThrow("prepare: constants: wrong number: 0; expected 1");
    expect(() => backend.prepare(counterProgram(), [new Int32Array(1)])).toThrow("prepare: constant 0: has 1 elements");
    expect(() => backend.prepare(counterProgram(), [new Uint8Array(2)])).toThrow(BackendError);
  });

  it("throws BackendError when there is no memory for temporaries", () => {
    // More than any ArrayBuffer can have.
    expect(() => new Arena().reserve(2 ** 50)).toThrow(BackendError);
  });
});

describe("asynchronous runs", () => {
  it("happen later, in order, and before a run that is asked for after them", async () => {
    const { executable, state, bind } = setUp();
    const settled: string[] = [];
    const first = executable.submit(bind()).done.then(() => settled.push("first"));
    const second = executable.submit(bind({ scalars: Float64Array.of(100) })).done.then(() => settled.push("second"));
    expect(state.read()).toEqual(Int32Array.of(100, 200));
    await first;
    expect(state.read()).toEqual(Int32Array.of(100, 210));
    await second;
    expect(settled).toEqual(["first", "second"]);
    const third = executable.submit(bind()).done;
    executable.run(bind());
    expect(state.read()).toEqual(Int32Array.of(100, 330));
    await third;
    expect(state.read()).toEqual(Int32Array.of(100, 330));
  });

  it("reject with what run throws, and the next one happens all the same", async () => {
    const { executable, state, bind } = setUp();
    const bad = executable.submit(bind({ inputs: [Int32Array.of(5, 5)] })).done;
    const good = executable.submit(bind()).done;
    await expect(bad).rejects.toThrow(IndexError);
    await good;
    expect(state.read()).toEqual(Int32Array.of(100, 210));
  });

  it("are done by finish and dispose; what they failed with stays with their promises", async () => {
    const { backend, executable, state, bind } = setUp();
    const bad = executable.submit(bind({ inputs: [] })).done;
    const good = executable.submit(bind()).done;
    backend.finish();
    expect(state.read()).toEqual(Int32Array.of(100, 210));
    await expect(bad).rejects.toThrow(BackendError);
    await good;
    const last = executable.submit(bind()).done;
    executable.dispose();
    executable.dispose();
    expect(state.read()).toEqual(Int32Array.of(100, 220));
    await last;
    expect(() => executable.run(bind())).toThrow("run: the Program was disposed");
    await expect(executable.submit(bind()).done).rejects.toThrow(BackendError);
  });
});

describe("the backend", () => {
  it("says what it is and ignores threads", () => {
    const backend = new ReferenceBackend();
    backend.threads = 8;
    expect(backend).toMatchObject({ name: "reference", target: "typescript", threads: 1 });
    expect(backend.dtypes).toContain("float64");
  });

  it("shares one arena between Programs of different sizes", () => {
    const backend = new ReferenceBackend();
    const copyTwice = (length: number) => {
      const writer = new ProgramWriter();
      const vector = { offset: 0, shape: [length], strides: [1] };
      const input = writer.view(writer.buffer("input", "float32", length, 0), vector);
      const temp = writer.view(writer.buffer("temp", "float32", length, 0), vector);
      const output = writer.view(writer.buffer("output", "float32", length, 0), vector);
      writer.arenaBlocks = Math.ceil(length / 16);
      writer.instruction("copy", { outputs: [temp], inputs: [input] });
      writer.instruction("copy", { outputs: [output], inputs: [temp] });
      return backend.prepare(writer.finish(), []);
    };
    const [small, large] = [copyTwice(3), copyTwice(100)];
    for (const [executable, length] of [
      [small, 3],
      [large, 100],
      [small, 3],
    ] as const) {
      const input = new Float32Array(length).fill(length);
      const output = new Float32Array(length);
      executable.run({ inputs: [input], outputs: [output], states: [], scalars: new Float64Array(0) });
      expect(output).toEqual(input);
    }
  });

  it("keeps states apart from the arrays they were made of", () => {
    const data = Float32Array.of(1, 2);
    const state = new ReferenceBackend().createState("float32", data);
    data[0] = 9;
    const copy = state.read();
    copy[1] = 9;
    expect(state.read()).toEqual(Float32Array.of(1, 2));
    state.write(Float32Array.of(3, 4));
    expect(state).toMatchObject({ dtype: "float32", length: 2 });
    expect(state.read()).toEqual(Float32Array.of(3, 4));
    state.write(Float32Array.of(5), 1);
    expect(state.read()).toEqual(Float32Array.of(3, 5));
    expect(() => state.write(new Float32Array(3))).toThrow("state: has 2 elements, got 3");
    expect(() => state.write(new Float32Array(2), 1)).toThrow("state: has 2 elements, got 2 from 1 on");
    expect(() => state.write(new Float32Array(1), -1)).toThrow(BackendError);
    expect(new ReferenceBackend().createState("int32", 2).read()).toEqual(new Int32Array(2));
    expect(() => state.write(new Int32Array(2))).toThrow(BackendError);
    expect(() => new ReferenceBackend().createState("bool", new Float32Array(1))).toThrow(BackendError);
    state.dispose();
    state.dispose();
    expect(() => state.read()).toThrow("state: used after dispose()");
    expect(() => state.write(data)).toThrow(BackendError);
  });
});
