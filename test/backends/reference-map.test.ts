import { describe, expect, it } from "vitest";
import { DTYPES, type DType } from "../../lib/dtype.js";
import { MICRO_OPS, type MicroInfo, type MicroOp } from "../../lib/program/opcodes.js";
import { ascending, runInstruction, type TestView } from "../program/hand-written.js";

/** Applies one micro-op to lists of operands. */
function apply(
  op: MicroOp,
  dtype: DType,
  operands: readonly (readonly number[])[],
  types?: readonly DType[],
): number[] {
  const { result }: MicroInfo = MICRO_OPS[op];
  const length = operands[0]?.length ?? 1;
  const inputs = operands.map((data, i): TestView => ({ dtype: types?.[i] ?? dtype, shape: [length], data }));
  const outputs = [{ dtype: result === "bool" ? ("bool" as const) : dtype, shape: [length] }];
  const dst = operands.length;
  const step = { op, dtype, dst, a: 0, b: 1, c: 2 };
  const micro = { registers: dst + 1, results: [dst], code: [step] };
  return runInstruction({ opcode: "map", outputs, inputs, micro })[0] as number[];
}

function cast(from: DType, to: DType, values: readonly number[]): number[] {
  const micro = {
    registers: 1,
    results: [0],
    code: [{ op: "cast" as const, dtype: to, dst: 0, a: 0, b: DTYPES.indexOf(from) }],
  };
  const shape = [values.length];
  return runInstruction({
    opcode: "map",
    outputs: [{ dtype: to, shape }],
    inputs: [{ dtype: from, shape, data: values }],
    micro,
  })[0] as number[];
}

const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;
const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;

describe("micro-ops on floats", () => {
  it.each<[MicroOp, number[], number[]]>([
    ["neg", [1, -0, NAN], [-1, 0, NAN]],
    ["abs", [-3, -0, -INF], [3, 0, INF]],
    ["sign", [-7, -0, 0, 9, NAN], [-1, 0, 0, 1, NAN]],
    ["floor", [1.5, -1.5], [1, -2]],
    ["ceil", [1.5, -1.5], [2, -1]],
    ["round", [0.5, 1.5, 2.5, -0.5, -1.5, 0.3, -0.3, INF, NAN], [0, 2, 2, -0, -2, 0, -0, INF, NAN]],
    ["round", [2 ** 52 + 1, -(2 ** 51) - 0.5, 0.49999999999999994], [2 ** 52 + 1, -(2 ** 51), 0]],
    ["sqrt", [9, -1], [3, NAN]],
    ["exp", [0, -INF], [1, 0]],
    ["expm1", [0, -INF, 1e-300], [0, -1, 1e-300]],
    ["log", [1, 0, -1], [0, -INF, NAN]],
    ["log1p", [0, -1, 1e-300], [0, -INF, 1e-300]],
    ["sin", [0, INF], [0, NAN]],
    ["cos", [0, INF], [1, NAN]],
    ["tanh", [0, INF, -INF], [0, 1, -1]],
    ["sigmoid", [0, 1000, -1000, NAN], [0.5, 1, 0, NAN]],
  ])("%s(%j)", (op, x, expected) => {
    expect(apply(op, "float64", [x])).toEqual(expected);
  });

  it.each<[MicroOp, number[], number[], number[]]>([
    ["add", [1, INF], [2, -INF], [3, NAN]],
    ["sub", [1], [2], [-1]],
    ["mul", [3, 0], [4, INF], [12, NAN]],
    ["div", [1, -1, 0], [4, 0, 0], [0.25, -INF, NAN]],
    ["pow", [2, 1, -1, -8], [10, NAN, INF, 1 / 3], [1024, 1, 1, NAN]],
    ["max", [1, NAN, 1], [2, 1, NAN], [2, NAN, NAN]],
    ["min", [1, NAN, 1], [2, 1, NAN], [1, NAN, NAN]],
    ["eq", [1, NAN, 0], [1, NAN, -0], [1, 0, 1]],
    ["ne", [1, NAN, 0], [1, NAN, -0], [0, 1, 0]],
    ["lt", [1, 2, NAN], [2, 2, 1], [1, 0, 0]],
    ["le", [1, 2, NAN], [2, 2, 1], [1, 1, 0]],
    ["gt", [3, 2, NAN], [2, 2, 1], [1, 0, 0]],
    ["ge", [1, 2, NAN], [2, 2, 1], [0, 1, 0]],
  ])("%s(%j, %j)", (op, a, b, expected) => {
    expect(apply(op, "float64", [a, b])).toEqual(expected);
  });

  it("selects and multiplies with addition", () => {
    expect(
      apply(
        "where",
        "float64",
        [
          [1, 0],
          [5, 5],
          [7, NAN],
        ],
        ["bool"],
      ),
    ).toEqual([5, NAN]);
    expect(apply("mulAdd", "float64", [[2], [3], [4]])).toEqual([10]);
  });

  // Abramowitz and Stegun, Handbook of Mathematical Functions, table 7.1 (ten decimals).
  it.each([
    [0.1, 0.112462916],
    [0.4, 0.428392355],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [2, 0.995322265],
  ])("erf(%f) is the published value", (x, expected) => {
    const [plus, minus] = apply("erf", "float64", [[x, -x]]) as [number, number];
    expect(Math.abs(plus - expected)).toBeLessThan(0.6e-9);
    expect(minus).toBe(-plus);
  });

  it("erf agrees with its power series", () => {
    const points = ascending(61).map((i) => -3 + i / 10);
    apply("erf", "float64", [points]).forEach((value, i) => {
      // All terms of e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!! have one sign, so the sum is good to some 1e-16 of itself.
      const x = points[i] as number;
      let term = x;
      let sum = 0;
      for (let n = 1; n < 100; n++) {
        sum += term;
        term *= (2 * x * x) / (2 * n + 1);
      }
      expect(Math.abs(value - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum)).toBeLessThan(2e-15);
    });
    expect(apply("erf", "float64", [[INF, -INF, NAN, 7, 0]])).toEqual([1, -1, NAN, 1, 0]);
  });

  it("rounds to float32 after every micro-op", () => {
    // 1 + 2⁻²⁴ is halfway between two float32 and goes to 1; in float64 it would survive.
    const micro = {
      registers: 3,
      results: [2],
      code: [
        { op: "add" as const, dtype: "float32" as const, dst: 2, a: 0, b: 1 },
        { op: "sub" as const, dtype: "float32" as const, dst: 2, a: 2, b: 0 },
      ],
    };
    const inputs = [
      { shape: [1], data: [1] },
      { shape: [1], data: [2 ** -24] },
    ];
    expect(runInstruction({ opcode: "map", outputs: [{ shape: [1] }], inputs, micro })).toEqual([[0]]);
  });
});

describe("micro-ops on int32, uint8 and bool", () => {
  it.each<[MicroOp, number[][], number[]]>([
    ["neg", [[5, MIN]], [-5, MIN]],
    ["abs", [[-5, MIN]], [5, MIN]],
    ["sign", [[-5, 0, 9]], [-1, 0, 1]],
    [
      "add",
      [
        [MAX, 1],
        [1, 2],
      ],
      [MIN, 3],
    ],
    [
      "sub",
      [
        [MIN, 1],
        [1, 2],
      ],
      [MAX, -1],
    ],
    [
      "mul",
      [
        [123456789, 3],
        [987654321, -4],
      ],
      [-67153019, -12],
    ],
    ["mulAdd", [[123456789], [987654321], [1]], [-67153018]],
    [
      "max",
      [
        [MIN, 3],
        [MAX, -4],
      ],
      [MAX, 3],
    ],
  ])("%s of int32 wraps", (op, operands, expected) => {
    expect(apply(op, "int32", operands)).toEqual(expected);
  });

  it("combines bools and compares bytes", () => {
    expect(apply("not", "bool", [[0, 1]])).toEqual([1, 0]);
    expect(
      apply("and", "bool", [
        [0, 0, 1, 1],
        [0, 1, 0, 1],
      ]),
    ).toEqual([0, 0, 0, 1]);
    expect(
      apply("or", "bool", [
        [0, 0, 1, 1],
        [0, 1, 0, 1],
      ]),
    ).toEqual([0, 1, 1, 1]);
    expect(
      apply("lt", "uint8", [
        [200, 3],
        [100, 4],
      ]),
    ).toEqual([0, 1]);
    expect(
      apply("min", "uint8", [
        [200, 3],
        [100, 4],
      ]),
    ).toEqual([100, 3]);
  });
});

describe("cast", () => {
  it.each<[DType, DType, number[], number[]]>([
    ["float32", "int32", [1.9, -1.9, NAN, 1e10, -INF], [1, -1, 0, MAX, MIN]],
    ["float32", "uint8", [1.9, -1, 256, NAN], [1, 0, 255, 0]],
    ["float32", "bool", [0, -0, 0.1, NAN], [0, 0, 1, 1]],
    ["int32", "uint8", [255, 256, -1], [255, 0, 255]],
    ["int32", "bool", [0, 256], [0, 1]],
    ["int32", "float32", [2 ** 24 + 1], [2 ** 24]],
    ["uint8", "int32", [200], [200]],
    ["bool", "float64", [1, 0], [1, 0]],
    ["float64", "float32", [0.1], [Math.fround(0.1)]],
  ])("%s → %s of %j", (from, to, values, expected) => {
    expect(cast(from, to, values)).toEqual(expected);
  });
});

describe("map", () => {
  const sum = {
    registers: 2,
    results: [0],
    code: [{ op: "add" as const, dtype: "float32" as const, dst: 0, a: 0, b: 1 }],
  };

  it("reads any strides: transposed, broadcast, reversed", () => {
    const transposed = { shape: [2, 3], strides: [1, 2], data: ascending(6) };
    const broadcast = { shape: [2, 3], strides: [10, 0], offset: 1, data: [0, 100, ...ascending(10)] };
    const run = (other: TestView) =>
      runInstruction({ opcode: "map", outputs: [{ shape: [2, 3] }], inputs: [transposed, other], micro: sum })[0];
    expect(run(broadcast)).toEqual([100, 102, 104, 10, 12, 14]);
    expect(run({ shape: [2, 3], strides: [-3, -1], offset: 5, data: ascending(6) })).toEqual([5, 6, 7, 3, 4, 5]);
  });

  it("crosses blocks at odd places, in and out", () => {
    // 3 · 5 · 101 elements: several blocks of 512, rows that straddle them.
    const shape = [3, 5, 101];
    const strides = [1, 303, 3];
    const size = 3 * 5 * 101;
    const inputs = [
      { shape, data: ascending(size) },
      { shape, strides, data: ascending(size) },
    ];
    const [out] = runInstruction({ opcode: "map", outputs: [{ shape, strides }], inputs, micro: sum }) as [number[]];
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 5; j++) {
        for (let k = 0; k < 101; k++) {
          const at = i + 303 * j + 3 * k;
          expect(out[at]).toBe(at + i * 505 + j * 101 + k);
        }
      }
    }
  });

  it("takes constants and scalars, converted to the dtype, and writes several outputs", () => {
    const micro = {
      registers: 2,
      results: [0, 1],
      code: [
        { op: "constant" as const, dtype: "float32" as const, dst: 0, value: 0.1 },
        { op: "scalar" as const, dtype: "int32" as const, dst: 1, a: 1 },
      ],
    };
    const outputs = [{ shape: [2] }, { shape: [2], dtype: "int32" as const }];
    expect(runInstruction({ opcode: "map", outputs, inputs: [], micro, scalars: [1, -7.9] })).toEqual([
      [Math.fround(0.1), Math.fround(0.1)],
      [-7, -7],
    ]);
  });

  it("does a scalar and nothing at all", () => {
    const of = (shape: number[], data: number[]) =>
      runInstruction({
        opcode: "map",
        outputs: [{ shape }],
        inputs: [
          { shape, data },
          { shape, data },
        ],
        micro: sum,
      });
    expect(of([], [21])).toEqual([[42]]);
    expect(of([2, 0], [])).toEqual([[]]);
  });
});
