// npm's install script: makes sure there is an addon, and never fails the install.
//
// A published package brings binaries for the common platforms; where none of them loads, and in a fresh
// checkout, the addon is built on the spot. Where that fails too, nodegrad runs on its TypeScript backend.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Runs a program of ours to its end; whether it went well. It may even crash. */
function run(path, stdio) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(path, import.meta.url))], { stdio });
  return status === 0;
}

// A checkout that was never built has no probe yet, nor an addon.
const isThere = run("../../dist/backends/native/probe.js", "ignore");
if (!isThere && !run("build.js", "inherit")) {
  console.warn("nodegrad: installed without its addon: computing will be slow. `npx nodegrad build` builds it");
}
