/** Every case of every instruction and micro-op, in every layout, on every instruction set, against the reference. */

import { describe, expect, it } from "vitest";
import { Random } from "../../lib/data/index.js";
import type { TypedArray } from "../../lib/dtype.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { abs, cast } from "../../lib/ops/index.js";
import { MICRO_OPCODES, type MicroOp, OPCODES, type Opcode } from "../../lib/program/opcodes.js";
import { readProgram } from "../../lib/program/reader.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { realize, valuesOf } from "../../lib/runtime/realize.js";
import { type Case, type MicroCase, microCases, opcodeCases } from "../ops/cases.js";
import { edgeOperands, layouts, specialOperands } from "../ops/operands.js";
import { type Job, jobOf, runOnNative, runOnReference } from "./machines.js";
import { requireAddon } from "./native-addon.js";

/** Lengths around the widths of vectors and their multiples. */
const LENGTHS = Array.from({ length: 67 }, (_, i) => i + 1);
/** A shape for elementwise operations in all layouts. */
const SHAPE = [5, 7, 19];

/** A case with its operands drawn: one result per arrangement. */
interface Drawn {
  readonly job: Job;
  readonly arrangements: readonly string[];
  readonly roundings: number;
  /** Σ|terms| of each element of each result; computed when it is first needed. */
  magnitudes(): readonly TypedArray[];
}

type Arranged = readonly [arrangement: string, operands: Tensor[]];

function drawCase(
  name: string,
  one: Pick<Case, "build" | "magnitude" | "roundings">,
  arranged: readonly Arranged[],
): Drawn {
  const { build, magnitude = (...operands) => abs(build(...operands)), roundings } = one;
  const results = arranged.map(([, operands]) => build(...operands));
  const job = jobOf(name, results);
  return {
    job,
    arrangements: arranged.map(([arrangement]) => arrangement),
    roundings,
    magnitudes() {
      const terms = arranged.map(([, operands]) => magnitude(...operands.map(inDouble)));
      realize(...terms);
      return terms.map(valuesOf);
    },
  };
}

function inDouble(operand: Tensor): Tensor {
  return operand.dtype === "float32" ? cast(operand, "float64") : operand;
}

function drawOpcodeCase(opcode: Opcode, one: Case): Drawn {
  const random = new Random(1);
  const arranged = Object.entries(layouts).map(([layout, place]): Arranged => {
    return [layout, one.operands.map((operand) => place(operand, random))];
  });
  one.operands.forEach(({ dtype = "float32" }, i) => {
    if (dtype !== "float32" || one.specials?.includes(i) === false) return;
    arranged.push([`special values in operand ${i}`, specialOperands(one.operands, i, random)]);
  });
  // Without operands there is only one arrangement.
  return drawCase(`${opcode}: ${one.name}`, one, one.operands.length === 0 ? arranged.slice(0, 1) : arranged);
}

function drawMicroCase(one: MicroCase): Drawn {
  const random = new Random(2);
  const flat = layouts.contiguous as (typeof layouts)[string];
  const arranged: Arranged[] = LENGTHS.map((n) => [
    `${n} elements`,
    one.domains.map((domain) => flat({ ...domain, shape: [n] }, random)),
  ]);
  for (const [layout, place] of Object.entries(layouts)) {
    arranged.push([layout, one.domains.map((domain) => place({ ...domain, shape: SHAPE }, random))]);
  }
  if (one.edges) arranged.push(["edge values", edgeOperands(one.domains)]);
  return drawCase(one.name, one, arranged);
}

/** Expects every element to be as close as the case allows, and without allowance to have the same bits. */
function compare(drawn: Drawn, expected: readonly TypedArray[], actual: readonly TypedArray[]): void {
  const { arrangements, roundings } = drawn;
  const magnitudes = roundings === 0 ? undefined : drawn.magnitudes();
  arrangements.forEach((arrangement, k) => {
    const [want, got] = [expected[k] as TypedArray, actual[k] as TypedArray];
    expect(got.length).toBe(want.length);
    for (let i = 0; i < want.length; i++) {
      const [a, b] = [want[i] as number, got[i] as number];
      if (Object.is(a, b)) continue;
      const terms = magnitudes === undefined ? 0 : ((magnitudes[k] as TypedArray)[i] as number);
      // Below the normal range a rounding is off by half the smallest subnormal number, whatever the magnitude.
      const allowed = roundings * (2 ** -24 * terms + 2 ** -150);
      if (!(Math.abs(a - b) <= allowed)) {
        expect.fail(
          `${arrangement}, element ${i}: ${b}, reference ${a}; off by ${Math.abs(a - b)}, allowed ${allowed}`,
        );
      }
    }
  });
}

setBackend("reference");

const cases: Drawn[] = [
  ...OPCODES.flatMap((opcode) => opcodeCases[opcode].map((one) => drawOpcodeCase(opcode, one))),
  ...MICRO_OPCODES.flatMap((micro) => microCases[micro].map(drawMicroCase)),
];
const jobs = cases.map(({ job }) => job);
const references = jobs.map(runOnReference);

describe("cases", () => {
  it("contain the instruction or micro-op they are for", () => {
    const programs = new Map(jobs.map(({ name, words }) => [name, readProgram(words)]));
    for (const opcode of OPCODES) {
      for (const { name } of opcodeCases[opcode]) {
        const codes = programs.get(`${opcode}: ${name}`)?.instructions.map((instruction) => instruction.opcode);
        expect(codes, name).toContain(opcode);
      }
    }
    for (const micro of MICRO_OPCODES as readonly MicroOp[]) {
      for (const { name } of microCases[micro]) {
        const steps = programs.get(name)?.instructions.flatMap((instruction) => instruction.micro?.code ?? []);
        expect(
          steps?.map(({ op }) => op),
          name,
        ).toContain(micro);
      }
    }
  });

  it("have names of their own", () => {
    expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length);
  });
});

describe.each(requireAddon().addon.targets)("native, %s", (target) => {
  const outcomes = runOnNative(target, jobs);

  it.each(cases.map((drawn, i) => [drawn.job.name, drawn, i] as const))("%s", (_, drawn, i) => {
    compare(drawn, references[i] as TypedArray[], outcomes[i]?.outputs as TypedArray[]);
    expect(outcomes[i]?.steady, "the same bits for any number of threads").toBe(true);
  });
});
