/** The ways to install nodegrad, and what must come of each. */

import type { Platform } from "./platforms.js";

/** One way to install. */
export interface Mode {
  readonly name: string;
  /** Whether the tarball brings a binary for this platform. */
  readonly tarball: "with a binary" | "without a binary";
  /** Whether PATH has a compiler. */
  readonly compiler: boolean;
  /** Whether install scripts are allowed, where the package manager does not block them anyway. */
  readonly scripts: boolean;
  /** What follows: the same installation again, into an empty node_modules by what the lockfile says, or `nodegrad build`. */
  readonly next?: "lockfile" | "build";
  /** Whether it is tried wherever the tests run, on the Node.js that runs them. */
  readonly always: boolean;
}

const [yes, no] = [true, false];
const [binary, source] = ["with a binary", "without a binary"] as const;

/** Every way. */
export const modes: readonly Mode[] = [
  { name: "compiler, twice", tarball: binary, compiler: yes, scripts: yes, next: "lockfile", always: no },
  { name: "no compiler, twice", tarball: binary, compiler: no, scripts: yes, next: "lockfile", always: yes },
  { name: "--ignore-scripts", tarball: binary, compiler: yes, scripts: no, always: yes },
  { name: "compiler", tarball: source, compiler: yes, scripts: yes, always: yes },
  { name: "compiler, twice", tarball: source, compiler: yes, scripts: yes, next: "lockfile", always: no },
  { name: "no compiler, twice", tarball: source, compiler: no, scripts: yes, next: "lockfile", always: yes },
  { name: "--ignore-scripts", tarball: source, compiler: yes, scripts: no, always: yes },
  { name: "nodegrad build", tarball: source, compiler: yes, scripts: no, next: "build", always: no },
];

/** The machine that runs Programs after an installation: native with a binary or where one can be built, and never none. */
export function outcomeOf({ tarball, compiler, scripts }: Mode, { manager }: Platform): "native" | "reference" {
  return tarball === binary || (compiler && scripts && manager.runsScripts) ? "native" : "reference";
}

/** Whether somebody on a platform can install so. */
export function isPossible({ next }: Mode, { manager }: Platform): boolean {
  return next !== "build" || manager.exec !== undefined;
}
