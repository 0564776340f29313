import { describe, expect, it } from "vitest";
import { defaultThreads } from "../../lib/backends/native/index.js";
import { BackendError, DTypeError, FormatError, IndexError } from "../../lib/errors.js";
import { arange, conv2d, grad, ones, type Tensor, tensor, zeros } from "../../lib/index.js";
import { ProgramWriter } from "../../lib/program/writer.js";
import { countingProgram, gatherProgram, longProgram, nativeBackend, requireAddon } from "./native-addon.js";

const backend = nativeBackend();
const floats = (...values: number[]) => Float32Array.from(values);
const noScalars = new Float64Array(0);

/** Arrays and a state for `countingProgram(2)`. */
function counting() {
  return {
    inputs: [floats(1, 2)],
    outputs: [new Float32Array(2)],
    states: [backend.createState("float32", floats(10, 20))],
    scalars: Float64Array.of(3),
  };
}

describe("a run", () => {
  it("reads inputs and scalars, writes outputs and updates states", () => {
    const bindings = counting();
    const executable = backend.prepare(countingProgram(2), []);
    executable.run(bindings);
    expect(bindings.outputs[0]).toEqual(floats(13, 26));
    executable.run(bindings);
    expect(bindings.outputs[0]).toEqual(floats(14, 27));
    expect(bindings.states[0]?.read()).toEqual(floats(12, 22));
  });

  it("accepts arrays in the middle of a buffer, and longer ones than it needs", () => {
    const bindings = counting();
    const memory = new Float32Array(7);
    memory.set([1, 2], 3);
    backend.prepare(countingProgram(2), []).run({ ...bindings, inputs: [memory.subarray(3)] });
    expect(bindings.outputs[0]).toEqual(floats(13, 26));
  });

  it("finds the cache lines of buffers, at which large tensors begin", () => {
    for (const length of [1024, 1025, 100_000]) {
      const { data } = tensor(new Float32Array(length)).storage as { data: Float32Array<ArrayBuffer> };
      expect(data.length).toBe(length);
      expect(data.byteOffset).toBe(backend.startIn(data.buffer));
      expect(data.byteOffset).toBeLessThan(64);
    }
    expect(tensor([1, 2]).storage?.data?.byteOffset).toBe(0);
    expect(requireAddon().addon.cacheLineIn(new Uint8Array(1) as unknown as ArrayBuffer)).toBe(0);
  });

  it("copies constants when the Program is prepared", () => {
    const writer = new ProgramWriter();
    const window = { offset: 0, shape: [3], strides: [1] };
    const from = writer.view(writer.buffer("constant", "int32", 3, 0), window);
    const to = writer.view(writer.buffer("output", "int32", 3, 0), window);
    writer.instruction("copy", { outputs: [to], inputs: [from] });
    const constant = Int32Array.of(7, 8, 9);
    const executable = backend.prepare(writer.finish(), [constant]);
    constant.fill(0);
    const outputs = [new Int32Array(3)];
    executable.run({ inputs: [], outputs, states: [], scalars: noScalars });
    expect(outputs[0]).toEqual(Int32Array.of(7, 8, 9));
  });

  it("names the index that is out of range", async () => {
    const executable = backend.prepare(gatherProgram(4), []);
    const inputs = [floats(1, 2, 3, 4), Int32Array.of(3, 0, 1, 4)];
    const bindings = { inputs, outputs: [new Float32Array(4)], states: [], scalars: noScalars };
    const message = "gather: index 4 at position 3 is out of range [0, 4)";
    expect(() => executable.run(bindings)).toThrow(new IndexError(message));
    await expect(executable.submit(bindings).done).rejects.toThrow(new IndexError(message));
  });

  it("has the same bits for any number of threads", () => {
    const n = 160;
    const executable = backend.prepare(longProgram(n, 3), []);
    const inputs = [Float32Array.from({ length: n * n }, (_, i) => Math.sin(i) / n)];
    const results = [1, 2, 3, 8].map((threads) => {
      backend.threads = threads;
      const outputs = [new Float32Array(n * n)];
      executable.run({ inputs, outputs, states: [], scalars: noScalars });
      return outputs[0];
    });
    backend.threads = defaultThreads();
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

describe("bindings that do not fit", () => {
  const executable = backend.prepare(countingProgram(2), []);
  const detached = floats(1, 2);
  structuredClone(detached, { transfer: [detached.buffer] });
  const freed = backend.createState("float32", floats(0, 0));
  freed.dispose();
  const foreign = nativeBackend().createState("int32", new Int32Array(2));
  const state = backend.createState("float32", floats(0, 0));
  const shared = new Float32Array(4);

  it.each<[string, object, string]>([
    ["an input too short", { inputs: [floats(1)] }, "input 0"],
    ["a detached input", { inputs: [detached] }, "input 0"],
    ["an input of another dtype", { inputs: [Int32Array.of(1, 2)] }, "input 0"],
    ["an input that is no typed array", { inputs: [[1, 2]] }, "input 0"],
    ["too few inputs", { inputs: [] }, "inputs"],
    ["too many inputs", { inputs: [floats(1, 2), floats(1, 2)] }, "inputs"],
    ["inputs that are no array", { inputs: 5 }, "inputs"],
    ["an output too short", { outputs: [floats(1)] }, "output 0"],
    ["an output over an input", { inputs: [shared.subarray(1)], outputs: [shared] }, "output 0 overlaps input 0"],
    ["too few states", { states: [] }, "states"],
    ["a state of another dtype", { states: [foreign] }, "state 0"],
    ["a disposed state", { states: [freed] }, "state 0"],
    ["a state that is none", { states: [{}] }, "state 0"],
    ["too few scalars", { scalars: noScalars }, "scalars"],
    ["scalars of another dtype", { scalars: floats(1, 2) }, "scalars"],
  ])("are refused: %s", async (_, change, message) => {
    const bindings = { inputs: [floats(1, 2)], outputs: [new Float32Array(2)], states: [state], ...change };
    const all = { scalars: Float64Array.of(1), ...bindings } as Parameters<typeof executable.run>[0];
    expect(() => executable.run(all)).toThrow(BackendError);
    expect(() => executable.run(all)).toThrow(message);
    await expect(executable.submit(all).done).rejects.toThrow(message);
  });

  it("are refused where an array may shrink during an asynchronous run", async () => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
    const inputs = [new Float32Array(new Resizable(8, { maxByteLength: 64 }))];
    const bindings = { ...counting(), inputs };
    executable.run(bindings);
    await expect(executable.submit(bindings).done).rejects.toThrow("resizable");
  });

  it("are refused where an array is read by a getter that throws", () => {
    const inputs = [floats(1, 2)];
    Object.defineProperty(inputs, 0, {
      get() {
        throw new RangeError("mine");
      },
    });
    expect(() => executable.run({ ...counting(), inputs })).toThrow("mine");
  });

  it("are refused where a getter detaches an array that was read before", () => {
    const { addon } = requireAddon();
    const writer = new ProgramWriter();
    const window = { offset: 0, shape: [2], strides: [1] };
    const [a, b] = [0, 1].map((slot) => writer.view(writer.buffer("input", "float32", 2, slot), window));
    const out = writer.view(writer.buffer("output", "float32", 2, 0), window);
    const micro = { registers: 2, results: [0], code: [] };
    writer.instruction("map", { outputs: [out], inputs: [a as number, b as number], micro });
    const handle = addon.prepare(writer.finish(), []);
    const first = floats(1, 2);
    const inputs = [first, floats(3, 4)];
    Object.defineProperty(inputs, 1, {
      get() {
        structuredClone(first, { transfer: [first.buffer] });
        addon.disposeProgram(handle);
        return floats(3, 4);
      },
    });
    expect(() => addon.run(handle, inputs, [new Float32Array(2)], new Int32Array(0), noScalars)).toThrow("input 0");
  });
});

describe("what is not there any more", () => {
  it("cannot be used", () => {
    const executable = backend.prepare(countingProgram(2), []);
    const bindings = counting();
    executable.dispose();
    executable.dispose();
    expect(() => executable.run(bindings)).toThrow(BackendError);
    const [state] = bindings.states;
    state?.dispose();
    state?.dispose();
    expect(() => state?.read()).toThrow(BackendError);
    expect(() => state?.write(floats(1, 2))).toThrow(BackendError);
  });

  it("is written in parts, none of which goes beyond it", () => {
    const state = backend.createState("float32", 3);
    expect(state.read()).toEqual(new Float32Array(3));
    state.write(floats(1, 2), 1);
    state.write(floats(7));
    expect(state.read()).toEqual(floats(7, 1, 2));
    for (const [data, offset] of [
      [floats(1, 2), 2],
      [floats(1), 3],
      [floats(1), -1],
      [floats(1, 2, 3, 4), 0],
    ] as const) {
      expect(() => state.write(data, offset)).toThrow(BackendError);
    }
    expect(() => state.write(new Int32Array(1))).toThrow(BackendError);
    state.write(floats(), 3);
    expect(state.read()).toEqual(floats(7, 1, 2));
    state.dispose();
  });

  it("leaves its handle to nobody", () => {
    const { addon } = requireAddon();
    const stale = addon.createState(0, 1);
    addon.freeState(stale);
    const handles = new Set([stale]);
    // More than a slot has generations.
    for (let i = 0; i < 5000; i++) {
      const handle = addon.createState(0, 1);
      expect(handles.has(handle)).toBe(false);
      handles.add(handle);
      addon.freeState(handle);
    }
    expect(() => addon.readState(stale, floats(0))).toThrow("disposed");
  });

  it("is counted no longer", () => {
    const before = backend.memory();
    const executable = backend.prepare(countingProgram(2), []);
    const state = backend.createState("float32", new Float32Array(1000));
    expect(backend.memory()).toMatchObject({
      programs: before.programs + 1,
      states: before.states + 1,
      stateBytes: before.stateBytes + 4000,
    });
    executable.dispose();
    state.dispose();
    expect(backend.memory()).toMatchObject({ programs: before.programs, stateBytes: before.stateBytes });
  });

  it("may still be at work in an asynchronous run", async () => {
    const executable = backend.prepare(countingProgram(2), []);
    const bindings = counting();
    const run = executable.submit(bindings).done;
    executable.dispose();
    bindings.states[0]?.dispose();
    await run;
    expect(bindings.outputs[0]).toEqual(floats(13, 26));
  });
});

describe("preparing", () => {
  it("refuses words that are no Program", () => {
    expect(() => backend.prepare(Int32Array.of(1, 2, 3), [])).toThrow(FormatError);
    expect(() => backend.prepare([] as unknown as Int32Array, [])).toThrow(FormatError);
  });

  it("refuses float64", () => {
    const writer = new ProgramWriter();
    writer.buffer("input", "float64", 1, 0);
    expect(() => backend.prepare(writer.finish(), [])).toThrow(DTypeError);
    expect(() => backend.createState("float64", new Float64Array(1))).toThrow(DTypeError);
  });

  it("refuses constants that do not fit", () => {
    const writer = new ProgramWriter();
    writer.buffer("constant", "float32", 2, 0);
    const words = writer.finish();
    for (const constants of [[], [floats(1)], [Int32Array.of(1, 2)], [{}]]) {
      expect(() => backend.prepare(words, constants as Float32Array[])).toThrow(BackendError);
    }
  });

  it.each(["conv2d", "conv2dGradInput"] as const)("refuses a %s that would list hundreds of millions of taps", (op) => {
    const writer = new ProgramWriter();
    const [large, one] = [
      [1, 1, 20_000, 20_000],
      [1, 1, 1, 1],
    ];
    const view = (kind: "input" | "output", length: number, place: number, shape: number[], strides: number[]) =>
      writer.view(writer.buffer(kind, "float32", length, place), { offset: 0, shape, strides });
    const image = view("input", 1, 0, one as number[], [0, 0, 0, 0]);
    // A single number, broadcast.
    const kernel = view("input", 1, 1, large as number[], [0, 0, 0, 0]);
    const result = view("output", 1, 0, one as number[], [1, 1, 1, 1]);
    const window = { strideH: 1, strideW: 1, padTop: 0, padLeft: 0, dilationH: 1, dilationW: 1, groups: 1 };
    writer.instruction(op, {
      outputs: [result],
      inputs: [image, kernel],
      attributes: { ...window, accuracy: 0 },
      micro: { registers: 1, results: [0], code: [] },
    });
    expect(() => backend.prepare(writer.finish(), [])).toThrow("too many taps to list");
  });

  it("takes the gradient of a convolution whose stride is as large as its kernel", () => {
    const size = 128;
    const kernel = arange(size * size, { dtype: "float32" }).reshape([1, 1, size, size]);
    const gradient = grad((image: Tensor) => conv2d(image, kernel, { stride: size }).sum());
    const row = gradient(zeros([1, 1, size, 2 * size]))
      .dataSync()
      .subarray(0, 2 * size);
    expect(row).toEqual(Float32Array.from({ length: 2 * size }, (_, x) => x % size));
  });

  it("sums the rows of one broadcast number, however many", { timeout: 60_000 }, () => {
    const rows = 600_000;
    const sums = ones([rows, 1024])
      .mul(3)
      .sum({ axes: [0] });
    expect(sums.dataSync()).toEqual(new Float32Array(1024).fill(3 * rows));
  });

  it("refuses an arena that no memory holds when it is run, not before", () => {
    const writer = new ProgramWriter();
    writer.arenaBlocks = 2 ** 31 - 1;
    const output = writer.view(writer.buffer("output", "float32", 1, 0), { offset: 0, shape: [1], strides: [1] });
    const micro = {
      registers: 1,
      results: [0],
      code: [{ op: "constant", dtype: "float32", dst: 0, value: 5 }],
    } as const;
    writer.instruction("map", { outputs: [output], inputs: [], micro });
    const outputs = [new Float32Array(1)];
    const run = () => backend.prepare(writer.finish(), []).run({ inputs: [], outputs, states: [], scalars: noScalars });
    // 128 GiB: a system that overcommits grants them and the run never touches them.
    try {
      run();
      expect(outputs[0]).toEqual(floats(5));
    } catch (error) {
      expect(error).toBeInstanceOf(BackendError);
    }
  });
});

describe("the addon's own functions", () => {
  it("survive any arguments", () => {
    const { addon } = requireAddon();
    const functions = Object.entries(addon).filter(
      ([name, value]) => typeof value === "function" && name !== "runAsync",
    );
    const values = [
      undefined,
      null,
      -1,
      2 ** 40,
      Number.NaN,
      "x",
      {},
      [],
      Symbol("x"),
      new Float32Array(3),
      Object.create(null),
    ];
    for (const [, call] of functions) {
      for (const first of values) {
        for (const second of values) {
          try {
            (call as (...args: unknown[]) => unknown)(first, second, first, second, first);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        }
      }
    }
  });
});

describe("threads", () => {
  it("are as many as the process may use by default", () => {
    expect(nativeBackend().threads).toBe(defaultThreads());
  });

  it.each([0, -1, 257, 1.5, Number.NaN])("cannot be %d", (threads) => {
    expect(() => {
      backend.threads = threads;
    }).toThrow(BackendError);
  });
});

describe("asynchronous runs", () => {
  it("happen in the order they were asked for, synchronous ones among them", async () => {
    const executable = backend.prepare(countingProgram(2), []);
    const bindings = counting();
    const promises: Promise<void>[] = [];
    const outputs: Float32Array[] = [];
    for (let i = 0; i < 50; i++) {
      const output = new Float32Array(2);
      outputs.push(output);
      if (i % 7 === 6) executable.run({ ...bindings, outputs: [output] });
      else promises.push(executable.submit({ ...bindings, outputs: [output] }).done);
    }
    // The state counts the runs, so every output tells when it was computed.
    expect(bindings.states[0]?.read()).toEqual(floats(60, 70));
    await Promise.all(promises);
    for (const [i, output] of outputs.entries()) expect(output).toEqual(floats(13 + i, 26 + i));
  });

  it("leave the event loop free", async () => {
    const n = 512;
    const executable = backend.prepare(longProgram(n, 40), []);
    let turns = 0;
    let running = true;
    const turn = () => {
      turns++;
      if (running) setImmediate(turn);
    };
    turn();
    const bindings = { inputs: [new Float32Array(n * n)], outputs: [new Float32Array(n * n)], states: [] };
    await executable.submit({ ...bindings, scalars: noScalars }).done;
    running = false;
    expect(turns).toBeGreaterThan(1);
  });

  it("are waited for by finish()", () => {
    const executable = backend.prepare(countingProgram(2), []);
    const bindings = counting();
    const run = executable.submit(bindings).done;
    backend.finish();
    expect(bindings.outputs[0]).toEqual(floats(13, 26));
    return run;
  });
});
