/** `nodegrad build`: builds the native addon on the spot, in this installation. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Command } from "commander";
import { PACKAGE_ROOT } from "../backends/native/index.js";
import { BackendError } from "../index.js";

/** Scripts that the package brings with its sources; they work before any TypeScript is built. */
const tools = pathToFileURL(join(PACKAGE_ROOT, "native", "tools/"));

/** What native/tools/toolchain.js finds out. */
export interface Toolchain {
  findNodeGyp(): string | undefined;
  findHeaders(): string | undefined;
  missingTools(): string[];
  howToInstall(): string;
  npmVersion(): string | undefined;
}

/** What a build takes, and whether it is there. */
export function loadToolchain(): Promise<Toolchain> {
  return import(new URL("toolchain.js", tools).href);
}

/** Adds the command. */
export function addBuildCommand(program: Command): void {
  program
    .command("build")
    .description("build the native addon here, where no binary that came along works; takes a C++ compiler")
    .option("--verbose", "show all that the compiler says")
    .action(build);
}

/** node-gyp is a program for Node, whatever runs this one. */
const node = process.versions.bun || process.versions.deno ? "node" : process.execPath;

async function build({ verbose }: { readonly verbose?: boolean }): Promise<void> {
  const script = fileURLToPath(new URL("build.js", tools));
  const child = spawn(node, [script, ...(verbose ? ["--verbose"] : [])], { stdio: "inherit" });
  const [code] = await once(child, "exit").catch((error) => {
    throw new BackendError(`build: node-gyp needs Node.js, which cannot be started: ${error.message}`);
  });
  process.exitCode = code === 0 ? 0 : 1;
}
