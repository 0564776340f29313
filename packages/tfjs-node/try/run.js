// Tries the package as users have it: packs nodegrad and this package, installs both from their tarballs beside libraries that
// require @tensorflow/tfjs-node by name, with the overrides of the README, and runs a program for each. Needs the network.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "nodegrad-try-"));

/** Runs npm, as this process was: a script of npm on the same Node.js. */
function npm(folder, ...args) {
  const run = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath, ...args]] : ["npm", args];
  return execFileSync(...run, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** Packs a package into the project. @returns What a manifest there calls it. */
function pack(folder) {
  const [{ filename }] = JSON.parse(npm(folder, "pack", "--json", "--ignore-scripts", "--pack-destination", project));
  return `file:${filename}`;
}

const programs = ["danfojs.cjs", "face-api.cjs", "module.mjs"];
try {
  const manifest = {
    private: true,
    dependencies: {
      nodegrad: pack(root),
      "@tensorflow/tfjs-node": pack(join(root, "packages/tfjs-node")),
      "danfojs-node": "1.2.0",
      "@vladmandic/face-api": "1.7.15",
    },
    overrides: {
      nodegrad: "$nodegrad",
      "@tensorflow/tfjs-node": "$@tensorflow/tfjs-node",
      // danfojs-node has it from a place of its own, which is not always there.
      xlsx: "0.18.5",
    },
  };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest, null, 2));
  npm(project, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
  console.log(npm(project, "ls", "@tensorflow/tfjs-node").trim());
  // The addon is that of this checkout: packing does not build.
  const env = { ...process.env, NODEGRAD_BINARY: join(root, "build/Release/nodegrad.node") };
  for (const program of programs) {
    copyFileSync(join(here, program), join(project, program));
    console.log(`== ${program}`);
    execFileSync(process.execPath, [program], { cwd: project, env, stdio: "inherit" });
  }
  const { version } = JSON.parse(
    readFileSync(join(project, "node_modules/@tensorflow/tfjs-node/package.json"), "utf8"),
  );
  console.log(`all ran on nodegrad-tfjs-node ${version}`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
