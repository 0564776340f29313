/** Values that callers without types, or with bad luck, pass. Each is made anew: a call may change it. */

import { cast, Tensor, tensor, variable, zeros } from "../../lib/index.js";
import { Linear } from "../../lib/nn/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";

/** What functions and getters of the caller throw here: it has to come out as it is. */
export class Bug extends Error {
  override readonly name = "Bug";
}

/** What getters of the caller do. */
export function throwBug(): never {
  throw new Bug("the caller's own");
}

/** How often a callback of the caller has thrown. */
export const callbacks = { thrown: 0 };

/** A callback that throws. */
export function throwingCallback(): never {
  callbacks.thrown++;
  return throwBug();
}

/** Too large, too small, no integers, no numbers. None asks for work or memory that could be meant. */
export const NUMBERS: readonly number[] = [
  ...[Number.NaN, Infinity, -Infinity, -1, -0, 0, 1, 2, 3, 0.5, 1.5, -1.5],
  ...[2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), -(2 ** 53), 1e308, -1e308, 5e-324],
];

const STRINGS: readonly string[] = [
  ...["", "a", "1", "valid", "float32", "int32", "float64", "bool", "NHWC", "l1", "native"],
  ...["__proto__", "constructor", "toString", "\0", "🙂", "x".repeat(2000), "/", "."],
];

/** Keys that options do not have, some of which every object does. */
export const KEYS: readonly string[] = ["unknown", "__proto__", "constructor", "toString", "hasOwnProperty", ""];

/** Buffers that can grow, on Node versions whose types do not know them. */
const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;

export type AnyArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The elements in another kind of memory. */
export function elsewhere(draw: Draw, array: AnyArray): unknown {
  const { length, byteLength } = array;
  const Kind = array.constructor as new (buffer: ArrayBufferLike, offset?: number, length?: number) => AnyArray;
  const copied = (copy: AnyArray) => {
    copy.set(array);
    return copy;
  };
  switch (draw.integer(0, 6)) {
    case 0: {
      const copy = array.slice();
      structuredClone(copy, { transfer: [copy.buffer as ArrayBuffer] });
      return copy;
    }
    case 1:
      return copied(new Kind(new SharedArrayBuffer(byteLength)));
    case 2:
      return copied(new Kind(new Resizable(byteLength, { maxByteLength: 2 * byteLength + 8 }), 0, length));
    case 3: {
      const buffer = new Resizable(byteLength, { maxByteLength: byteLength + 8 });
      const copy = copied(new Kind(buffer));
      (buffer as ArrayBuffer & { resize(bytes: number): void }).resize(byteLength >> 1);
      return copy;
    }
    case 4:
      return Float64Array.from(array);
    case 5:
      return Array.from(array);
    default:
      return array.subarray(0, draw.integer(0, length));
  }
}

/** Tensors of every kind, also such as have no values any more. */
export function anyTensor(draw: Draw): Tensor {
  const disposed = tensor([1, 2]);
  disposed.dispose();
  const changed = variable([1, 2]);
  const stale = changed.add(1);
  changed.assign(3);
  return draw.pick<Tensor>([
    tensor(1),
    tensor([1, 2, 3]),
    tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    tensor([Number.NaN, Infinity]),
    tensor(Int32Array.of(0, 1, 2)),
    tensor(Int32Array.of(-1, 2 ** 31 - 1)),
    tensor(Uint8Array.of(0, 255)),
    tensor([true, false]),
    tensor(Float64Array.of(1, 2)),
    tensor(new Float64Array(6), { shape: [2, 3] }),
    tensor([]),
    zeros([2, 0, 3]),
    zeros([1, 1, 1, 1, 1, 1, 1, 2]),
    zeros([1, 2, 4, 4]),
    cast(zeros([2, 2]), "int32"),
    variable([1, 2]),
    disposed,
    stale,
  ]);
}

function array(draw: Draw): unknown {
  return draw.pick<() => unknown>([
    () => [],
    () => [Number.NaN],
    () => [2 ** 31, 2 ** 31],
    () => [2 ** 53, 0],
    () => [-1],
    () => [[]],
    () => [[1, 2], [3]],
    () => new Array(3),
    () => new Array(100_000),
    () => new Array(5000).fill(2),
    () => [undefined],
    () => [null, 1],
    () => [Symbol("s")],
    () => ["a", 1n],
    () => [throwBug],
    () => {
      const loop: unknown[] = [];
      loop.push(loop);
      return loop;
    },
    () => {
      let deep: unknown = 1;
      for (let i = 0; i < 20_000; i++) deep = [deep];
      return deep;
    },
    () => new Float32Array(2),
    () => new Float32Array(0),
    () => Float64Array.of(1, Number.NaN),
    () => Int32Array.of(-1, 2 ** 31 - 1),
    () => new Uint8Array(7),
    () => new Uint8ClampedArray(3),
    () => new Uint16Array(3),
    () => new BigInt64Array(2),
    () => new DataView(new ArrayBuffer(8)),
    () => new ArrayBuffer(8),
    () => new SharedArrayBuffer(8),
    () => Buffer.from("abc"),
  ])();
}

function object(draw: Draw): unknown {
  return draw.pick<() => unknown>([
    () => ({}),
    () => Object.create(null),
    () => ({ length: 3 }),
    () => ({ length: -1 }),
    () => ({ length: 2 ** 53 }),
    () => ({ shape: [2], dtype: "float32", data: new Float32Array(1) }),
    () => ({ a: 1, b: Symbol("s") }),
    () => JSON.parse('{ "__proto__": { "dtype": "float16" } }'),
    () => new Map([["a", 1]]),
    () => new Set([1]),
    () => new Date(Number.NaN),
    () => /a/,
    () => new Error("a value"),
    () => Promise.resolve(1),
    () => Object.freeze({ a: Object.freeze([1]) }),
    () => new Proxy({}, { get: throwBug, has: throwBug, ownKeys: throwBug }),
    () => new Proxy([1, 2], { get: throwBug }),
    () => ({
      get length() {
        return throwBug();
      },
    }),
    () => ({ toString: throwBug, valueOf: throwBug, [Symbol.toPrimitive]: throwBug }),
    () => ({ constructor: null }),
    () => ({
      constructor: {
        get name() {
          return throwBug();
        },
      },
    }),
    () => {
      const loop: Record<string, unknown> = {};
      loop.loop = loop;
      return loop;
    },
    () => new Linear(2, 2, { seed: 1 }),
  ])();
}

/** Functions that return what nobody asked for, or throw. */
export function anyFunction(draw: Draw): unknown {
  return draw.pick<unknown>([
    () => undefined,
    () => Number.NaN,
    () => "text",
    () => null,
    (x: unknown) => x,
    () => tensor([1, 2, 3, 4, 5]),
    () => [tensor([1]), 2],
    async () => 1,
    function* () {
      yield 1;
    },
    throwingCallback,
    throwingCallback,
  ]);
}

export function anything(draw: Draw): unknown {
  switch (draw.integer(0, 9)) {
    case 0:
    case 1:
    case 2:
      return draw.pick(NUMBERS);
    case 3:
      return draw.pick<unknown>([undefined, null, true, false, 1n, -(2n ** 70n), Symbol("s"), Symbol.iterator]);
    case 4:
      return draw.pick(STRINGS);
    case 5:
      return array(draw);
    case 6:
      return object(draw);
    case 7:
      return anyFunction(draw);
    default:
      return anyTensor(draw);
  }
}

/** What is nearly right: of the same type as a value, or of another. */
export function wrongFor(draw: Draw, value: unknown): unknown {
  if (draw.once(3)) return anything(draw);
  if (value instanceof Tensor) return anyTensor(draw);
  if (ArrayBuffer.isView(value)) return elsewhere(draw, value as AnyArray);
  switch (typeof value) {
    case "number":
      return draw.pick(NUMBERS);
    case "string":
      return draw.pick(STRINGS);
    case "function":
      return anyFunction(draw);
    case "object":
      return Array.isArray(value) ? array(draw) : object(draw);
    default:
      return anything(draw);
  }
}
