// Processors that this machine does not have, in qemu's user mode. qemu refuses the instructions that a processor lacks, as that
// would (SIGILL).

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "build-cross");

/** How to run Node on a processor, what the addon must choose there, and an instruction that came later. */
export const processors = {
  // The first of 64-bit Arm.
  arm64: {
    emulator: ["qemu-aarch64", "-cpu", "cortex-a53", "-L", "/usr/aarch64-linux-gnu"],
    arch: "arm64",
    target: "neon",
    lacks: ".arch armv8.2-a+dotprod\\n sdot v0.4s, v1.16b, v2.16b",
  },
  // The first of 64-bit x86, and one without AVX that many still have.
  core2duo: { emulator: ["qemu-x86_64", "-cpu", "core2duo"], arch: "x64", target: "base", lacks: "ptest %xmm0, %xmm0" },
  nehalem: {
    emulator: ["qemu-x86_64", "-cpu", "Nehalem"],
    arch: "x64",
    target: "base",
    lacks: "vpxor %xmm0, %xmm0, %xmm0",
  },
  // AVX2, no AVX-512. Without the features that qemu warns it cannot emulate.
  haswell: {
    emulator: ["qemu-x86_64", "-cpu", "Haswell,-pcid,-x2apic,-tsc-deadline,-hle,-invpcid,-rtm"],
    arch: "x64",
    target: "avx2",
    lacks: "vpxord %zmm0, %zmm0, %zmm0",
  },
};

/** The binary of nodegrad for a processor, by `npm run build:prebuilds`. */
export function addonFor(name) {
  return join(root, "prebuilds", `linux-${processors[name].arch}`, "nodegrad.node");
}

/** Node for a processor, of the version this is: this one itself, or npm's package of its binary. */
function nodeFor(arch) {
  if (arch === process.arch) return process.execPath;
  const [major] = process.versions.node.split(".");
  return join(cache, `node-${major}-${arch}`, "node_modules", `node-linux-${arch}`, "bin", "node");
}

/** Installs Node for a processor, unless it is there. */
export function installNode(name) {
  const { arch } = processors[name];
  if (existsSync(nodeFor(arch))) return;
  const [major] = process.versions.node.split(".");
  const folder = join(cache, `node-${major}-${arch}`);
  mkdirSync(folder, { recursive: true });
  // --force: the package says that it is for another processor.
  const options = ["--prefix", folder, "--force", "--no-save", "--no-package-lock", "--no-audit", "--ignore-scripts"];
  const { status } = spawnSync("npm", ["install", ...options, `node-linux-${arch}@${major}`], { stdio: "inherit" });
  if (status !== 0) console.error(`emulate: cannot install node-linux-${arch}@${major}`);
}

/** What this machine lacks to emulate a processor, for people; undefined when there is nothing. */
export function lackFor(name) {
  if (process.platform !== "linux") return "Linux";
  const { emulator, arch } = processors[name];
  if (spawnSync(emulator[0], ["--version"]).error !== undefined) return `${emulator[0]} (Debian's qemu-user)`;
  if (!existsSync(addonFor(name))) return `${addonFor(name)} (npm run build:prebuilds, with a cross compiler)`;
  if (!existsSync(nodeFor(arch))) return `Node for ${arch} (npm run try:processor -- ${name})`;
  return undefined;
}

/** A program that is called like Node and is Node on the processor; what it starts as Node is emulated too. */
export function emulatedNode(name) {
  const { emulator, arch } = processors[name];
  const path = join(cache, name, "node");
  mkdirSync(join(cache, name), { recursive: true });
  const preload = `data:text/javascript,process.execPath=${JSON.stringify(path)}`;
  writeFileSync(path, `#!/bin/sh\nexec ${emulator.join(" ")} '${nodeFor(arch)}' --import='${preload}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
