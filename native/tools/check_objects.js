// Checks the objects node-gyp left behind for two ways a binary can fail on an older processor:
//
// - A kernel object exports a weak symbol. The linker keeps one copy of each weak symbol for everybody, and it
//   may keep the copy that was compiled for AVX-512.
// - An object uses registers wider than the instruction set it was built for: none beyond xmm outside the
//   kernels, ymm with AVX2, zmm with AVX-512.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../build/Release/obj.target", import.meta.url));

/** Registers that may not appear, by the target an object belongs to; unlisted targets have the default. */
const forbiddenRegisters = { kernels_avx2: /%zmm/, kernels_avx512: undefined };
const widerThanBase = /%[yz]mm/;

/** Standard output of a binutils program. */
function run(program, ...args) {
  const { stdout, status, error } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (error !== undefined || status !== 0) throw error ?? new Error(`${program} ${args.join(" ")}: exit ${status}`);
  return stdout;
}

/** What is wrong with one object, a message each. */
function problemsOf(object) {
  const [target] = object.split(sep);
  const path = join(root, object);
  const problems = [];
  if (target.startsWith("kernels_")) {
    // nm's letters: W and V are weak definitions, u is unique to the process.
    const weak = run("nm", "--defined-only", "--demangle", path)
      .split("\n")
      .filter((line) => /^\S+ [WVu] /.test(line));
    problems.push(...weak.map((line) => `${object}: weak symbol: ${line.split(/ [WVu] /)[1]}`));
  }
  const forbidden = target in forbiddenRegisters ? forbiddenRegisters[target] : widerThanBase;
  if (process.arch === "x64" && forbidden !== undefined) {
    const used = run("objdump", "--disassemble", "--no-show-raw-insn", path)
      .split("\n")
      .find((line) => forbidden.test(line));
    if (used !== undefined) problems.push(`${object}: register wider than its instruction set: ${used.trim()}`);
  }
  return problems;
}

const missing = ["nm", "objdump"].filter((program) => spawnSync(program, ["--version"]).error !== undefined);
if (process.platform !== "linux" || missing.length > 0) {
  console.log(`check_objects: skipped: needs binutils on Linux (missing: ${missing.join(", ") || "Linux"})`);
} else if (!existsSync(root)) {
  console.error("check_objects: no objects; run `npm run build:native` first");
  process.exitCode = 1;
} else {
  const objects = readdirSync(root, { recursive: true }).filter((file) => file.endsWith(".o"));
  const problems = objects.flatMap(problemsOf);
  for (const problem of problems) console.error(`check_objects: ${problem}`);
  if (problems.length === 0) console.log(`check_objects: ${objects.length} objects are clean`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
