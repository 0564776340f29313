/**
 * Every routine in both of its forms, with an order and with strides, against its definition: on awkward layouts, with values that
 * are not finite, with operands that share memory, and with each array wrong.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as blas from "../../lib/blas/index.js";
import { type Bounded, type Definition, definitions, type Lengths, type Reader, type Settings } from "./definitions.js";

type Arguments = (number | Float32Array | string)[];
type Routine = ((...given: Arguments) => unknown) & { ndarray(...given: Arguments): unknown };

const routine = (name: string) => (blas as unknown as Record<string, Routine>)[name] as Routine;

/** Draws from a generator of fast-check. */
class Draw {
  readonly #gen: fc.GeneratorValue;

  constructor(gen: fc.GeneratorValue) {
    this.#gen = gen;
  }

  pick<T>(...values: readonly T[]): T {
    return this.#gen(fc.constantFrom as (...given: T[]) => fc.Arbitrary<T>, ...values);
  }

  integer(min: number, max: number): number {
    return this.#gen(fc.integer, { min, max });
  }

  /** A number of magnitude 1/4 to 1, of either sign. */
  number(): number {
    return Math.fround((this.integer(256, 1024) / 1024) * this.pick(1, -1));
  }
}

/** An operand in memory: element (i, j) lies at `offset + i · strides[0] + j · strides[1]`. */
interface Operand {
  readonly name: string;
  readonly isVector: boolean;
  readonly lengths: Lengths;
  readonly data: Float32Array;
  readonly strides: readonly [number, number];
  readonly offset: number;
}

const at = ({ offset, strides }: Operand, i: number, j: number) => offset + i * strides[0] + j * strides[1];

/** Blocks on a diagonal have 32 or 64 rows, and vectors go to native code from 512 elements on. */
function drawSettings(draw: Draw, name: string): Settings {
  const isLevel1 = !/#/.test(definitions[name]?.signature as string);
  const long = isLevel1 ? [511, 512, 1100] : [31, 33, 65, 90];
  // Only one of the sizes is large: definitions are slow.
  const large = draw.pick("m", "n", "k", undefined);
  const size = (which: string) => (which === large ? draw.pick(...long) : draw.integer(0, 7));
  const scalar = () => draw.pick(0, 1, -1, Math.fround(0.3));
  return {
    uplo: draw.pick(121, 122),
    side: draw.pick(141, 142),
    diag: draw.pick(131, 132),
    trans: draw.pick(111, 112),
    transA: draw.pick(111, 112),
    transB: draw.pick(111, 112),
    m: size("m"),
    n: size("n"),
    k: size("k"),
    alpha: scalar(),
    beta: scalar(),
    b: scalar(),
    c: Math.fround(0.8),
    s: Math.fround(0.6),
    param: Float32Array.of(draw.pick(-2, -1, 0, 1), 0.5, 0.25, -2, 3),
  };
}

/** Names of the operands in the order of the arguments, and whether each is a vector. */
const operandsOf = ({ signature }: Definition) =>
  [...signature.matchAll(/([@#])(\w)/g)].map(([, mark, name]) => ({ name: name as string, isVector: mark === "@" }));

const lengthsOf = ({ lengths }: Definition, settings: Settings, name: string, isVector: boolean): Lengths =>
  lengths?.(settings)[name] ?? [settings.n, isVector ? 1 : settings.n];

/**
 * Memory for an operand: a window of `pool` if there is one, or an array of its own with NaN wherever it has no element, at a random
 * place of a random kind of buffer.
 */
function place(draw: Draw, lengths: Lengths, strides: readonly [number, number], pool?: Float32Array) {
  const [down, right] = lengths.map((length, axis) => Math.max(0, length - 1) * (strides[axis] as number)) as [
    number,
    number,
  ];
  const room = pool === undefined ? 3 : pool.length - 1 - Math.abs(down) - Math.abs(right);
  const before = draw.integer(0, room);
  const offset = before - Math.min(0, down) - Math.min(0, right);
  if (pool !== undefined) return { data: pool, offset };
  const length = before + Math.abs(down) + Math.abs(right) + 1 + draw.integer(0, 2);
  const bytes = 4 * (length + 2);
  const buffer = draw.pick(true, false) ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
  const data = new Float32Array(buffer as ArrayBuffer, draw.pick(0, 8), length).fill(Number.NaN);
  return { data, offset };
}

/** Fills an operand: diagonals as `definitions.ts` wants them, and now and then one element that is not finite. */
function fill(draw: Draw, operand: Operand, isSpecial: boolean): void {
  const [rows, cols] = operand.lengths;
  const isSquare = rows === cols && !operand.isVector;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const value = draw.number();
      const scaled = i === j ? 2 + value : value / (2 * rows);
      operand.data[at(operand, i, j)] = isSquare ? scaled : value;
    }
  }
  if (!isSpecial || rows * cols === 0) return;
  const value = draw.pick(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0);
  operand.data[at(operand, draw.integer(0, rows - 1), draw.integer(0, cols - 1))] = value;
}

/** Strides in which all elements lie apart, of any sign and with gaps, either axis the inner one. */
function drawStrides(draw: Draw, [rows, cols]: Lengths, isVector: boolean): [number, number] {
  const gap = draw.integer(1, 3);
  const [down, right] = [draw.pick(1, -1), draw.pick(1, -1)];
  if (isVector) return [down * gap, 1];
  return draw.pick(true, false)
    ? [down * gap, right * (gap * rows + draw.integer(1, 2))]
    : [down * (gap * cols + draw.integer(1, 2)), right * gap];
}

/** A routine with all that a call of it needs. */
interface Call {
  readonly name: string;
  readonly settings: Settings;
  readonly operands: readonly Operand[];
  /** By its order, or by strides. */
  readonly arguments: Arguments;
  readonly isStrided: boolean;
}

function argumentsOf(
  { signature }: Definition,
  settings: Settings,
  operands: readonly Operand[],
  ofOperand: (operand: Operand) => Arguments,
): Arguments {
  return signature.split(" ").flatMap((word) => {
    const operand = operands.find(({ name }) => word.slice(1) === name && /[@#]/.test(word[0] as string));
    return operand ? ofOperand(operand) : [settings[word as keyof Settings]];
  });
}

interface Wanted {
  readonly isStrided: boolean;
  readonly settings?: Settings;
  /** Where all operands lie. */
  readonly pool?: Float32Array;
}

function drawCall(draw: Draw, name: string, { isStrided, settings = drawSettings(draw, name), pool }: Wanted): Call {
  const definition = definitions[name] as Definition;
  const special = pool === undefined ? draw.pick(0, 1, 2, 3, 4, 5) : undefined;
  const isRowMajor = draw.pick(true, false);
  const leading = new Map<string, number>();
  const operands = operandsOf(definition).map(({ name: operand, isVector }, i) => {
    const lengths = lengthsOf(definition, settings, operand, isVector);
    let strides = drawStrides(draw, lengths, isVector);
    if (!isStrided && !isVector) {
      const ld = Math.max(1, lengths[isRowMajor ? 1 : 0]) + draw.integer(0, 2);
      leading.set(operand, ld);
      strides = isRowMajor ? [ld, 1] : [1, ld];
    }
    const placed = { name: operand, isVector, lengths, strides, ...place(draw, lengths, strides, pool) };
    // A leading dimension and an increment say where the array begins.
    const start = isStrided ? 0 : placed.offset - (strides[0] < 0 ? (1 - lengths[0]) * strides[0] : 0);
    const data = start === 0 || lengths[0] === 0 ? placed.data : placed.data.subarray(start);
    const made = { ...placed, data, offset: placed.offset - start };
    if (pool === undefined) fill(draw, made, special === i);
    return made;
  });
  // Triangles have to keep the diagonal that they are given.
  if (pool !== undefined) for (const operand of [...operands].reverse()) fill(draw, operand, false);
  const strided = ({ data, strides, offset, isVector }: Operand) =>
    isVector ? [data, strides[0], offset] : [data, ...strides, offset];
  const plain = ({ name: operand, data, strides, isVector }: Operand) => [
    data,
    isVector ? strides[0] : (leading.get(operand) as number),
  ];
  const own = argumentsOf(definition, settings, operands, isStrided ? strided : plain);
  const hasOrder = !isStrided && operands.some(({ isVector }) => !isVector);
  return {
    name,
    settings,
    operands,
    isStrided,
    arguments: hasOrder ? [isRowMajor ? 101 : 102, ...own] : own,
  };
}

const make = ({ name, isStrided, arguments: given }: Call) =>
  isStrided ? routine(name).ndarray(...given) : routine(name)(...given);

function differs({ value, error }: Bounded, found: number): boolean {
  return !(Object.is(value, found) || value === found || Math.abs(value - found) <= error);
}

/** Makes the call, and holds results and all memory besides against the definition. */
function check(call: Call): void {
  const { name, settings, operands } = call;
  const { results, value } = definitions[name] as Definition;
  const before = new Map(operands.map(({ data }) => [data, new Float32Array(data)]));
  const readers = Object.fromEntries(
    operands.map((operand): [string, Reader] => [
      operand.name,
      (i, j = 0) => (before.get(operand.data) as Float32Array)[at(operand, i, j)] as number,
    ]),
  ) as never;
  const after = new Map([...before].map(([data, values]) => [data, values.slice()]));
  const expectedValue = value?.(settings, readers);
  const expected = results?.(settings, readers) ?? {};
  const returned = make(call);
  if (expectedValue !== undefined && differs(expectedValue, returned as number)) {
    expect(returned).toBe(`${expectedValue.value} within ${expectedValue.error}`);
  }
  if (expectedValue === undefined) expect(returned).toBe(operands.at(-1)?.data);
  for (const operand of operands) {
    const untouched = after.get(operand.data) as Float32Array;
    const [rows, cols] = operand.lengths;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const bounded = expected[operand.name]?.(i, j);
        if (bounded === undefined) continue;
        const found = operand.data[at(operand, i, j)] as number;
        if (differs(bounded, found)) {
          expect(`${operand.name}(${i}, ${j}) = ${found}`).toBe(`${bounded.value} within ${bounded.error}`);
        }
        untouched[at(operand, i, j)] = found;
      }
    }
  }
  const bytes = (values: Float32Array) => Buffer.from(new Float32Array(values).buffer);
  for (const [data, untouched] of after) expect(bytes(data).equals(bytes(untouched))).toBe(true);
}

const seeded = { numRuns: Number(process.env.NODEGRAD_FUZZ_RUNS ?? 25), seed: 7, endOnFailure: true };

describe.each(Object.keys(definitions))("%s", (name) => {
  it.each([false, true])("gives what its definition says (by strides: %s)", (isStrided) => {
    fc.assert(
      fc.property(fc.gen(), (gen) => check(drawCall(new Draw(gen), name, { isStrided }))),
      seeded,
    );
  });

  // The routines of level 1 go through shared memory element by element.
  it.skipIf(!/#/.test(definitions[name]?.signature as string))(
    "reads what shares memory with its result as it was",
    () => {
      fc.assert(
        fc.property(fc.gen(), (gen) => {
          const draw = new Draw(gen);
          const settings = { ...drawSettings(draw, name), m: 3, n: draw.pick(4, 70), k: 3 };
          const pool = new Float32Array(20_000).map((_, i) => Math.fround(Math.sin(i)));
          check(drawCall(draw, name, { isStrided: true, settings, pool }));
        }),
        { ...seeded, numRuns: 5 },
      );
    },
  );

  it.each([false, true])("refuses what does not fit (by strides: %s)", (isStrided) => {
    const settings = { uplo: 121, side: 141, diag: 131, trans: 111, transA: 111, transB: 111, m: 3, n: 3, k: 3 };
    const scalars = { alpha: 1, beta: 1, b: 1, c: 1, s: 1, param: Float32Array.of(-1, 1, 1, 1, 1) };
    const [call] = fc.sample(
      fc.gen().map((gen) => drawCall(new Draw(gen), name, { isStrided, settings: { ...settings, ...scalars } })),
      { numRuns: 1, seed: 1 },
    ) as [Call];
    const wrong = (index: number, value: unknown) =>
      make.bind(undefined, { ...call, arguments: call.arguments.with(index, value as number) });
    call.arguments.forEach((given, i) => {
      if (typeof given === "number") {
        expect(wrong(i, Symbol("2"))).toThrow(expect.objectContaining({ code: "OPTION" }));
        expect(wrong(i, "2")).toThrow(expect.objectContaining({ code: "OPTION" }));
        return;
      }
      const what = `${name}: ${call.operands.find(({ data }) => data === given)?.name ?? "param"}`;
      expect(wrong(i, Float64Array.from(given as Float32Array))).toThrow(
        `${what} must be a Float32Array, got Float64Array`,
      );
      expect(wrong(i, (given as Float32Array).subarray(0, 2))).toThrow(`${what} reaches outside its array`);
    });
    expect(make(call)).toBeDefined();
  });
});
