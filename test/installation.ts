/** A copy of what a package has when it is installed, where tests may put binaries and break things. */

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { compileAddon, type SmallAddon, sourceOf } from "./backends/small-addons.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** How a program ended. */
export interface Result {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What binding.gyp is like, for one C file. */
const binding = `{ "targets": [{
  "target_name": "nodegrad", "sources": ["<!@(node native/tools/sources.js addon)"], "libraries": ["-Wl,-z,now"]
}] }`;

/** A package of its own in a new folder, with an addon of a few lines to build; removed after the tests of the file. */
export class Installation {
  readonly project: string;
  readonly root: string;

  constructor(name = "nodegrad-installed-") {
    this.project = mkdtempSync(join(tmpdir(), name));
    this.root = join(this.project, "node_modules", "nodegrad");
    afterAll(() => rmSync(this.project, { recursive: true, force: true }));
    for (const part of ["dist", "native/tools", "package.json"]) {
      cpSync(join(root, part), join(this.root, part), { recursive: true });
    }
    for (const name of ["commander", "cli-progress", "csv-parse", "fast-png", "jpeg-js", "ml-matrix"]) {
      symlinkSync(join(root, "node_modules", name), join(this.project, "node_modules", name));
    }
    this.write("binding.gyp", binding);
    this.write("native/sources.json", JSON.stringify({ addon: ["native/addon.c"], core: [], kernels: [] }));
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** What a build will compile. */
  writeAddon(addon: SmallAddon): void {
    this.write("native/addon.c", sourceOf(addon));
  }

  /** Puts a compiled addon in a place. */
  place(addon: SmallAddon, name: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    return compileAddon(addon, this.path(name));
  }

  /** Removes files and folders. */
  remove(...names: string[]): void {
    for (const name of names) rmSync(this.path(name), { recursive: true, force: true });
  }

  /** Runs one of the package's programs with Node. */
  run(program: string, { args = [], env = {}, node = process.execPath, uid }: RunOptions = {}): Result {
    // Neither what this test runs with nor what npm says to it.
    const inherited = Object.entries(process.env).filter(([name]) => !/^(NODEGRAD_|npm_)/i.test(name));
    return spawnSync(node, [this.path(program), ...args], {
      cwd: this.project,
      encoding: "utf8",
      env: { ...Object.fromEntries(inherited), ...env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
  }

  /** Runs something with the options of who may read the package but not write it. Nothing is forbidden to root. */
  readOnly<T>(body: (options: RunOptions) => T): T {
    chmodSync(this.project, 0o755);
    chmodSync(this.root, 0o555);
    try {
      return body(process.getuid?.() === 0 ? { uid: 65534 } : {});
    } finally {
      chmodSync(this.root, 0o755);
    }
  }

  nodegrad(args: readonly string[], options: RunOptions = {}): Result {
    return this.run("dist/cli/main.js", { ...options, args });
  }

  /** A Node without npm, headers or anything else beside it. */
  bareNode(): string {
    const path = join(mkdtempSync(join(this.project, "node-")), "bin", "node");
    mkdirSync(dirname(path));
    try {
      linkSync(process.execPath, path);
    } catch {
      copyFileSync(process.execPath, path); // On another disk.
    }
    return path;
  }

  /** A folder for PATH in which some programs are, and no others. */
  pathWith(...programs: readonly string[]): string {
    const folder = mkdtempSync(join(this.project, "bin-"));
    for (const program of programs) {
      // A python3 that is a script looks for others on the PATH.
      const [command, args] =
        program === "python3"
          ? ["python3", ["-c", "import sys; print(sys.executable)"]]
          : ["sh", ["-c", `command -v ${program}`]];
      const { stdout } = spawnSync(command as string, args as string[], { encoding: "utf8" });
      symlinkSync(stdout.trim(), join(folder, program));
    }
    return folder;
  }
}

/** Options of a run. */
export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly node?: string;
  readonly uid?: number;
}
