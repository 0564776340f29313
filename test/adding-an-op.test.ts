/** docs/adding-an-op.md says that forgetting one of the four places of an op fails the build. Here each is forgotten. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const builds = ["lib", "packages", "test", "native", "package.json", "tsconfig.json", "tsconfig.test.json"];
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "nodegrad-op-"));
  for (const name of builds) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
});

afterAll(() => rmSync(copy, { recursive: true }));

/** What a build step prints when a line is missing from a file of the copy, which is then mended; "" if it passes. */
function without(file: string, line: RegExp, command: string, args: readonly string[]): string {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  const kept = text.split("\n").filter((candidate) => !line.test(candidate));
  expect(kept.length, `lines of ${file} that match ${line}`).toBe(text.split("\n").length - 1);
  writeFileSync(path, kept.join("\n"));
  try {
    execFileSync(command, args, { cwd: copy, encoding: "utf8", stdio: "pipe" });
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  } finally {
    writeFileSync(path, text);
  }
}

const types = [join(root, "node_modules/typescript/bin/tsc"), "-p"];

function hasCompiler(): boolean {
  try {
    execFileSync("g++", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("an op without", () => {
  it("its reference kernel does not compile", () => {
    const errors = without("lib/backends/reference/micro-ops.ts", /^ {2}expm1: /, process.execPath, [
      ...types,
      "tsconfig.json",
      "--noEmit",
    ]);
    expect(errors).toMatch(/Property 'expm1' is missing/);
  }, 120_000);

  it("its test cases does not compile", () => {
    const errors = without("lib/testing/micro-cases.ts", /^ {2}expm1: /, process.execPath, [
      ...types,
      "tsconfig.test.json",
    ]);
    expect(errors).toMatch(/Property 'expm1' is missing/);
  }, 120_000);

  it("its declaration does not compile", () => {
    const errors = without("lib/ops/elementwise.ts", /^const expm1Op = /, process.execPath, [
      ...types,
      "tsconfig.json",
      "--noEmit",
    ]);
    expect(errors).toMatch(/Cannot find name 'expm1Op'/);
  }, 120_000);

  it("a public function for its micro-op does not compile", () => {
    const errors = without("test/ops/micro-ops.test.ts", /^ {2}expm1: /, process.execPath, [
      ...types,
      "tsconfig.test.json",
    ]);
    expect(errors).toMatch(/Property 'expm1' is missing/);
  }, 120_000);

  it.skipIf(!hasCompiler())(
    "its native kernel does not compile (needs g++)",
    () => {
      const errors = without("native/kernels/map.cc", /^ {4}case kExpm1: return kFloatUnary/, "g++", [
        "-std=c++17",
        "-fsyntax-only",
        "-Wall",
        "-Werror=switch",
        "-DNG_ISA=base",
        "-DNG_ISA_BASE=1",
        "native/kernels/map.cc",
      ]);
      expect(errors).toMatch(/enumeration value .*kExpm1.* not handled/);
    },
    120_000,
  );
});
