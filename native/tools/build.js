// Builds the addon with node-gyp into build/Release, and tries it. Exit code 0 where it is built; else the last lines
// say what to do. `--verbose` shows all that node-gyp says; other arguments go to node-gyp.

import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findHeaders, findNodeGyp, howToInstall, missingTools } from "./toolchain.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const verbose = process.argv.includes("--verbose");
const gypArguments = process.argv.slice(2).filter((argument) => argument !== "--verbose");

/** What is given to an option of node-gyp. */
function given(option) {
  return gypArguments.find((argument) => argument.startsWith(`${option}=`))?.slice(option.length + 1);
}

const folder = given("--directory") ?? root;
const arch = given("--arch") ?? process.arch;
const binary = join(folder, "build", "Release", "nodegrad.node");

/** Ends with what is wrong and how it is mended. */
function fail(problem, ...advice) {
  console.error([`nodegrad: the addon is not built: ${problem}`, ...advice].join("\n"));
  process.exit(1);
}

/** Why nothing needs to be tried, or undefined. */
function obstacle() {
  const missing = missingTools();
  if (missing.includes("node-gyp")) {
    return [
      "node-gyp was not found: it comes with npm",
      "Install npm, or node-gyp beside nodegrad: npm install node-gyp",
    ];
  }
  if (missing.length > 0) return [`${missing.join(" and ")} not found`, `Install with: ${howToInstall()}`];
  try {
    accessSync(root, constants.W_OK);
  } catch {
    return [
      `the folder cannot be written: ${root}`,
      "Build as its owner, or set NODEGRAD_BINARY to an addon built elsewhere",
    ];
  }
  return undefined;
}

/** Sources that the compiler will be given: those of the kernels once per instruction set. */
function countSources() {
  const { addon, core, kernels } = JSON.parse(readFileSync(join(root, "native/sources.json"), "utf8"));
  const sets = { x64: 3, arm64: 2 }[arch] ?? 1;
  return addon.length + core.length + sets * kernels.length;
}

/** Shows how far the compiler is: on a terminal in place, else at each quarter. */
function createProgress(total) {
  let [done, told] = [0, 0];
  return (text) => {
    done += text.match(/\.(?:o|cc)\r?$/gm)?.length ?? 0;
    const quarter = Math.min(4, Math.floor((4 * done) / total));
    if (process.stderr.isTTY) process.stderr.write(`\rcompiling ${Math.min(done, total)} of ${total}`);
    else if (quarter > told) console.error(`compiling: ${25 * quarter} %`);
    told = quarter;
  };
}

/** Runs node-gyp; resolves with its exit code and what it wrote, unless that is shown as it comes. */
function runNodeGyp(onOutput) {
  const nodedir = process.env.npm_config_nodedir ?? findHeaders();
  const headers = nodedir ? [`--nodedir=${nodedir}`] : [];
  const args = ["configure", "build", "--release", "--jobs=max", ...headers, ...gypArguments];
  // binding.gyp runs node to find its sources, by that name.
  const PATH = [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
  const child = spawn(process.execPath, [findNodeGyp(), ...args], {
    cwd: root,
    env: { ...process.env, PATH },
    stdio: ["ignore", ...(verbose ? ["inherit", "inherit"] : ["pipe", "pipe"])],
  });
  return new Promise((resolve) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
        onOutput(text);
      });
    }
    child.on("error", ({ message }) => resolve({ status: 1, output: message }));
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** The lines that tell why node-gyp failed: from the first error on, or the last ones. */
function essence(output) {
  const lines = output.trimEnd().split("\n");
  const first = lines.findIndex((line) => /error[: ]|ERR!/i.test(line));
  return (first < 0 ? lines.slice(-20) : lines.slice(first, first + 20)).join("\n");
}

/** Tries what was built for this machine; TypeScript may not be built yet, which is no fault of the addon. */
function tryBinary() {
  const probe = join(root, "dist/backends/native/probe.js");
  if (!existsSync(probe) || arch !== process.arch) return;
  const { status, signal, stdout } = spawnSync(process.execPath, [probe, binary], { encoding: "utf8" });
  if (status === 0) return;
  fail(`it does not work: ${signal ?? JSON.parse(stdout).errors[0].message}`, "npx nodegrad doctor tells more");
}

const found = obstacle();
if (found !== undefined) fail(...found);
const started = Date.now();
const { status, output } = await runNodeGyp(createProgress(countSources()));
if (process.stderr.isTTY && !verbose) process.stderr.write("\r\x1b[K"); // The line of the progress.
if (status !== 0) {
  if (/E(CONN|NOTFOUND|TIMEDOUT|AI_AGAIN|NETUNREACH|HOSTUNREACH)|fetch failed|downloading/.test(output)) {
    const remedy = "Where a Node has its include/node, name that folder: npm_config_nodedir=/usr npx nodegrad build";
    fail("the headers of Node could not be downloaded", essence(output), remedy);
  }
  fail(`node-gyp failed (exit code ${status})`, essence(output), "npx nodegrad build --verbose shows everything");
}
tryBinary();
console.log(`nodegrad: built ${binary} in ${Math.round((Date.now() - started) / 1000)} s`);
