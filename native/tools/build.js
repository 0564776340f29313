// Builds the addon with node-gyp into build/Release; exits with node-gyp's status. Arguments go to node-gyp.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Path of node-gyp: our own where devDependencies are installed, else the one npm brings along. */
function findNodeGyp() {
  try {
    return createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  } catch {
    return process.env.npm_config_node_gyp;
  }
}

/** node-gyp downloads headers unless told where they are; a Node installed with its headers needs no network. */
function headerArguments() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, "include", "node", "common.gypi")) ? [`--nodedir=${prefix}`] : [];
}

const nodeGyp = findNodeGyp();
if (nodeGyp === undefined) {
  console.error("nodegrad: node-gyp was not found; run the build through npm or install node-gyp");
  process.exit(1);
}
const { status } = spawnSync(
  process.execPath,
  [nodeGyp, "configure", "build", "--release", "--jobs=max", ...headerArguments(), ...process.argv.slice(2)],
  { cwd: fileURLToPath(new URL("../..", import.meta.url)), stdio: "inherit" },
);
process.exit(status ?? 1);
