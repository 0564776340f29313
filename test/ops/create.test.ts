import { describe, expect, it } from "vitest";
import { DTypeError, OptionError, ShapeError } from "../../lib/errors.js";
import { arange, eye, full, ones, onesLike, tensor, zeros, zerosLike } from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { variable } from "../../lib/tensor.js";
import { rows, values } from "./support.js";

setBackend("reference");

describe("tensor", () => {
  it.each([
    { data: 3, shape: [], dtype: "float32", out: [3] },
    { data: true, shape: [], dtype: "bool", out: [1] },
    {
      data: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      shape: [2, 3],
      dtype: "float32",
      out: [1, 2, 3, 4, 5, 6],
    },
    { data: [[[1]], [[2]]], shape: [2, 1, 1], dtype: "float32", out: [1, 2] },
    { data: [true, false], shape: [2], dtype: "bool", out: [1, 0] },
    { data: [], shape: [0], dtype: "float32", out: [] },
    { data: [[], []], shape: [2, 0], dtype: "float32", out: [] },
    { data: Float32Array.of(1.5), shape: [1], dtype: "float32", out: [1.5] },
    { data: Float64Array.of(0.1), shape: [1], dtype: "float64", out: [0.1] },
    { data: Int32Array.of(-7), shape: [1], dtype: "int32", out: [-7] },
    { data: Uint8Array.of(255), shape: [1], dtype: "uint8", out: [255] },
    { data: Uint8ClampedArray.of(9), shape: [1], dtype: "uint8", out: [9] },
    { data: Buffer.from([1, 2]), shape: [2], dtype: "uint8", out: [1, 2] },
  ])("of $data is $dtype$shape", ({ data, shape, dtype, out }) => {
    const x = tensor(data);
    expect(x).toMatchObject({ shape, dtype });
    expect(values(x)).toEqual(out);
  });

  it("takes a shape and a dtype", () => {
    expect(rows(tensor([1, 2, 3, 4], { shape: [2, 2] }))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(values(tensor(Uint8Array.of(0, 1), { dtype: "bool" }))).toEqual([0, 1]);
    expect(values(tensor(Uint8Array.of(0, 200), { dtype: "float32" }))).toEqual([0, 200]);
    expect(values(tensor([0.1], { dtype: "float64" }))).toEqual([0.1]);
    expect(values(tensor([0.1]))).toEqual([Math.fround(0.1)]);
    expect(tensor(Int32Array.of(5), { shape: [] }).shape).toEqual([]);
  });

  it("copies", () => {
    const [array, buffer, shape] = [Float32Array.of(1, 2), Buffer.from([1, 2]), [2, 1]];
    const tensors = [tensor(array, { shape }), tensor(buffer)];
    array[0] = 9;
    buffer[0] = 9;
    shape[0] = 9;
    expect(tensors.map(values)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(tensors[0]?.shape).toEqual([2, 1]);
  });

  it("rejects arrays that are no tensor", () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(
      new ShapeError("tensor: arrays are ragged: got [3] at [1], expected 2 elements"),
    );
    expect(() => tensor([[1], 2])).toThrow(
      new ShapeError("tensor: arrays are ragged: got 2 at [1], expected 1 elements"),
    );
    expect(() => tensor([1, [2]])).toThrow(
      new ShapeError("tensor: arrays are ragged: got [2] at [1], expected a single element"),
    );
    expect(() =>
      tensor([
        [1, 2],
        [3, "4"],
      ] as never),
    ).toThrow(new DTypeError('tensor: element at [1, 1] must be a number or a boolean, got "4"'));
    expect(() => tensor([1, undefined, 3] as never)).toThrow(
      "element at [1] must be a number or a boolean, got undefined",
    );
    expect(() => tensor([1, true])).toThrow(new DTypeError("tensor: numbers and booleans are mixed"));
    const endless: unknown[] = [];
    endless.push(endless);
    expect(() => tensor(endless as never)).toThrow(new ShapeError("tensor: more than 8 levels of arrays"));
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(
      new ShapeError("tensor: shape [2, 2] does not fit the data: 4 elements wanted, 3 given"),
    );
  });

  it("rejects values that the dtype does not have", () => {
    expect(() => tensor([1, 2.5], { dtype: "int32" })).toThrow(
      new DTypeError("tensor: element 1 is not a value of int32: 2.5"),
    );
    expect(() => tensor([2 ** 31], { dtype: "int32" })).toThrow(DTypeError);
    expect(() => tensor([256], { dtype: "uint8" })).toThrow(DTypeError);
    expect(() => tensor(Uint8Array.of(2), { dtype: "bool" })).toThrow(DTypeError);
    expect(() => tensor(Float32Array.of(NaN), { dtype: "int32" })).toThrow(DTypeError);
  });

  it("rejects what is no data", () => {
    for (const [data, shown] of [
      [null, "null"],
      ["text", '"text"'],
      [{ 0: 1 }, "Object"],
      [5n, "5n"],
    ]) {
      expect(() => tensor(data as never)).toThrow(
        new OptionError(`tensor: data must be a number, a boolean, arrays of them or a typed array, got ${shown}`),
      );
    }
    expect(() => tensor(zeros([2]) as never)).toThrow("tensor: data is already a tensor");
    expect(() => tensor(Int16Array.of(1) as never)).toThrow("tensor: no dtype for Int16Array(1)");
    expect(() => tensor(new DataView(new ArrayBuffer(4)) as never)).toThrow(DTypeError);
    expect(() => tensor([1], { type: "int32" } as never)).toThrow('unknown option "type"; did you mean "dtype"?');
    expect(() => tensor([1], { dtype: "float16" as never })).toThrow(DTypeError);
  });

  it("rejects a typed array whose buffer is gone, and copies one that may shrink", () => {
    const gone = Float32Array.of(1, 2);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(() => tensor(gone)).toThrow(new OptionError("tensor: the buffer of Float32Array(0) is detached"));
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      options: object,
    ) => ArrayBuffer & { resize(length: number): void };
    const buffer = new Resizable(8, { maxByteLength: 16 });
    const view = new Float32Array(buffer);
    view.set([1, 2]);
    const x = tensor(view);
    buffer.resize(0);
    expect(values(x)).toEqual([1, 2]);
    expect(() => tensor(view, { shape: [2] })).toThrow(ShapeError);
  });
});

describe("variable", () => {
  it("is a leaf that wants gradients, unless told otherwise or not float", () => {
    const weights = variable([[1, 2]], { name: "weights" });
    expect(weights).toMatchObject({ shape: [1, 2], dtype: "float32", name: "weights", requiresGrad: true });
    expect(values(weights)).toEqual([1, 2]);
    expect(variable([1], { trainable: false }).requiresGrad).toBe(false);
    expect(variable([1], { dtype: "int32" }).requiresGrad).toBe(false);
  });

  it("has a name of its own if none is given", () => {
    const [a, b] = [variable(1), variable(1)];
    expect(a.name).toMatch(/^variable\d+$/);
    expect(a.name).not.toBe(b.name);
  });

  it("names what is wrong", () => {
    expect(() => variable([[1], [2, 3]])).toThrow("variable: arrays are ragged");
    expect(() => variable(1, { name: 5 as never })).toThrow(
      new OptionError('variable: option "name" must be a string, got 5'),
    );
    expect(() => variable(1, { trainable: "no" as never })).toThrow(
      new OptionError('variable: option "trainable" must be a boolean, got "no"'),
    );
  });
});

describe("regular values", () => {
  it("fill shapes", () => {
    expect(rows(zeros([2, 2]))).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(values(ones([3], { dtype: "uint8" }))).toEqual([1, 1, 1]);
    expect(values(full([2], -2.5))).toEqual([-2.5, -2.5]);
    expect(full([], true)).toMatchObject({ shape: [], dtype: "bool" });
    expect(values(zeros([0, 3]))).toEqual([]);
    const x = tensor([[1, 2]], { dtype: "int32" });
    expect(zerosLike(x)).toMatchObject({ shape: [1, 2], dtype: "int32" });
    expect(values(onesLike(x, { dtype: "float64" }))).toEqual([1, 1]);
  });

  it("count", () => {
    expect(values(arange(4))).toEqual([0, 1, 2, 3]);
    expect(values(arange(2, { start: 5, step: -1, dtype: "int32" }))).toEqual([5, 4, 3]);
    expect(values(arange(1, { step: 0.25 }))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(values(arange(-1))).toEqual([]);
    expect(arange(3).dtype).toBe("float32");
  });

  it("lie on the diagonal", () => {
    expect(rows(eye(2))).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(rows(eye(2, { columns: 3, dtype: "int32" }))).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  it("name what is wrong", () => {
    expect(() => zeros([2, -1])).toThrow(new ShapeError("zeros: shape must hold non-negative integers, got [2, -1]"));
    expect(() => ones([2 ** 16, 2 ** 16])).toThrow("ones: too many elements");
    expect(() => full([2], 0.5, { dtype: "int32" })).toThrow(DTypeError);
    expect(() => full([2], "1" as never)).toThrow(
      new OptionError('full: value must be a number or a boolean, got "1"'),
    );
    expect(() => arange(5, { step: 0 })).toThrow(new OptionError("arange: step must not be 0"));
    expect(() => arange(Infinity)).toThrow(new OptionError("arange: stop must be a finite number, got Infinity"));
    expect(() => arange(2, { step: 0.5, dtype: "int32" })).toThrow(DTypeError);
    expect(() => eye(2, { rows: 2 } as never)).toThrow(OptionError);
    expect(() => eye(1.5)).toThrow(ShapeError);
  });
});
