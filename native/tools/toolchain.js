// What a build of the addon takes: node-gyp, the headers of Node, Python, make and a C++ compiler.

import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const isWindows = process.platform === "win32";

/** The file that `path` leads to, or undefined where there is none. */
function fileAt(path) {
  return path && existsSync(path) ? realpathSync(path) : undefined;
}

/** Places where npm's own program may be: what runs this process, beside this Node, on the PATH. */
function* npmPrograms() {
  const bin = dirname(process.execPath);
  yield process.env.npm_execpath;
  yield join(bin, isWindows ? "" : "../lib", "node_modules/npm/bin/npm-cli.js");
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    yield isWindows ? join(folder, "node_modules/npm/bin/npm-cli.js") : join(folder, "npm");
  }
}

/** The first place from which node-gyp is found as npm finds its own. */
function nodeGypOfNpm() {
  for (const place of npmPrograms()) {
    const program = fileAt(place);
    if (program === undefined) continue;
    try {
      return createRequire(program).resolve("node-gyp/bin/node-gyp.js");
    } catch {
      // Another package manager, or npm without node-gyp.
    }
  }
  return undefined;
}

/** Any other node-gyp in reach, such as that of the project this package is installed in: the last choice, it may be old. */
function nodeGypInReach() {
  try {
    return createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  } catch {
    return undefined;
  }
}

/** Path of node-gyp: our own in a checkout, else the one that npm brings along; undefined where there is none. */
export function findNodeGyp() {
  return (
    fileAt(join(root, "node_modules/node-gyp/bin/node-gyp.js")) ??
    fileAt(process.env.npm_config_node_gyp) ??
    nodeGypOfNpm() ??
    nodeGypInReach()
  );
}

/** The folder with the headers of this Node, where it is installed with them; else node-gyp downloads them. */
export function findHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return existsSync(join(prefix, "include/node/common.gypi")) ? prefix : undefined;
}

/** Whether a program can be started; `command` is a path, which may have spaces, or may have arguments: `ccache g++`. */
function runs(command) {
  const [program, ...args] = existsSync(command) ? [command] : command.split(" ");
  return spawnSync(program, [...args, "--version"], { stdio: "ignore" }).status === 0;
}

/** Programs that a build takes: what they are, and the commands that would do. node-gyp looks for the same ones. */
function programs() {
  const { env, platform } = process;
  const pythons = [env.NODE_GYP_FORCE_PYTHON, env.npm_config_python, env.PYTHON, "python3", "python"];
  const compiler = platform === "darwin" ? "clang++" : "g++";
  return [
    ["Python 3", pythons],
    ["make", [env.MAKE, env.npm_config_make, /bsd$/.test(platform) ? "gmake" : "make"]],
    ["a C++17 compiler", [env.CXX_target ?? env.CXX ?? compiler]],
  ];
}

/**
 * What is missing to build the addon, in words; empty where nothing is. On Windows node-gyp itself looks for Visual
 * Studio, which no command tells of.
 */
export function missingTools() {
  const missing = findNodeGyp() === undefined ? ["node-gyp"] : [];
  if (isWindows) return missing;
  for (const [name, commands] of programs()) {
    if (!commands.some((command) => command && runs(command))) missing.push(name);
  }
  return missing;
}

/** How what a build takes is installed here. */
export function howToInstall() {
  if (process.platform === "darwin") return "xcode-select --install";
  if (isWindows) return "Visual Studio 2022 with “Desktop development with C++”, and Python 3";
  const managers = [
    ["apt-get", "apt-get install -y python3 make g++"],
    ["apk", "apk add python3 make g++"],
    ["dnf", "dnf install -y python3 make gcc-c++"],
    ["pacman", "pacman -S --needed python make gcc"],
    ["zypper", "zypper install -y python3 make gcc-c++"],
  ];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const known = managers.find(([program]) => folders.some((folder) => existsSync(join(folder, program))));
  return known?.[1] ?? "Python 3, make and a C++17 compiler, by your system's package manager";
}

/** Version of npm, where there is one. */
export function npmVersion() {
  for (const place of npmPrograms()) {
    const program = fileAt(place);
    if (program === undefined) continue;
    try {
      const { name, version } = createRequire(program)("../package.json");
      if (name === "npm") return version;
    } catch {
      // Another package manager.
    }
  }
  return undefined;
}
