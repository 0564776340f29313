// Runs tests on a processor that this machine does not have, in qemu's user mode: `npm run try:processor -- PROCESSOR [ARGUMENT…]`,
// the arguments being vitest's. vitest itself runs here; the processes that it starts for test files, and those that tests
// start, are emulated. qemu refuses the instructions that a processor lacks, as that would (SIGILL).

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCLI, startVitest } from "vitest/node";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "build-cross");

/** How to run Node on a processor, and the binary of nodegrad to try there. */
const processors = {
  // The first of 64-bit Arm, with nothing that came later.
  arm64: { emulator: ["qemu-aarch64", "-cpu", "cortex-a53", "-L", "/usr/aarch64-linux-gnu"], arch: "arm64" },
  // The first of 64-bit x86, and one without AVX that many still have.
  core2duo: { emulator: ["qemu-x86_64", "-cpu", "core2duo"], arch: "x64" },
  nehalem: { emulator: ["qemu-x86_64", "-cpu", "Nehalem"], arch: "x64" },
  // AVX2, no AVX-512. Without the features that qemu warns it cannot emulate.
  haswell: {
    emulator: ["qemu-x86_64", "-cpu", "Haswell,-pcid,-x2apic,-tsc-deadline,-hle,-invpcid,-rtm"],
    arch: "x64",
  },
};

/** Node for the processor, of the version this is: this one itself, or npm's package of its binary. */
function nodeFor(arch) {
  if (arch === process.arch) return process.execPath;
  const [major] = process.versions.node.split(".");
  const folder = join(cache, `node-${major}-${arch}`);
  const name = `node-linux-${arch}`;
  const binary = join(folder, "node_modules", name, "bin", "node");
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    // --force: the package says that it is for another processor.
    const options = ["--prefix", folder, "--force", "--no-save", "--no-package-lock", "--no-audit", "--ignore-scripts"];
    const { status } = spawnSync("npm", ["install", ...options, `${name}@${major}`], { stdio: "inherit" });
    if (status !== 0) throw new Error(`emulate: cannot install ${name}@${major}`);
  }
  return binary;
}

/** A program that is called like Node and is Node on the processor; what it starts as Node is emulated too. */
function emulatedNode(name, { emulator, arch }) {
  const path = join(cache, name, "node");
  mkdirSync(join(cache, name), { recursive: true });
  const preload = `data:text/javascript,process.execPath=${JSON.stringify(path)}`;
  writeFileSync(path, `#!/bin/sh\nexec ${emulator.join(" ")} '${nodeFor(arch)}' --import='${preload}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

const [name, ...given] = process.argv.slice(2);
const processor = processors[name];
if (process.platform !== "linux" || processor === undefined) {
  console.error(`emulate: expected one of ${Object.keys(processors).join(", ")}, on Linux: ${name ?? "nothing"}`);
  process.exit(1);
}
const [program] = processor.emulator;
if (spawnSync(program, ["--version"]).error !== undefined) {
  console.log(`emulate: skipped: ${program} is not installed (Debian has it in qemu-user)`);
  process.exit();
}
const addon = join(root, "prebuilds", `linux-${processor.arch}`, "nodegrad.node");
if (!existsSync(addon)) {
  console.log(`emulate: skipped: ${addon} is missing; \`npm run build:prebuilds\` builds it where there is a compiler`);
  process.exit();
}

// vitest starts its processes by this path.
process.execPath = emulatedNode(name, processor);
process.env.NODEGRAD_BACKEND = "native";
process.env.NODEGRAD_BINARY = addon;
const { filter, options } = parseCLI(["vitest", "run", ...given]);
// Emulated code takes some twenty times as long.
await startVitest("test", filter, { testTimeout: 1_200_000, hookTimeout: 1_200_000, ...options });
