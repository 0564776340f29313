// Checks what the builds left behind (node-gyp's, CMake's, those for other processors) for the two ways in which a
// binary can fail on an older processor although it chooses its kernels well:
//
// - A kernel object defines a weak symbol. The linker keeps one copy of each weak symbol for everybody, and it may
//   keep the one that was compiled for AVX-512.
// - A function of the addon uses instructions that its processor may lack: those of ng::avx2 may use AVX2,
//   those of ng::avx512 all, and any other only what every x86-64 has.

import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { missing, output } from "./binutils.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The weak symbols that an object defines, a message each. */
export function weakSymbols(object) {
  // Number, value, size, type, bind, visibility, section, name. UNIQUE is weak across libraries too.
  const symbols = output("readelf", "--wide", "--syms", "--demangle", object);
  const weak = symbols.matchAll(/^ +\d+: +\w+ +\w+ +\w+ +(?:WEAK|UNIQUE) +\w+ +\d+ (.+)$/gm);
  return Array.from(weak, ([, name]) => `weak symbol: ${name}`);
}

/** Instructions that came after SSE2, by their names: AVX and all since, BMI, and SSE3 to SSE4.2. */
const laterInstruction = new RegExp(
  [
    "^v(?!err|erw)",
    "^(andn|bextr|bls(i|r|msk)|bzhi|mulx|pdep|pext|rorx|sarx|sh[lr]x|lzcnt|popcnt|movbe|crc32|ad[co]x)[lq]?$",
    "^(addsubp|h(add|sub)p|movddup|movs[hl]dup|lddqu|pshufb|palignr|ph(add|sub)|pabs|psign|pmaddub|pmulhrs)",
    "^(p?blend|dpp|mpsad|insertps|extractps|round[sp]|pmov[sz]x|ptest|pm(in|ax)(sb|sd|uw|ud)|pmul(ld|dq)|packusdw)",
    "^(pcmp(eqq|gtq|[ei]str)|phminpos|p(insr|extr)[bdq]|movntdqa|aes|pclmul|sha\\d)",
  ].join("|"),
);

/** Registers that came with AVX-512. */
const laterRegister = /%(zmm|[xy]mm(1[6-9]|2\d|3[01])|k[0-7])/;

/** A line of a disassembly; what stands before an instruction's name changes what it does, not who has it. */
const instructionLine = /^ +\w+:\t((?:(?:data16|[c-g]s|bnd|notrack|lock|rep\w*|rex\S*) )*(\w+).*)$/;

/** The functions of an x86-64 addon that use an instruction their processor may lack, a message each with the first. */
export function foreignInstructions(addon) {
  const problems = new Map();
  let name = "";
  let isForeign = laterInstruction;
  for (const line of output("objdump", "--disassemble", "--no-show-raw-insn", addon).split("\n")) {
    const start = /^\w+ <(.+)>:$/.exec(line);
    if (start !== null) {
      name = start[1];
      const [, avx2, avx512] = /^_ZZ?NK?2ng(?:(4avx2)|(6avx512))/.exec(name) ?? [];
      isForeign = avx512 ? undefined : avx2 ? laterRegister : laterInstruction;
    }
    const [, instruction, mnemonic] = instructionLine.exec(line) ?? [];
    if (instruction === undefined || isForeign === undefined || problems.has(name)) continue;
    if (isForeign.test(isForeign === laterRegister ? instruction : mnemonic)) problems.set(name, instruction.trim());
  }
  return Array.from(problems, ([name, instruction]) => `${name} uses: ${instruction}`);
}

/** Files below a folder whose names end so. */
function filesIn(folder, ending) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(ending));
  return files.map((file) => join(folder, file));
}

/** Folders that a build leaves its objects and the addon in. */
function builds() {
  const crossed = join(root, "build-cross");
  const folders = existsSync(crossed) ? readdirSync(crossed).map((target) => join(crossed, target, "build")) : [];
  return [join(root, "build"), join(root, "build-cmake"), ...folders].filter((folder) => existsSync(folder));
}

/** Checks all there is to check in one build; returns a message for each mistake. */
function problemsOfBuild(folder) {
  const kernels = filesIn(folder, ".o").filter((file) => /[/\\]kernels_\w+/.test(file));
  const addon = join(folder, "Release", "nodegrad.node");
  if (kernels.length === 0 || !existsSync(addon)) return [`${folder}: no objects; build it first`];
  const named = (path) => (problem) => `${relative(root, path)}: ${problem}`;
  const problems = kernels.flatMap((kernel) => weakSymbols(kernel).map(named(kernel)));
  const isX64 = /Machine: .*X86-64/.test(output("readelf", "--wide", "--file-header", addon));
  if (isX64) problems.push(...foreignInstructions(addon).map(named(addon)));
  const instructions = isX64 ? " and the instructions of the addon" : "";
  if (problems.length === 0) {
    console.log(`check_objects: ${relative(root, folder)}: ${kernels.length} kernel objects${instructions} are clean`);
  }
  return problems;
}

function main() {
  const lacking = process.platform === "linux" ? missing("readelf", "objdump") : ["Linux"];
  if (lacking.length > 0) {
    console.log(`check_objects: skipped: needs binutils on Linux (missing: ${lacking.join(", ")})`);
    return;
  }
  const folders = builds();
  const problems = folders.flatMap(problemsOfBuild);
  if (folders.length === 0) problems.push("no objects; run `npm run build:native` first");
  for (const problem of problems) console.error(`check_objects: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
