/** The programs of platforms: Node.js, package managers and other runtimes, from npm's registry. */

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Platform } from "./platforms.js";

/** Programs by their names on PATH. */
export type Programs = ReadonlyMap<string, string>;

/** What is installed in a folder. */
export class Tools {
  readonly #folder: string;
  readonly #installed = new Map<string, Promise<string>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Programs of a platform. */
  async programsOf({ tools }: Platform): Promise<Programs> {
    const programs = new Map(tools.length === 0 ? hostPrograms() : []);
    for (const [spec, folder = ".bin"] of tools) {
      const path = join(await this.install(spec), folder);
      for (const name of readdirSync(path)) programs.set(name, join(path, name));
    }
    return programs;
  }

  /** Installs a package of the registry in a folder of its own, once. @returns The folder node_modules. */
  install(spec: string): Promise<string> {
    const known = this.#installed.get(spec);
    if (known !== undefined) return known;
    const folder = join(this.#folder, spec.replaceAll(/\W/g, "-"));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), "{}");
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    const installed = promisify(execFile)("npm", ["install", spec, ...flags], { cwd: folder });
    const path = installed.then(() => join(folder, "node_modules"));
    this.#installed.set(spec, path);
    return path;
  }

  /** Where package managers and compilers keep things for another time, as variables; npm's cache is the user's own. */
  get caches(): Readonly<Record<string, string>> {
    const variables = ["XDG_DATA_HOME", "YARN_CACHE_FOLDER", "YARN_GLOBAL_FOLDER", "BUN_INSTALL_CACHE_DIR", "DENO_DIR"];
    const folders = [...variables, "CCACHE_DIR"].map((name) => [name, join(this.#folder, "caches", name)] as const);
    // Projects lie in different folders; what they compile does not depend on it.
    return { ...Object.fromEntries(folders), CCACHE_NOHASHDIR: "1" };
  }
}

/** Node.js as it runs this, and the npm on PATH. */
function* hostPrograms(): Iterable<[string, string]> {
  yield ["node", process.execPath];
  for (const name of ["npm", "npx"]) {
    const path = findProgram(name);
    if (path === undefined) throw new Error(`${name} is not on PATH`);
    yield [name, realpathSync(path)];
  }
}

/** Path of a program that this process finds on PATH. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH as string).split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
