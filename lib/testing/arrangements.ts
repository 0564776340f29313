/** Cases with their operands drawn, in every awkward layout, as jobs for a machine; and whether its results are right. */

import { Random } from "../data/index.js";
import type { TypedArray } from "../dtype.js";
import type { Tensor } from "../graph/tensor.js";
import { abs, cast } from "../ops/index.js";
import { MICRO_OPCODES, OPCODES, type Opcode } from "../program/opcodes.js";
import { machineOf, onMachine } from "../runtime/backends.js";
import { realize, valuesOf } from "../runtime/realize.js";
import type { Case } from "./case.js";
import { type MicroCase, microCases, opcodeCases } from "./cases.js";
import { type Job, jobOf } from "./job.js";
import { edgeOperands, layouts, specialOperands } from "./operands.js";

/** Lengths around the widths of vectors and their multiples. */
const LENGTHS = Array.from({ length: 67 }, (_, i) => i + 1);
/** A shape for elementwise operations in all layouts. */
const SHAPE = [5, 7, 19];

/** A case with its operands drawn: one result per arrangement. */
export interface Drawn {
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
      return onReference(() => {
        const terms = arranged.map(([, operands]) => magnitude(...operands.map(inDouble)));
        realize(...terms);
        return terms.map(valuesOf);
      });
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

/** What `body` computes besides, the reference machine computes: it knows float64. */
function onReference<T>(body: () => T): T {
  return onMachine(machineOf("reference"), body);
}

/**
 * Where results differ from the reference by more than the case allows, and without allowance at all; undefined: nowhere.
 *
 * @param expected What the reference gives.
 */
export function differenceOf(
  drawn: Drawn,
  expected: readonly TypedArray[],
  actual: readonly TypedArray[],
): string | undefined {
  const { arrangements, roundings } = drawn;
  const magnitudes = roundings === 0 ? undefined : drawn.magnitudes();
  for (const [k, arrangement] of arrangements.entries()) {
    const [want, got] = [expected[k] as TypedArray, actual[k] as TypedArray];
    if (got.length !== want.length) return `${arrangement}: ${got.length} elements, reference ${want.length}`;
    for (let i = 0; i < want.length; i++) {
      const [a, b] = [want[i] as number, got[i] as number];
      if (Object.is(a, b)) continue;
      const terms = magnitudes === undefined ? 0 : ((magnitudes[k] as TypedArray)[i] as number);
      // Below the normal range a rounding is off by half the smallest subnormal number, whatever the magnitude.
      const allowed = roundings * (2 ** -24 * terms + 2 ** -150);
      if (!(Math.abs(a - b) <= allowed)) {
        return `${arrangement}, element ${i}: ${b}, reference ${a}; off by ${Math.abs(a - b)}, allowed ${allowed}`;
      }
    }
  }
  return undefined;
}

/** Draws every case of every instruction and micro-op. */
export function drawCases(): Drawn[] {
  return onReference(() => [
    ...OPCODES.flatMap((opcode) => opcodeCases[opcode].map((one) => drawOpcodeCase(opcode, one))),
    ...MICRO_OPCODES.flatMap((micro) => microCases[micro].map(drawMicroCase)),
  ]);
}
