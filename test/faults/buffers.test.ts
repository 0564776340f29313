/** Typed arrays whose memory is not what it seems: transferred, shared, resizable, shrunk. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { saxpy, sdot, sgemm } from "../../lib/blas/index.js";
import { arrayDataset, DataLoader, decodeImage } from "../../lib/data/index.js";
import {
  BackendError,
  compile,
  getBackend,
  NodegradError,
  OptionError,
  type Tensor,
  tensor,
  variable,
} from "../../lib/index.js";
import {
  decodeNpy,
  decodeSafetensors,
  encodeNpy,
  encodeSafetensors,
  loadSafetensors,
  saveSafetensors,
} from "../../lib/io/index.js";
import { countingProgram } from "../backends/native-addon.js";
import { BACKENDS, describeOnBoth } from "../runtime/support.js";

const folder = mkdtempSync(join(tmpdir(), "nodegrad-buffers-"));
afterAll(() => rmSync(folder, { recursive: true }));

type ArrayClass = Float32ArrayConstructor | Uint8ArrayConstructor;

/** A buffer that can grow, up to eight times its length. */
const resizableBuffer = (bytes: number) =>
  new (ArrayBuffer as new (bytes: number, options: object) => ArrayBuffer)(bytes, { maxByteLength: 8 * bytes });

const resize = (buffer: ArrayBufferLike, bytes: number) =>
  (buffer as unknown as { resize(bytes: number): void }).resize(bytes);

/** Arrays that hold their values. */
const whole = {
  "in shared memory": (values: number[], Type: ArrayClass) => {
    const buffer = new SharedArrayBuffer(values.length * Type.BYTES_PER_ELEMENT) as ArrayBufferLike as ArrayBuffer;
    const array = new Type(buffer);
    array.set(values);
    return array;
  },
  "in a resizable buffer": (values: number[], Type: ArrayClass) => {
    const array = new Type(resizableBuffer(values.length * Type.BYTES_PER_ELEMENT), 0, values.length);
    array.set(values);
    return array;
  },
  "that tracks the length of its buffer": (values: number[], Type: ArrayClass) => {
    const array = new Type(resizableBuffer(values.length * Type.BYTES_PER_ELEMENT));
    array.set(values);
    return array;
  },
};

/** Arrays that have lost them. */
const lost = {
  transferred: (values: number[], Type: ArrayClass) => {
    const array = Type.from(values);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  },
  "whose buffer has become too short": (values: number[], Type: ArrayClass) => {
    const array = whole["in a resizable buffer"](values, Type);
    resize(array.buffer, 2);
    return array;
  },
};

type Make = (values: number[], Type: ArrayClass) => Float32Array | Uint8Array;

const floats = (make: Make) => make([1, 2, 3, 4], Float32Array) as Float32Array;
const bytes = (make: Make, content: Uint8Array) => make([...content], Uint8Array) as Uint8Array;
const four = (make: Make) => ({ dtype: "float32" as const, shape: [4], data: floats(make) });

/** Every way for an array of 1, 2, 3, 4 into nodegrad; each gives these numbers back. */
const entries: Record<string, (make: Make) => ArrayLike<number> | Promise<ArrayLike<number>>> = {
  tensor: (make) => tensor(floats(make)).dataSync(),
  "tensor of another dtype": (make) =>
    tensor(bytes(make, Uint8Array.of(1, 2, 3, 4)), { dtype: "float32" })
      .add(0)
      .dataSync(),
  "an operand": (make) =>
    tensor([0, 0, 0, 0])
      .add(tensor(floats(make)))
      .dataSync(),
  variable: (make) => variable(floats(make)).mul(1).dataSync(),
  "a compiled function": (make) => compile((x: Tensor) => x.mul(1))(tensor(floats(make))).dataSync(),
  "an asynchronous run": (make) => tensor(floats(make)).mul(1).data(),
  encodeSafetensors: (make) => decodeSafetensors(encodeSafetensors({ x: four(make) })).tensors.x?.data ?? [],
  decodeSafetensors: (make) =>
    decodeSafetensors(bytes(make, encodeSafetensors({ x: four((values) => Float32Array.from(values)) }))).tensors.x
      ?.data ?? [],
  saveSafetensors: async (make) => {
    const path = join(folder, "saved.safetensors");
    await saveSafetensors(path, { x: four(make) });
    return (await loadSafetensors(path)).tensors.x?.data ?? [];
  },
  encodeNpy: (make) => decodeNpy(encodeNpy(four(make))).data,
  decodeNpy: (make) => decodeNpy(bytes(make, encodeNpy(four((values) => Float32Array.from(values))))).data,
  "a DataLoader": async (make) => {
    const found: number[] = [];
    const loader = new DataLoader(arrayDataset({ x: four(make) }), { batchSize: 2 });
    for await (const { x } of loader) found.push(...(x as Tensor).dataSync());
    return found;
  },
  "saxpy, x": (make) => {
    const y = new Float32Array(4);
    saxpy(4, 1, floats(make), 1, y, 1);
    return y;
  },
  "saxpy, y": (make) => {
    const y = floats(make);
    saxpy(4, 0, new Float32Array(4), 1, y, 1);
    return y;
  },
  sgemm: (make) => {
    const product = floats(make);
    const identity = Float32Array.of(1, 0, 0, 1);
    sgemm("row-major", "no-transpose", "no-transpose", 2, 2, 2, 1, floats(make), 2, identity, 2, 0, product, 2);
    return product;
  },
  sdot: (make) => [1, 2, 3, sdot(4, floats(make), 1, Float32Array.of(0, 0, 0, 1), 1)],
  "a backend's run": (make) => {
    const backend = getBackend();
    const [states, output] = [[backend.createState("float32", 4)], new Float32Array(4)];
    const bindings = { inputs: [floats(make)], outputs: [output], states, scalars: Float64Array.of(1) };
    backend.prepare(countingProgram(4), []).run(bindings);
    return output;
  },
  "a backend's state": (make) => getBackend().createState("float32", floats(make)).read(),
  "a backend's state, written": (make) => {
    const state = getBackend().createState("float32", 4);
    state.write(floats(make));
    return state.read();
  },
};

describeOnBoth("an array", () => {
  it.each(
    Object.entries(whole).flatMap(([what, make]) =>
      Object.entries(entries).map(([name, use]) => ({ what, make, name, use })),
    ),
  )("$what is read as it is: $name", async ({ make, use }) => {
    expect(Array.from(await use(make))).toEqual([1, 2, 3, 4]);
  });

  it.each(
    Object.entries(lost).flatMap(([what, make]) =>
      Object.entries(entries).map(([name, use]) => ({ what, make, name, use })),
    ),
  )("$what is refused: $name", async ({ make, use }) => {
    const outcome = await Promise.resolve()
      .then(() => use(make))
      .catch((error) => error);
    expect(outcome).toBeInstanceOf(NodegradError);
  });

  it("of no elements is read and refused like any other", () => {
    const [empty, gone] = [new Float32Array(0), lost.transferred([], Float32Array) as Float32Array];
    const entry = (data: Float32Array) => ({ x: { dtype: "float32" as const, shape: [0], data } });
    expect(tensor(empty).dataSync()).toHaveLength(0);
    expect(decodeSafetensors(encodeSafetensors(entry(empty))).tensors.x?.data).toHaveLength(0);
    expect(() => tensor(gone)).toThrow(NodegradError);
    expect(() => encodeSafetensors(entry(gone))).toThrow("the buffer of Float32Array(0) is detached");
  });

  it("that was read is not needed any more", async () => {
    const array = Float32Array.of(1, 2, 3, 4);
    const x = tensor(array);
    const v = variable(array);
    const run = x.add(v).mul(2).data();
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(await run).toEqual(Float32Array.of(4, 8, 12, 16));
    expect(x.dataSync()).toEqual(v.dataSync());
  });

  it("that was handed out may be transferred", async () => {
    const x = tensor([1, 2, 3, 4]).mul(2);
    for (const values of [await x.data(), x.dataSync()])
      structuredClone(values.buffer, { transfer: [values.buffer as ArrayBuffer] });
    expect(x.add(1).dataSync()).toEqual(Float32Array.of(3, 5, 7, 9));
  });
});

describe.each(BACKENDS)("bytes of pictures, on %s", () => {
  it.each(Object.values(lost))("that are gone are refused", (make) => {
    expect(() => decodeImage(make([1, 2, 3, 4], Uint8Array) as Uint8Array)).toThrow(NodegradError);
  });
});

describeOnBoth("asynchronous runs of a backend", (backend) => {
  it("refuse what may move or shrink meanwhile", async () => {
    const [states, output] = [[getBackend().createState("float32", 4)], new Float32Array(4)];
    const input = whole["in a resizable buffer"]([1, 2, 3, 4], Float32Array) as Float32Array;
    const bindings = { inputs: [input], outputs: [output], states, scalars: Float64Array.of(1) };
    const { done } = getBackend().prepare(countingProgram(4), []).submit(bindings);
    if (backend === "native") await expect(done).rejects.toThrow(BackendError);
    else expect(await done.then(() => output)).toEqual(Float32Array.of(1, 2, 3, 4));
  });
});

describe("a file", () => {
  const form = { dtype: "float32" as const, shape: [1 << 20] };

  it.each([
    [
      "transferred",
      new Float32Array(1 << 20),
      (buffer: ArrayBuffer): void => void structuredClone(buffer, { transfer: [buffer] }),
    ],
    ["shrunk", new Float32Array(resizableBuffer(4 << 20)), (buffer: ArrayBuffer): void => resize(buffer, 1 << 20)],
  ] as const)("of an array that is %s while it is written is not left incomplete", async (_, data, lose) => {
    const path = join(folder, "old.safetensors");
    await saveSafetensors(path, { x: four((values) => Float32Array.from(values)) });
    const saving = saveSafetensors(path, { x: { ...form, data } });
    lose(data.buffer);
    await expect(saving).rejects.toThrow(OptionError);
    expect((await loadSafetensors(path)).tensors.x?.data).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
