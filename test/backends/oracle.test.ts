/** Every case of every instruction and micro-op, in every layout, on every instruction set, against the reference. */

import { describe, expect, it } from "vitest";
import type { TypedArray } from "../../lib/dtype.js";
import { MICRO_OPCODES, type MicroOp, OPCODES } from "../../lib/program/opcodes.js";
import { readProgram } from "../../lib/program/reader.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { differenceOf, drawCases } from "../../lib/testing/arrangements.js";
import { microCases, opcodeCases } from "../../lib/testing/cases.js";
import { runOnReference } from "../../lib/testing/job.js";
import { runOnNative } from "./machines.js";
import { requireAddon } from "./native-addon.js";

setBackend("reference");

const cases = drawCases();
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
    expect(differenceOf(drawn, references[i] as TypedArray[], outcomes[i]?.outputs as TypedArray[])).toBeUndefined();
    expect(outcomes[i]?.steady, "the same bits for any number of threads").toBe(true);
  });
});
