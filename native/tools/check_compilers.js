// Reads every C++ source with compilers that this machine does not build with, as far as they are installed, and all
// warnings as errors: clang, which builds on macOS; clang for arm64; and MinGW, which has the headers of Windows
// and another C library, with the C++20 that newer versions of Node ask MSVC for.

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { missing } from "./binutils.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = JSON.parse(readFileSync(new URL("../sources.json", import.meta.url), "utf8"));

const warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const common = ["-fsyntax-only", "-fno-exceptions", "-fno-rtti", "-Inative", "-DNDEBUG"];
const addon = ["-DNAPI_VERSION=8", "-DNAPI_DISABLE_CPP_EXCEPTIONS"];
const headers = ["node-api-headers/include", "node-addon-api"].flatMap((path) => ["-isystem", `node_modules/${path}`]);

/** The flags of each instruction set, as binding.gyp has them. */
const instructionSets = {
  x64: {
    base: [],
    avx2: ["-mavx2", "-mfma", "-mf16c", "-mbmi2"],
    avx512: ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx2", "-mfma", "-mbmi2"],
  },
  arm64: { base: [], neon: [] },
};

const compilers = [
  { name: "clang", program: "clang++", arch: process.arch, flags: ["-std=c++17"] },
  {
    name: "clang for arm64",
    program: "clang++",
    arch: "arm64",
    flags: ["-std=c++17", "--target=aarch64-linux-gnu"],
    needs: "/usr/aarch64-linux-gnu/include",
  },
  {
    name: "MinGW",
    program: "x86_64-w64-mingw32-g++",
    arch: "x64",
    // It takes the formats of printf for those of an older C library than Node's.
    flags: ["-std=c++20", "-Wno-format", "-Wno-format-extra-args"],
  },
];

/** The command line of every source, those of kernels once for each instruction set. */
function commands({ program, arch, flags }) {
  const sets = Object.entries(instructionSets[arch]);
  const have = sets.map(([isa]) => `-DNG_HAVE_${isa.toUpperCase()}=1`);
  const all = (group, more) =>
    sources[group].map((source) => [program, [...flags, ...warnings, ...common, ...more, source]]);
  return [
    ...all("core", have),
    ...all("addon", [...addon, ...headers, ...have]),
    ...sets.flatMap(([isa, own]) => all("kernels", [`-DNG_ISA=${isa}`, `-DNG_ISA_${isa.toUpperCase()}=1`, ...own])),
  ];
}

/** What a compiler says of all sources; empty when it is content. */
async function complaints(compiler) {
  const queue = commands(compiler);
  const found = [];
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [program, args] = next;
      await promisify(execFile)(program, args, { cwd: root }).catch((error) =>
        found.push(error.stderr || String(error)),
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return found;
}

for (const compiler of compilers) {
  const { name, program, arch, needs } = compiler;
  const lacking = [...missing(program), ...(needs === undefined || existsSync(needs) ? [] : [needs])];
  if (!(arch in instructionSets) || lacking.length > 0) {
    console.log(`check_compilers: ${name}: skipped: ${lacking.join(", ") || arch} is not there`);
    continue;
  }
  const found = await complaints(compiler);
  for (const complaint of found) console.error(`check_compilers: ${name}: ${complaint}`);
  if (found.length > 0) process.exitCode = 1;
  else console.log(`check_compilers: ${name}: no complaints about ${commands(compiler).length} files`);
}
