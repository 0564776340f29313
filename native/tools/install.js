// npm's install script: makes sure there is an addon, and never fails the install.
//
// A published package brings binaries for the common platforms; where none of them loads, and in a fresh
// checkout, the addon is built on the spot. Where that fails too, nodegrad runs on its TypeScript backend.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Whether the loader finds a working addon; a checkout that was never built has no loader yet. */
async function hasAddon() {
  try {
    const { loadAddon } = await import("../../dist/backends/native/loader.js");
    return "addon" in loadAddon();
  } catch {
    return false;
  }
}

if (!(await hasAddon())) {
  const build = fileURLToPath(new URL("build.js", import.meta.url));
  const { status } = spawnSync(process.execPath, [build], { stdio: "inherit" });
  if (status !== 0) {
    console.warn("nodegrad: the native addon could not be built; `npm run build:native` shows why");
  }
}
