/** Where and of what results were measured. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { info } from "nodegrad";
import { ROOT } from "./places.js";

/** The machine, and what runs on it. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  /** Of nodegrad. */
  readonly version: string;
  /** Of a checkout: as git describes it, with `-dirty` where it has changes. */
  readonly commit: string | undefined;
  /** Instruction set of nodegrad's kernels. */
  readonly target: string;
}

export function describeMachine(): Machine {
  const { version, target } = info();
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown processor",
    processors: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    version,
    commit: describeCommit(),
    target,
  };
}

/** `nodegrad 0.1.0 (1a2b3c4, avx512), Node.js 20.20.2, linux-x64, Processor, 2 processors, 8 GiB`. */
export function formatMachine(machine: Machine): string {
  const { version, commit, target, node, platform, processor, processors, memoryGiB } = machine;
  const details = commit === undefined ? target : `${commit}, ${target}`;
  return [
    `nodegrad ${version} (${details})`,
    `Node.js ${node}`,
    platform,
    processor,
    `${processors} ${processors === 1 ? "processor" : "processors"}`,
    `${memoryGiB} GiB`,
  ].join(", ");
}

/** Undefined in an installed package, which may lie in somebody else's checkout. */
function describeCommit(): string | undefined {
  if (!existsSync(new URL(".git", ROOT))) return undefined;
  try {
    const args = ["-C", fileURLToPath(ROOT), "describe", "--always", "--dirty", "--abbrev=10"];
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
