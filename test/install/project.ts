/** A project of somebody who uses nodegrad. */

import { execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import { type Ending, endingOf } from "../cli/support.js";
import { host, type Platform, type Words } from "./platforms.js";
import { findProgram, Tools } from "./tools.js";

/** What a project is like. */
export interface ProjectOptions {
  /** Where it is (default: the Node.js that runs this). */
  readonly platform?: Platform;
  /** Whether PATH has what it has here, a compiler above all (default), or only the platform and a shell. */
  readonly compiler?: boolean;
  /** Name of its folder (default "project"). */
  readonly name?: string;
}

/** Projects in a temporary folder; everything is removed after the tests of the file. */
export class Projects {
  readonly #folder = mkdtempSync(join(tmpdir(), "nodegrad-install-"));
  readonly #tools = new Tools(join(this.#folder, "tools"));
  #count = 0;

  constructor() {
    chmodSync(this.#folder, 0o755);
    afterAll(() => {
      execFileSync("chmod", ["-R", "u+w", this.#folder]);
      rmSync(this.#folder, { recursive: true });
    }, 600_000);
  }

  /** An empty project, with `programs/` of this folder in it. */
  async create({ platform = host, compiler = true, name = "project" }: ProjectOptions = {}): Promise<Project> {
    const folder = join(this.#folder, String(this.#count++));
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    symlinkSync("/bin/sh", join(bin, "sh"));
    for (const [command, path] of await this.#tools.programsOf(platform)) symlinkSync(path, join(bin, command));
    if (compiler && cache !== undefined) for (const command of ["gcc", "g++"]) symlinkSync(cache, join(bin, command));
    const PATH = [bin, ...(compiler ? systemFolders() : [])].join(delimiter);
    const env = { ...cleanEnvironment(), ...this.#tools.caches, PATH };
    const project = new Project(platform, { cwd: join(folder, name), env });
    project.begin({ private: true });
    return project;
  }
}

/** The program ccache, where it is installed: under a compiler's name it calls that, unless it has seen the same file before. */
const cache = findProgram("ccache");

/** PATH without what npm has put there for the script that runs this. */
function systemFolders(): string[] {
  return (process.env.PATH as string).split(delimiter).filter((folder) => !folder.includes("node_modules"));
}

/** The environment without what this process was told, but for the way to the registry. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(NODEGRAD_|VITEST|NODE_(OPTIONS|ENV|CHANNEL_)|npm_(?!config_(registry|cache|userconfig)$))/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/** A folder with a manifest, and commands that are run in it. */
export class Project {
  readonly #platform: Platform;
  /** What commands are run with. */
  readonly #options: SpawnOptions & { readonly cwd: string };

  constructor(platform: Platform, options: SpawnOptions & { readonly cwd: string }) {
    this.#platform = platform;
    this.#options = options;
  }

  path(...names: string[]): string {
    return join(this.#options.cwd, ...names);
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  /** Makes it a package of its own: an empty one with this manifest, and the programs of tests. */
  begin(manifest: object): void {
    this.write("package.json", JSON.stringify(manifest));
    cpSync(fileURLToPath(new URL("programs", import.meta.url)), this.path(), { recursive: true });
  }

  /** A folder in it, for the same user. */
  in(folder: string): Project {
    return new Project(this.#platform, { ...this.#options, cwd: this.path(folder) });
  }

  /** The project as it is to somebody who may write nothing there; from then on, nobody but root may. */
  readOnly(): Project {
    execFileSync("chmod", ["-R", "a+rX,a-w", this.path()]);
    const nobody = 65534;
    return process.getuid?.() === 0
      ? new Project(this.#platform, { ...this.#options, uid: nobody, gid: nobody })
      : this;
  }

  /** Runs a command as somebody would type it in this folder. */
  run(...[command, ...args]: Words): Promise<Ending> {
    return endingOf(spawn(command, args, { ...this.#options, stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** Runs a command that must end well. */
  async succeed(...words: Words): Promise<Ending> {
    const ending = await this.run(...words);
    expect(ending.code, `${words.join(" ")}\n${ending.stdout}${ending.stderr}`).toBe(0);
    return ending;
  }

  /** Adds a package, or installs what the manifest says if none is named. */
  async add(...words: string[]): Promise<void> {
    await this.succeed(...this.#platform.manager.add, ...words);
  }

  /** Installs again what the lockfile says. */
  async addAgain(...options: string[]): Promise<void> {
    // Yarn has a file instead of the folder.
    for (const name of ["node_modules", ".pnp.cjs"]) rmSync(this.path(name), { recursive: true, force: true });
    await this.succeed(...this.#platform.manager.again, ...options);
  }

  /**
   * Runs a program that computes what `programs/compute.cjs` does: right values on the backend that is named, and nothing
   * else on the terminal but, on "reference", one warning of the fallback. @returns The warning.
   */
  async computes(backend: "native" | "reference", program: string): Promise<string> {
    const { stdout, stderr } = await this.succeed(...this.#platform.start, program);
    expect(JSON.parse(stdout), program).toEqual({ backend, ...VALUES });
    if (backend === "native") expect(stderr, program).toBe("");
    else expect(stderr.match(/NODEGRAD_FALLBACK|[Ww]arning:/g), stderr).toEqual(["NODEGRAD_FALLBACK", "Warning:"]);
    return stderr;
  }

  /** The same by `import` and by `require`. */
  async computesEitherWay(backend: "native" | "reference"): Promise<void> {
    for (const program of ["import.mjs", "require.cjs"]) await this.computes(backend, program);
  }
}

/** What the program computes. */
const VALUES = {
  product: [
    [19, 22],
    [43, 50],
  ],
  loss: 5,
  gradient: [2, 4],
  weights: [0.5, 1],
  sum: 256 ** 3,
};
