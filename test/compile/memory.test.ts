import { describe, expect, it } from "vitest";
import { compileGraph } from "../../lib/compile/index.js";
import { encodeGraph } from "../../lib/graph/signature.js";
import { add, gather, matmul, mul, randomNormal, setBackend, type Tensor, tensor, variable } from "../../lib/index.js";
import { verifyProgram } from "../../lib/program/verify.js";

setBackend("reference");

const shape = [64, 64];
const numbers = () => randomNormal(shape, { std: 0.1, seed: 1 });
const arena = (roots: Tensor[], updates: [ReturnType<typeof variable>, Tensor][] = []) =>
  verifyProgram(compileGraph(encodeGraph({ roots, updates }).graph)).arenaBlocks;
const zeros = () => variable(new Float32Array(64 * 64), { shape });

describe("an operand that dies in a result of its shape", () => {
  it("is made in the memory of an output", () => {
    expect(arena([numbers()])).toBe(0);
    expect(arena([matmul(numbers(), numbers())])).toBeGreaterThan(0);
  });

  it("is made in the memory of a variable", () => {
    expect(arena([], [[zeros(), numbers()]])).toBe(0);
    const other = zeros();
    expect(arena([], [[zeros(), add(numbers(), other)]])).toBe(0);
  });

  it("is made elsewhere where the old value is read", () => {
    const own = zeros();
    expect(arena([], [[own, add(numbers(), own)]])).toBeGreaterThan(0);
  });

  it("is made elsewhere where a later instruction can fail", () => {
    const drawn = randomNormal(shape, { seed: 1 });
    const rows = gather(drawn, tensor([1, 2], { dtype: "int32" }));
    expect(arena([], [[zeros(), mul(drawn, 2)]])).toBe(0);
    expect(arena([rows], [[zeros(), mul(drawn, 2)]])).toBeGreaterThan(0);
  });
});
