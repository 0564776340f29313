/** The package as it would be published, in two tarballs: one with a binary for this platform, one without any. */

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { platformName } from "../../lib/backends/native/candidates.js";

/** The root of this checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The package to be published, unpacked, to be changed and packed. */
export class Package {
  readonly #folder = mkdtempSync(join(tmpdir(), "nodegrad-package-"));

  /** Copies what `npm pack` would take of this checkout, but for binaries. It is removed after the tests of the file. */
  constructor() {
    afterAll(() => rmSync(this.#folder, { recursive: true }), 600_000);
    const [{ files }] = npm(root, "pack", "--dry-run") as [{ files: { path: string }[] }];
    for (const { path } of files) {
      if (path.startsWith("prebuilds/")) continue;
      mkdirSync(dirname(this.path(path)), { recursive: true });
      cpSync(join(root, path), this.path(path));
    }
  }

  /** A path in the package. */
  path(...names: string[]): string {
    return join(this.#folder, "package", ...names);
  }

  /** Adds the binary of this platform: that of `npm run build:prebuilds` if it has been made, else this checkout's. */
  addBinary(): this {
    const path = [BINARY, "build/Release/nodegrad.node"].map((file) => join(root, file)).find(existsSync);
    if (path === undefined) throw new Error("no binary to pack: run `npm run build` first");
    cpSync(path, this.path(BINARY));
    return this;
  }

  /** Changes the manifest. */
  change(fields: object): this {
    const manifest = JSON.parse(readFileSync(this.path("package.json"), "utf8"));
    writeFileSync(this.path("package.json"), JSON.stringify({ ...manifest, ...fields }));
    return this;
  }

  /** Packs it as it is now. @returns The path of the tarball, which has the name that is given. */
  pack(name: string): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder);
    const [{ filename }] = npm(this.path(), "pack", "--pack-destination", folder) as [{ filename: string }];
    return join(folder, filename);
  }
}

/** Where a package has the binary of this platform. */
const BINARY = join("prebuilds", platformName(), "nodegrad.node");

/** What npm says in JSON. It runs no script, for those of the package would build. */
function npm(folder: string, ...args: string[]): unknown {
  const flags = ["--ignore-scripts", "--json", "--loglevel=silent"];
  return JSON.parse(execFileSync("npm", [...args, ...flags], { cwd: folder, encoding: "utf8" }));
}
