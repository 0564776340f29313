// Builds the binaries that the package brings along: `npm run build:prebuilds [-- TARGET…]` writes
// prebuilds/TARGET/nodegrad.node, a target being `<platform>-<arch>`, on musl `<platform>-<arch>-musl`. Without targets it
// builds those that this machine can: its own, and the other processors of Linux that it has a cross compiler for.
//
// By node-gyp, not CMake: it is what builds from source on a user's machine, it needs nothing that such a build does not
// need, and it knows the addons of Windows and macOS. A binary is the system's own business, so a target of another system is
// built there (.github/workflows); of another processor, here.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { platformName } from "../../dist/backends/native/candidates.js";
import { missing } from "./binutils.js";
import { checkBinary } from "./check_binary.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the GNU tools for other processors begin with. */
const toolPrefixes = { arm64: "aarch64-linux-gnu-", x64: "x86_64-linux-gnu-" };

/** Processors that this machine can build for, its own first. */
function buildableArchs() {
  if (process.platform !== "linux") return [process.arch];
  const others = Object.keys(toolPrefixes).filter((arch) => arch !== process.arch);
  return [process.arch, ...others.filter((arch) => missing(`${toolPrefixes[arch]}g++`).length === 0)];
}

/** Runs a program; its failure is ours. */
function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
  if (error !== undefined || status !== 0) throw new Error(`${program} failed: ${error?.message ?? `exit ${status}`}`);
}

/** A folder for node-gyp to build in for another processor: build/ is this one's. It has links to the sources. */
function crossFolder(target) {
  const folder = join(root, "build-cross", target);
  mkdirSync(folder, { recursive: true });
  for (const name of ["binding.gyp", "native", "node_modules", "package.json"]) {
    if (!existsSync(join(folder, name))) symlinkSync(join("..", "..", name), join(folder, name));
  }
  return folder;
}

/** Builds for one processor and returns the path of the prebuilt binary. */
function prebuild(arch) {
  const target = platformName(arch);
  const isCross = arch !== process.arch;
  const prefix = isCross && process.platform === "linux" ? toolPrefixes[arch] : "";
  const tools = { CC: `${prefix}gcc`, CXX: `${prefix}g++`, AR: `${prefix}ar` };
  const folder = isCross ? crossFolder(target) : root;
  const build = fileURLToPath(new URL("build.js", import.meta.url));
  run(process.execPath, [build, `--directory=${folder}`, `--arch=${arch}`], prefix === "" ? {} : tools);

  const binary = join(root, "prebuilds", target, "nodegrad.node");
  mkdirSync(join(root, "prebuilds", target), { recursive: true });
  // Made aside: a process that has the old one loaded would crash if that were overwritten.
  const made = `${binary}.new`;
  copyFileSync(join(folder, "build", "Release", "nodegrad.node"), made);
  // Symbols that only a debugger would read. Windows keeps them in a file of its own.
  if (process.platform !== "win32") run(`${prefix}strip`, process.platform === "darwin" ? ["-x", made] : [made]);
  renameSync(made, binary);
  return binary;
}

const buildable = buildableArchs();
const wanted = process.argv.slice(2);
const names = buildable.map((arch) => platformName(arch));
const unknown = wanted.filter((target) => !names.includes(target));
if (unknown.length > 0) {
  console.error(`prebuild: cannot build ${unknown.join(", ")} on this machine, only ${names.join(", ")}`);
  process.exit(1);
}
for (const arch of buildable) {
  const target = platformName(arch);
  if (wanted.length > 0 && !wanted.includes(target)) continue;
  const binary = prebuild(arch);
  const { problems, summary } = checkBinary(binary, arch);
  for (const problem of problems) console.error(`prebuild: ${target}: ${problem}`);
  console.log(`prebuild: ${target}: ${Math.round(statSync(binary).size / 1000)} kB, ${summary}`);
  if (problems.length > 0) process.exitCode = 1;
}
