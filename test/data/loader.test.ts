import { afterEach, describe, expect, it } from "vitest";
import {
  type AugmentOptions,
  arrayDataset,
  type Blueprint,
  batches,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  generateDigits,
  imageDataset,
} from "../../lib/data/index.js";
import { FormatError, OptionError, ShapeError } from "../../lib/errors.js";
import { dist, runForJson } from "../runtime/support.js";

/** Ten examples `[i, 10·i]` with the class `i mod 3`. */
const table = arrayDataset({
  x: {
    dtype: "float32",
    shape: [10, 2],
    data: Float32Array.from({ length: 20 }, (_, i) => (i >> 1) * (i % 2 ? 10 : 1)),
  },
  y: { dtype: "int32", shape: [10], data: Int32Array.from({ length: 10 }, (_, i) => i % 3) },
});

/** All batches of a loader: the values of each array. */
async function list<Names extends string>(loader: AsyncIterable<Record<Names, { dataSync(): ArrayLike<number> }>>) {
  const all: Record<string, number[]>[] = [];
  for await (const batch of loader) {
    const entries = Object.entries<{ dataSync(): ArrayLike<number> }>(batch);
    all.push(Object.fromEntries(entries.map(([name, tensor]) => [name, Array.from(tensor.dataSync())])));
  }
  return all;
}

describe("DataLoader", () => {
  it("gives the rows of each array, with shape and dtype", async () => {
    const [first, ...rest] = await list(new DataLoader(table, { batchSize: 4 }));
    expect(first).toEqual({ x: [0, 0, 1, 10, 2, 20, 3, 30], y: [0, 1, 2, 0] });
    expect(rest).toHaveLength(2);
    for await (const { x, y } of new DataLoader(table, { batchSize: 4, dropLast: true })) {
      expect([x.shape, x.dtype, y.shape, y.dtype]).toEqual([[4, 2], "float32", [4], "int32"]);
    }
  });

  it("visits the examples in the order of `batches`, another in every epoch", async () => {
    const options = { batchSize: 3, shuffle: true, seed: 5, dropLast: true };
    const loader = new DataLoader(table, { ...options, epochs: 2 });
    expect(loader.length).toBe(3);
    const expected = [0, 1].map((epoch) =>
      [...batches({ count: 10, ...options, epoch })].map((indices) => [...indices]),
    );
    const seen = (await list(loader)).map(({ x }) => x?.filter((_, i) => i % 2 === 0));
    expect(seen).toEqual(expected.flat());
    expect(expected[0]).not.toEqual(expected[1]);
    const second = (await list(loader.epoch(1))).map(({ x }) => x?.filter((_, i) => i % 2 === 0));
    expect(second).toEqual(expected[1]);
  });

  it.each([0, 2])("begins within an epoch without reading what is before, with %d workers", async (workers) => {
    const loader = new DataLoader(table, { batchSize: 3, shuffle: true, seed: 5, workers });
    const whole = await list(loader.epoch(2));
    for (const batch of [0, 1, 3, 4, 9]) expect(await list(loader.epochFrom(2, batch))).toEqual(whole.slice(batch));
    expect(() => loader.epochFrom(2, -1)).toThrow('DataLoader.epochFrom: option "batch" must be an integer in [0, ');
    expect(() => loader.epochFrom(0.5, 0)).toThrow(OptionError);
  });

  it("can be iterated again, and is empty without examples", async () => {
    const loader = new DataLoader(table, { batchSize: 4, shuffle: true });
    expect(await list(loader)).toEqual(await list(loader));
    const none = arrayDataset({ x: { dtype: "float32", shape: [0, 2], data: new Float32Array(0) } });
    expect(await list(new DataLoader(none, { batchSize: 4, workers: 1 }))).toEqual([]);
  });

  it.each<[object, RegExp]>([
    [{}, /"batchSize" must be an integer in \[1, 2147483647\], got undefined/],
    [{ batchSize: 1, epochs: 0 }, /"epochs"/],
    [{ batchSize: 1, workers: -1 }, /"workers"/],
    [{ batchSize: 1, prefetch: 0.5 }, /"prefetch"/],
    [{ batchSize: 1, seed: -1 }, /"seed"/],
    [{ batchSize: 1, shufle: true }, /did you mean "shuffle"/],
  ])("refuses %j", (options, message) => {
    expect(() => new DataLoader(table, options as DataLoaderOptions)).toThrow(OptionError);
    expect(() => new DataLoader(table, options as DataLoaderOptions)).toThrow(message);
    expect(() => new DataLoader(table, options as DataLoaderOptions)).toThrow(/^DataLoader: /);
  });

  it("refuses what is no data set, and workers for one that only this thread has", () => {
    expect(() => new DataLoader([1, 2] as unknown as Dataset, { batchSize: 1 })).toThrow(/dataset must be a Dataset/);
    const local: Dataset = { length: 1, read: () => ({}) };
    expect(() => new DataLoader(local, { batchSize: 1, workers: 1 })).toThrow(/needs a data set with a blueprint/);
    expect(() => new DataLoader(table, { batchSize: 1 }).epoch(-1)).toThrow(OptionError);
  });
});

describe("arrayDataset", () => {
  const x = { dtype: "float32", shape: [2, 2], data: new Float32Array(4) } as const;

  it.each([
    ["another count", { x, y: { dtype: "int32", shape: [3], data: new Int32Array(3) } }],
    ["a scalar", { x: { dtype: "float32", shape: [], data: new Float32Array(1) } }],
    ["too few elements", { x: { ...x, data: new Float32Array(3) } }],
  ] as const)("refuses %s", (_, arrays) => {
    expect(() => arrayDataset<string>(arrays)).toThrow(ShapeError);
  });

  it("refuses no arrays", () => {
    expect(() => arrayDataset({})).toThrow(OptionError);
    expect(() => arrayDataset(undefined as never)).toThrow(OptionError);
  });
});

/** Modules of data sets that misbehave; a thread imports them by this address. */
const module = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

/** A data set of `length` examples that only threads read. */
function remote(length: number, blueprint: Omit<Blueprint, "name">): Dataset<"x"> {
  const read = () => {
    throw new Error("read on the calling thread");
  };
  return { length, read, blueprint: { ...blueprint, name: "make" } };
}

const helper = `const row = (value) => ({ x: { dtype: "float32", shape: [1], data: Float32Array.of(value) } });`;

describe("workers", () => {
  const images = generateDigits({ count: 40, size: 12 });
  const augment: AugmentOptions = { cropPadding: 2, flip: true, cutoutSize: 3, mixupAlpha: 0.5 };

  it("make the same batches in the same order, however many there are", async () => {
    const dataset = imageDataset(images, { normalise: { mean: 0.1, std: 0.3 }, augment });
    const options = { batchSize: 7, shuffle: true, seed: 3, epochs: 2 };
    const expected = await list(new DataLoader(dataset, options));
    expect(expected).toHaveLength(12);
    expect(await list(new DataLoader(dataset, { ...options, workers: 1, prefetch: 0 }))).toEqual(expected);
    expect(await list(new DataLoader(dataset, { ...options, workers: 3, prefetch: 8 }))).toEqual(expected);
    // And what the epoch, the seed or an image draws is its own.
    expect(await list(new DataLoader(dataset, { ...options, seed: 4 }))).not.toEqual(expected);
    expect(expected.slice(6)).not.toEqual(expected.slice(0, 6));
  });

  it("give batches in order when later ones are ready first", async () => {
    const code = `${helper} export const make = () => ({ length: 6, read: async ({ batch }) => {
      await new Promise((resolve) => setTimeout(resolve, batch % 2 ? 0 : 60));
      return row(batch);
    } });`;
    const dataset = remote(6, { module: module(code), args: [] });
    const seen = await list(new DataLoader(dataset, { batchSize: 1, workers: 3 }));
    expect(seen.map(({ x }) => x)).toEqual([[0], [1], [2], [3], [4], [5]]);
  });

  it("share arrays instead of copying them", async () => {
    const code = `export const make = (data) => ({ length: 1, read: () => {
      const isShared = data.nested[0].buffer instanceof SharedArrayBuffer;
      return { x: { dtype: "float32", shape: [2], data: Float32Array.of(isShared ? 1 : 0, data.nested[0][1]) } };
    } });`;
    const dataset = remote(1, { module: module(code), args: [{ nested: [Float64Array.of(1, 2)] }] });
    expect(await list(new DataLoader(dataset, { batchSize: 1, workers: 1 }))).toEqual([{ x: [1, 2] }]);
  });

  it("tell what went wrong where, after the batches before it", async () => {
    const code = `${helper} export const make = () => ({ length: 4, read({ batch }) {
      if (batch === 2) failHere();
      return row(batch);
    } });
    function failHere() {
      const error = new Error("no such image", { cause: new Error("disk") });
      error.name = "FormatError";
      throw error;
    }`;
    const seen: number[] = [];
    const failure = await (async () => {
      for await (const { x } of new DataLoader(remote(4, { module: module(code), args: [] }), {
        batchSize: 1,
        workers: 2,
      })) {
        seen.push(x.item());
      }
    })().catch((error: unknown) => error);
    expect(seen).toEqual([0, 1]);
    expect(failure).toBeInstanceOf(FormatError);
    expect(failure).toMatchObject({
      name: "FormatError",
      code: "FORMAT",
      message: "no such image",
      cause: "Error: disk",
    });
    expect((failure as Error).stack).toMatch(/failHere/);
  });

  it.each([
    ["throws as it is loaded", "throw new TypeError('at once')", /at once/],
    ["has no such function", "export const other = 1", /is not a function/],
    ["returns what cannot be sent", "export const make = () => ({ read: () => ({ x: () => 1 }) })", /./],
    ["throws no error", "export const make = () => ({ read() { throw 'a string'; } })", /a string/],
    ["ends its thread", "export const make = () => ({ read() { process.exit(3); } })", /thread ended.*exit code 3/],
    [
      "throws out of turn",
      "export const make = () => ({ read: () => new Promise(() => setTimeout(() => { throw new Error('late'); })) })",
      /late/,
    ],
  ])("report a data set that %s", async (_, code, message) => {
    const loader = new DataLoader(remote(3, { module: module(code), args: [] }), { batchSize: 1, workers: 2 });
    await expect(list(loader)).rejects.toThrow(message);
  });

  describe("end with the loop", () => {
    /** Counts up as long as a thread lives. */
    const beats = new Int32Array(new SharedArrayBuffer(4));
    const code = `${helper} export const make = (beats) => {
      setInterval(() => Atomics.add(beats, 0, 1), 1);
      return { length: 100, read: ({ batch }) => row(batch) };
    };`;
    const loader = () =>
      new DataLoader(remote(100, { module: module(code), args: [beats] }), { batchSize: 1, workers: 2, prefetch: 10 });
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

    afterEach(async () => {
      const before = Atomics.load(beats, 0);
      await pause(50);
      expect(Atomics.load(beats, 0)).toBe(before);
    });

    it("by break", async () => {
      for await (const { x } of loader()) {
        await pause(20);
        if (x.item() === 3) break;
      }
      expect(Atomics.load(beats, 0)).toBeGreaterThan(0);
    });

    it("by an error", async () => {
      const run = async () => {
        for await (const _ of loader()) throw new Error("mine");
      };
      await expect(run()).rejects.toThrow("mine");
    });

    it("by return() and at the end", async () => {
      const iterator = loader().epoch();
      await iterator.next();
      await iterator.return();
      expect(await iterator.next()).toEqual({ value: undefined, done: true });
      expect(await list(loader())).toHaveLength(100);
    });
  });

  it("do not keep a process alive whose loop was forgotten", async () => {
    const script = `
      const { DataLoader, imageDataset, generateDigits } = await import("${dist}data/index.js");
      const loader = new DataLoader(imageDataset(generateDigits({ count: 64 })), { batchSize: 4, workers: 2 });
      const { value } = await loader.epoch().next();
      console.log(JSON.stringify(value.images.shape));`;
    expect(await runForJson(script)).toEqual([4, 1, 28, 28]);
  });
});
