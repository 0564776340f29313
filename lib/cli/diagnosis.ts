/** What `nodegrad doctor` finds out about the native addon. */

import { spawnSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import {
  candidates,
  cgroupQuota,
  defaultThreads,
  glibcVersion,
  type LoadFault,
  PREBUILT_PLATFORMS,
  platformName,
} from "../backends/native/index.js";
import type { Probe } from "../backends/native/probe.js";
import type { Toolchain } from "./build.js";

/** A place where a binary may lie, and what is wrong with the one there. */
export interface Candidate {
  readonly path: string;
  /** Undefined where it works. */
  readonly fault?: LoadFault | "crash";
  readonly message?: string;
}

/** Which binary is used, and how it computes. */
export interface Binaries {
  /** Whether the native backend works in this installation. */
  readonly works: boolean;
  /** Every place, in the order in which they are tried. */
  readonly candidates: readonly Candidate[];
  /** The binary that is used. */
  readonly binary?: string;
  /** The instruction set that it computes with. */
  readonly target?: string;
  /** The instruction sets that this machine can run, best first, and whether each computes the right thing. */
  readonly selfTests: Readonly<Record<string, boolean>>;
}

/** Where all this happens. */
export interface Surroundings {
  readonly runtime: string;
  readonly npm?: string;
  /** As folders of prebuilds/ are named. */
  readonly platform: string;
  /** Whether a published package brings a binary for it. */
  readonly prebuilt: boolean;
  readonly libc: string;
  readonly processor: string;
  readonly processors: number;
  /** Processors' worth of time that Linux allows this container. */
  readonly quota?: number;
  /** Threads that are used unless told otherwise. */
  readonly threads: number;
  /** The variables of the environment that nodegrad reads. */
  readonly environment: Readonly<Record<string, string>>;
  /** What is missing to build the addon. */
  readonly missingTools: readonly string[];
}

const probeProgram = fileURLToPath(new URL("../backends/native/probe.js", import.meta.url));

/** Tries binaries in processes of their own: one may crash. */
function probe(path: string, target?: string): Candidate & Pick<Probe, "target" | "targets"> {
  const env = target === undefined ? process.env : { ...process.env, NODEGRAD_TARGET: target };
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, [probeProgram, path], {
    encoding: "utf8",
    env,
  });
  try {
    const { errors, ...found } = JSON.parse(stdout) as Probe;
    if (signal === null) return { path, ...found, ...errors[0] };
  } catch {
    // It ended before it could say anything.
  }
  const lastWords = stderr.trim().split("\n").at(-1);
  const message = `it crashes: ${signal ?? `exit code ${status}`}${lastWords ? ` (${lastWords})` : ""}`;
  return { path, fault: "crash", message };
}

/** Tries every place, and every instruction set of the binary that is used. */
export function tryBinaries(paths: readonly string[] = candidates()): Binaries {
  const probes = paths.map((path) => probe(path));
  const tried = probes.map(({ target, targets, ...candidate }) => candidate);
  // Programs get no further than to one that crashes.
  const used = probes.find(({ fault }) => fault === undefined || fault === "crash");
  if (used === undefined || used.fault === "crash") return { works: false, candidates: tried, selfTests: {} };
  const { path, target, targets = [] } = used;
  const selfTests = Object.fromEntries(targets.map((name) => [name, probe(path, name).fault === undefined]));
  return { works: true, candidates: tried, binary: path, ...(target && { target }), selfTests };
}

/** Reads what there is to know about this machine and this process. */
export function surroundings(toolchain: Toolchain): Surroundings {
  const { platform, versions, env } = process;
  const other = (["bun", "deno"] as const).find((name) => versions[name] !== undefined);
  const npm = toolchain.npmVersion();
  const quota = cgroupQuota();
  const glibc = platform === "linux" ? glibcVersion() : undefined;
  const named = Object.entries(env).filter(([name]) => name.startsWith("NODEGRAD_"));
  return {
    runtime: other ? `${other} ${versions[other]}` : `node ${versions.node}`,
    ...(npm && { npm }),
    platform: platformName(),
    prebuilt: PREBUILT_PLATFORMS.includes(platformName()),
    libc: platform === "linux" ? (glibc ? `glibc ${glibc}` : "musl") : "the system's",
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors: availableParallelism(),
    ...(Number.isFinite(quota) && { quota }),
    threads: defaultThreads(),
    environment: Object.fromEntries(named) as Record<string, string>,
    missingTools: toolchain.missingTools(),
  };
}
