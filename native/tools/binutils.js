// Runs the programs of GNU binutils that read objects and binaries.

import { spawnSync } from "node:child_process";

/** Those of the programs that this machine lacks. */
export function missing(...programs) {
  return programs.filter((program) => spawnSync(program, ["--version"]).error !== undefined);
}

/** Standard output of a program, in English. */
export function output(program, ...args) {
  const { stdout, stderr, status, error } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 2 ** 30,
  });
  if (error !== undefined || status !== 0) throw error ?? new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}
