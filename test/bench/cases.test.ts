import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { groups } from "../../bench/cases/index.js";
import type { Case, Contestant, Group } from "../../bench/harness/case.js";
import { COMPILED, SOURCES } from "../../bench/harness/places.js";

const LEVELS = ["limits", "overhead", "kernels", "blocks", "training", "models"];

/** What is wrong with a case. */
function problemsOf({ limit, flops, bytes, target, contestants }: Case): string[] {
  const problems = contestants.filter(isMissing).map(({ name }) => `the program of ${name} is missing`);
  if (contestants[0]?.name !== "nodegrad") problems.push("nodegrad is not the first contestant");
  if (new Set(contestants.map(({ name }) => name)).size < contestants.length) problems.push("a name appears twice");
  if (limit === "fma" && flops === undefined) problems.push("the limit needs a number of operations");
  if (limit !== undefined && limit !== "fma" && bytes === undefined) problems.push("the limit needs a number of bytes");
  if (target !== undefined && "share" in target && limit === undefined) problems.push("a share of no limit");
  return problems;
}

function isMissing(contestant: Contestant): boolean {
  if ("start" in contestant) return false;
  if ("module" in contestant) return !existsSync(fileURLToPath(new URL(`peers/${contestant.module[0]}`, COMPILED)));
  const [file] = "script" in contestant ? contestant.script : contestant.program;
  return !existsSync(fileURLToPath(new URL(`peers/${file}`, SOURCES)));
}

describe("cases", () => {
  it("stand in groups with names of their own, in the order of the levels", () => {
    const names = groups.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const order = groups.map(({ level }) => LEVELS.indexOf(level));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it.each(groups.map((group) => [group.name, group] as const))("of %s are complete", (_, group: Group) => {
    const cases = group.cases([1, 2]);
    expect(cases.length).toBeGreaterThan(0);
    const keys = cases.map(({ name, threads }) => `${name}, ${threads}`);
    expect(new Set(keys).size).toBe(keys.length);
    const problems = cases.flatMap((contest) => problemsOf(contest).map((problem) => `${contest.name}: ${problem}`));
    expect(problems).toEqual([]);
  });

  it("would be told what they lack", () => {
    const contestants: Contestant[] = [
      { name: "a", script: ["missing.py"] },
      { name: "a", program: ["missing.c"] },
    ];
    expect(problemsOf({ name: "x", threads: 1, unit: "step", limit: "fma", contestants })).toHaveLength(5);
    expect(problemsOf({ name: "x", threads: 1, unit: "step", target: { share: 1 }, contestants: [] })).toHaveLength(2);
  });
});
