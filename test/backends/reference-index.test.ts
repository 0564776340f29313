import { describe, expect, it } from "vitest";
import { philox4x32, type Words } from "../../lib/backends/reference/philox.js";
import { IndexError } from "../../lib/errors.js";
import { RANDOM_KINDS, type RandomKind } from "../../lib/program/opcodes.js";
import { ascending, runInstruction, type TestView } from "../program/hand-written.js";

function gather(source: TestView, indices: readonly number[], shape: readonly number[], axis: number): number[] {
  const { dtype } = source;
  const inputs = [source, { dtype: "int32" as const, shape, data: indices }];
  return runInstruction({ opcode: "gather", outputs: [{ dtype, shape }], inputs, attributes: { axis } })[0] as number[];
}

describe("gather", () => {
  const source = { shape: [3, 2], data: [0, 1, 10, 11, 20, 21] };

  it("picks along an axis", () => {
    expect(gather(source, [2, 0, 0, 1], [2, 2], 0)).toEqual([20, 1, 0, 11]);
    expect(gather(source, [1, 0, 1], [3, 1], 1)).toEqual([1, 10, 21]);
    expect(gather({ ...source, dtype: "uint8" }, [2, 0, 0, 1], [2, 2], 0)).toEqual([20, 1, 0, 11]);
    expect(gather({ shape: [2, 3], strides: [1, 2], data: source.data }, [2, 0], [2, 1], 1)).toEqual([20, 1]);
    expect(gather(source, [], [0, 2], 0)).toEqual([]);
  });

  it("reads rows of an embedding through indices of stride 0", () => {
    const indices = { dtype: "int32", shape: [3, 2], strides: [1, 0], data: [2, 2, 0] } as const;
    const inputs = [source, indices];
    const result = runInstruction({ opcode: "gather", outputs: [{ shape: [3, 2] }], inputs, attributes: { axis: 0 } });
    expect(result).toEqual([[20, 21, 20, 21, 0, 1]]);
  });

  it("names the first index out of range", () => {
    const message = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        expect(error).toBeInstanceOf(IndexError);
        return (error as Error).message;
      }
      return "no error";
    };
    const ten = { shape: [10], data: ascending(10) };
    const expected = "gather: index 12 at position 3 is out of range [0, 10)";
    expect(message(() => gather(ten, [0, 9, 5, 12, -1], [5], 0))).toBe(expected);
    expect(message(() => gather(ten, [-1], [1], 0))).toBe("gather: index -1 at position 0 is out of range [0, 10)");
    expect(message(() => gather({ shape: [0], data: [] }, [0], [1], 0))).toBe(
      "gather: index 0 at position 0 is out of range [0, 0)",
    );
  });
});

describe("scatterAdd", () => {
  const run = (dtype: "float32" | "int32", base: number[], indices: number[], updates: number[]) =>
    runInstruction({
      opcode: "scatterAdd",
      outputs: [{ dtype, shape: [base.length / 2, 2] }],
      inputs: [
        { dtype, shape: [base.length / 2, 2], data: base },
        { dtype: "int32", shape: [indices.length, 2], strides: [1, 0], data: indices },
        { dtype, shape: [indices.length, 2], data: updates },
      ],
      attributes: { axis: 0 },
    })[0];

  it("adds rows, several to the same one too", () => {
    expect(run("float32", [1, 2, 3, 4, 5, 6], [2, 0, 2], [10, 20, 30, 40, 50, 60])).toEqual([31, 42, 3, 4, 65, 86]);
    expect(run("int32", [2 ** 31 - 1, 0], [0], [1, 5])).toEqual([-(2 ** 31), 5]);
  });

  it("adds in order and in the dtype of the output", () => {
    // 2²⁴ + 1 is not a float32, so 1 is lost before 2 arrives; the other way around both count.
    expect(run("float32", [2 ** 24, 0], [0, 0], [1, 0, 2, 0])).toEqual([2 ** 24 + 2, 0]);
    expect(run("float32", [1, 0], [0, 0], [2, 0, 2 ** 24, 0])).toEqual([2 ** 24 + 4, 0]);
  });

  it("rejects bad indices", () => {
    expect(() => run("float32", [1, 2], [1], [0, 0])).toThrow(
      new IndexError("scatterAdd: index 1 at position 0 is out of range [0, 1)"),
    );
  });
});

describe("copy", () => {
  it("moves elements between any strides, in every dtype", () => {
    for (const dtype of ["float32", "float64", "int32", "uint8", "bool"] as const) {
      const data = [1, 0, 0, 1, 1, 0];
      const inputs = [{ dtype, shape: [2, 3], data }];
      const output = { dtype, shape: [2, 3], strides: [1, 2] };
      expect(runInstruction({ opcode: "copy", outputs: [output], inputs })).toEqual([[1, 1, 0, 1, 0, 0]]);
    }
  });

  it("fills a slice and leaves the rest", () => {
    const inputs = [{ shape: [2], data: [7, 8] }];
    const outputs = [{ shape: [2], strides: [-2], offset: 3, length: 5 }];
    expect(runInstruction({ opcode: "copy", outputs, inputs })).toEqual([[0, 8, 0, 7, 0]]);
  });
});

describe("random", () => {
  // Known answers published with the Random123 library.
  it.each<[Words, [number, number], string]>([
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [[-1, -1, -1, -1], [-1, -1], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], "d16cfe09 94fdcceb 5001e420 24126ea1"],
  ])("Philox4x32-10 of counter %j under key %j", (counter, key, expected) => {
    const words = philox4x32(counter, key).map((word) => word.toString(16).padStart(8, "0"));
    expect(words.join(" ")).toBe(expected);
  });

  const draw = (kind: RandomKind, length: number, key = [0, 0], stream = 0) =>
    runInstruction({
      opcode: "random",
      outputs: [{ dtype: kind === "bits" ? "int32" : "float64", shape: [length] }],
      inputs: [{ dtype: "int32", shape: [2], data: key }],
      attributes: { kind: RANDOM_KINDS.indexOf(kind), stream },
    })[0] as number[];

  it("takes the words of a counter in order", () => {
    const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
    expect(draw("bits", 4)).toEqual(words.map((word) => word | 0));
    expect(draw("uniform", 3)).toEqual([0x6627e8, 0xe169c5, 0xbc57ac].map((upper) => upper / 2 ** 24));
    const radius = Math.sqrt(-2 * Math.log(0x6627e9 / 2 ** 24));
    const angle = (2 * Math.PI * 0xe169c5) / 2 ** 24;
    const [first, second] = draw("normal", 2) as [number, number];
    expect(first).toBeCloseTo(radius * Math.cos(angle), 14);
    expect(second).toBeCloseTo(radius * Math.sin(angle), 14);
  });

  it("is a function of key, stream and position alone", () => {
    const ten = draw("bits", 10, [1, 2], 3);
    expect(draw("bits", 7, [1, 2], 3)).toEqual(ten.slice(0, 7));
    const block = philox4x32([2, 0, 3, 0], [1, 2]);
    expect(ten.slice(8)).toEqual(block.slice(0, 2).map((word) => word | 0));
    expect(draw("bits", 10, [1, 3], 3)).not.toEqual(ten);
    expect(draw("bits", 10, [1, 2], 4)).not.toEqual(ten);
  });

  it("has the moments of its distributions", () => {
    const n = 20_000;
    const moments = (values: number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n };
    };
    // Five standard errors: √(1/12n) for the uniform mean, √(1/180n) for its variance; √(1/n) and √(2/n) for normal.
    const uniform = moments(draw("uniform", n));
    expect(Math.abs(uniform.mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(uniform.variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    const normal = moments(draw("normal", n));
    expect(Math.abs(normal.mean)).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(normal.variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });
});
