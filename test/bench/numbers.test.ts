/** The numbers that contestants compute with are the same in every language. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { agree, checkOf, numbers } from "../../bench/harness/numbers.js";
import { SOURCES } from "../../bench/harness/places.js";

const PEERS = fileURLToPath(new URL("peers/", SOURCES));
const SIZE = 10_000;
const SEED = 7;

/** What a contestant that results in the numbers answers to `check`, or undefined where it cannot be run. */
function askedFor(command: string, args: readonly string[]): ReturnType<typeof checkOf> | undefined {
  const { error, status, stdout } = spawnSync(command, args, { input: "check\n", encoding: "utf8", cwd: PEERS });
  if (error !== undefined || status !== 0) return undefined;
  const [sum = Number.NaN, norm = Number.NaN] = stdout.trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
  return { sum, norm };
}

const own = checkOf(numbers(SIZE, SEED));

it("are spread evenly between -0.5 and 0.5", () => {
  const values = numbers(SIZE, SEED);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.5);
  expect(Math.max(...values)).toBeLessThan(0.5);
  // The mean of the squares is 1/12, give or take 5 standard deviations of it, √(1/180 / SIZE).
  expect(Math.abs(own.norm ** 2 / SIZE - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / SIZE));
  expect(agree(own, checkOf(numbers(SIZE, SEED + 1)))).toBe(false);
});

it("are the same in Python", ({ skip }) => {
  const code = `from protocol import numbers, serve\nserve("1", lambda: numbers([${SIZE}], ${SEED}), lambda x: x)`;
  const check = askedFor("/usr/bin/python3", ["-B", "-c", code]);
  if (check === undefined) skip("Python or numpy is not installed");
  expect(check?.sum).toBeCloseTo(own.sum, 6); // of 10,000 products below 1/4, each rounded to 53 bits, in any order
  expect(check?.norm).toBeCloseTo(own.norm, 6);
});

it("are the same in C", ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), "nodegrad-test-"));
  const binary = join(folder, "numbers");
  const source = `#include "protocol.h"
    static void work(void* state) { (void)state; }
    int main(void) { return serve("1", work, NULL, (struct Result){numbers(${SIZE}, ${SEED}), ${SIZE}}); }`;
  try {
    const args = ["-x", "c", "-I", PEERS, "-o", binary, "-", "-lm"];
    if (spawnSync("cc", args, { input: source }).status !== 0) skip("there is no C compiler");
    const check = askedFor(binary, []);
    expect(check?.sum).toBeCloseTo(own.sum, 5); // printed with nine digits
    expect(check?.norm).toBeCloseTo(own.norm, 5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
