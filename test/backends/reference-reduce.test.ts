import { describe, expect, it } from "vitest";
import type { DType } from "../../lib/dtype.js";
import { REDUCE_KINDS, type ReduceKind } from "../../lib/program/opcodes.js";
import { ascending, passThrough, runInstruction, type TestView } from "../program/hand-written.js";

const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;

function reduce(kind: ReduceKind, input: TestView, output: TestView, axis = -1): number[] {
  return runInstruction({
    opcode: "reduce",
    outputs: [output],
    inputs: [input],
    attributes: { kind: REDUCE_KINDS.indexOf(kind), axis },
    micro: passThrough,
  })[0] as number[];
}

describe("reduce", () => {
  const shape = [2, 3];
  const data = [3, -1, 4, 1, -5, 9];

  it.each<[ReduceKind, number[], number[], number[]]>([
    ["sum", [6, 5], [4, -6, 13], [11]],
    ["prod", [-12, -45], [3, 5, 36], [540]],
    ["max", [4, 9], [3, -1, 9], [9]],
    ["min", [-1, -5], [1, -5, 4], [-5]],
  ])("%s over the last axis, the first axis, both", (kind, rows, columns, all) => {
    for (const dtype of ["float32", "float64", "int32"] as const) {
      const input = { dtype, shape, data };
      expect(reduce(kind, input, { dtype, shape: [2, 1] })).toEqual(rows);
      expect(reduce(kind, input, { dtype, shape: [1, 3] })).toEqual(columns);
      expect(reduce(kind, input, { dtype, shape: [1, 1] })).toEqual(all);
      expect(reduce(kind, input, { dtype, shape })).toEqual(data);
    }
  });

  it("reads and writes any strides, and crosses blocks", () => {
    // The middle axis of [3, 700, 2], which lies transposed in memory: element (i, j, k) is i + 3j + 2100k.
    const input = { dtype: "int32", shape: [3, 700, 2], strides: [1, 3, 2100], data: ascending(4200) } as const;
    const out = reduce("sum", input, { dtype: "int32", shape: [3, 1, 2], strides: [1, 1, 3] });
    // Σ over j of i + 3j + 2100k = 700 i + 3 · 699 · 350 + 700 · 2100 k.
    expect(out).toEqual([0, 1, 2, 0, 1, 2].map((i, n) => 700 * i + 733950 + (n < 3 ? 0 : 1470000)));
  });

  it.each<[ReduceKind, DType, number]>([
    ["sum", "float32", 0],
    ["prod", "float32", 1],
    ["max", "float32", -INF],
    ["min", "float32", INF],
    ["max", "int32", -(2 ** 31)],
    ["min", "int32", 2 ** 31 - 1],
    ["max", "uint8", 0],
    ["min", "uint8", 255],
    ["max", "bool", 0],
    ["min", "bool", 1],
  ])("%s of nothing in %s is %d", (kind, dtype, expected) => {
    expect(reduce(kind, { dtype, shape: [2, 0], data: [] }, { dtype, shape: [2, 1] })).toEqual([expected, expected]);
  });

  it("sums bytes and bools into int32, wraps, and accumulates floats in float64", () => {
    const sum = (dtype: DType, values: number[], out: DType = "int32") =>
      reduce("sum", { dtype, shape: [values.length], data: values }, { dtype: out, shape: [1] })[0];
    expect(sum("uint8", [200, 200])).toBe(400);
    expect(sum("bool", [1, 0, 1])).toBe(2);
    expect(sum("int32", [2 ** 31 - 1, 1])).toBe(-(2 ** 31));
    expect(sum("float32", [2 ** 25, ...new Array<number>(16).fill(1)], "float32")).toBe(2 ** 25 + 16);
    const product = { dtype: "int32", shape: [2], data: [123456789, 987654321] } as const;
    expect(reduce("prod", product, { dtype: "int32", shape: [1] })).toEqual([-67153019]);
  });

  it("propagates NaN through max and min", () => {
    const input = { shape: [3, 2], data: [1, NAN, NAN, 1, 2, 3] };
    expect(reduce("max", input, { shape: [3, 1] })).toEqual([NAN, NAN, 3]);
    expect(reduce("min", input, { shape: [3, 1] })).toEqual([NAN, NAN, 2]);
  });

  it("combines the results of a micro-program", () => {
    // Σ (a − b)².
    const micro = {
      registers: 2,
      results: [1],
      code: [
        { op: "sub" as const, dtype: "float32" as const, dst: 0, a: 0, b: 1 },
        { op: "mul" as const, dtype: "float32" as const, dst: 1, a: 0, b: 0 },
      ],
    };
    const inputs = [
      { shape: [3], data: [1, 2, 3] },
      { shape: [3], strides: [0], data: [5] },
    ];
    const attributes = { kind: 0, axis: -1 };
    expect(runInstruction({ opcode: "reduce", outputs: [{ shape: [1] }], inputs, attributes, micro })).toEqual([[29]]);
  });
});

describe("argMax and argMin", () => {
  const dtype = "int32";

  it("give the first extremum along the axis", () => {
    const input = { shape: [2, 3], data: [1, 7, 7, -2, -2, -9] };
    expect(reduce("argMax", input, { dtype, shape: [2, 1] }, 1)).toEqual([1, 0]);
    expect(reduce("argMin", input, { dtype, shape: [2, 1] }, 1)).toEqual([0, 2]);
    expect(reduce("argMax", input, { dtype, shape: [1, 3] }, 0)).toEqual([0, 0, 0]);
    expect(reduce("argMin", input, { dtype, shape: [1, 3] }, 0)).toEqual([1, 1, 1]);
  });

  it("count the first NaN as the extremum", () => {
    const input = { shape: [2, 4], data: [1, NAN, INF, NAN, NAN, -INF, 0, 0] };
    expect(reduce("argMax", input, { dtype, shape: [2, 1] }, 1)).toEqual([1, 0]);
    expect(reduce("argMin", input, { dtype, shape: [2, 1] }, 1)).toEqual([1, 0]);
  });

  it("find the identity itself, and integers", () => {
    expect(reduce("argMax", { shape: [2], data: [-INF, -INF] }, { dtype, shape: [1] }, 0)).toEqual([0]);
    const bytes = { dtype: "uint8", shape: [4], data: [3, 255, 0, 255] } as const;
    expect(reduce("argMax", bytes, { dtype, shape: [1] }, 0)).toEqual([1]);
    expect(reduce("argMin", bytes, { dtype, shape: [1] }, 0)).toEqual([2]);
  });
});
