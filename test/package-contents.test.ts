/** What npm packs: nothing that users do not need, within a budget. Built by `npm run build`. */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { PREBUILT_PLATFORMS } from "../lib/backends/native/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a package may take, in kB; docs/installing.md states the same. */
const BUDGET = { packed: 1000, unpacked: 3400, packedBinary: 900, binary: 2000, all: 8200 };

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** What `npm pack` would put into the tarball of a folder. */
function pack(folder: string): Packed {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: process.platform === "win32",
  });
  // npm 12 gives an object by name, older ones an array.
  const [packed] = Object.values(JSON.parse(output)) as [Packed];
  return packed;
}

const packed = pack(root);
const paths = packed.files.map(({ path }) => path);
const binaries = packed.files.filter(({ path }) => path.startsWith("prebuilds/"));

/** Names at the top of a package. */
function topOf(paths: readonly string[]): string[] {
  return [...new Set(paths.map((path) => path.split("/")[0] as string))].sort();
}

/** Files that no user needs: tests, sources in TypeScript, maps, logs, and what builds and editors leave. */
const needless = [
  /(^|\/)(tests?|build|build-\w+|coverage|node_modules|corpus|fuzz)\//,
  /\.(test|spec)\./,
  /(?<!\.d)\.[cm]?tsx?$/,
  /\.(log|jsonl|tgz|tar|zip|o|a|so|obj|lib|pdb|tsbuildinfo|orig|rej|swp|pyc|html)$/,
  /\.(js|ts|css)\.map$/,
  /(^|\/)\./,
];

const needlessIn = (paths: readonly string[]) => paths.filter((path) => needless.some((pattern) => pattern.test(path)));

describe("the package", () => {
  it("has these files and folders at its top, and no others", () => {
    expect(topOf(paths.filter((path) => !path.startsWith("prebuilds/")))).toEqual([
      "CHANGELOG.md",
      "CMakeLists.txt",
      "LICENSE",
      "README.md",
      "bench",
      "binding.gyp",
      "dist",
      "native",
      "package.json",
    ]);
  });

  it("has nothing that users do not need", () => {
    expect(needlessIn(paths)).toEqual([]);
    const examples = [
      "dist/a.js.map",
      "lib/a.ts",
      "native/test/a.cc",
      "npm-debug.log",
      "build/Release/a.node",
      ".npmrc",
    ];
    expect(needlessIn([...examples, "dist/a.d.ts", "dist/testing/a.js"])).toEqual(examples);
  });

  it("has what its entries, its commands, its install script and its benchmarks are made of", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const sources = JSON.parse(readFileSync(join(root, "native/sources.json"), "utf8"));
    const targets = Object.values<string | Record<string, string>>(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const needed = [
      ...targets.map((target) => target.replace("./", "")),
      manifest.bin.nodegrad,
      "dist/backends/native/probe.js",
      ...["install.js", "build.js", "toolchain.js", "sources.js"].map((name) => `native/tools/${name}`),
      ...["native/sources.json", "native/exports.map"],
      ...(Object.values(sources) as string[][]).flat(),
      ...readdirSync(join(root, "bench", "limits"))
        .filter((name) => /\.[ch]$/.test(name))
        .map((name) => `bench/limits/${name}`),
      ...["bench/peers/protocol.py", "bench/report/style.css"],
    ];
    expect(needed.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it("has binaries of known platforms only", () => {
    const allowed = PREBUILT_PLATFORMS.map((platform) => `prebuilds/${platform}/nodegrad.node`);
    expect(binaries.map(({ path }) => path).filter((path) => !allowed.includes(path))).toEqual([]);
  });

  it.runIf(process.env.NODEGRAD_ALL_PREBUILDS)("has a binary for every known platform (NODEGRAD_ALL_PREBUILDS)", () => {
    expect(binaries).toHaveLength(PREBUILT_PLATFORMS.length);
    expect(packed.size).toBeLessThan(1000 * BUDGET.all);
  });
});

describe("the size of the package", () => {
  it("is within the budget without binaries", () => {
    const packedBinaries = binaries.map(({ path }) => gzipSync(readFileSync(join(root, path)), { level: 9 }).length);
    const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
    expect(packed.unpackedSize - sum(binaries.map(({ size }) => size))).toBeLessThan(1000 * BUDGET.unpacked);
    expect(packed.size - sum(packedBinaries)).toBeLessThan(1000 * BUDGET.packed);
    for (const [index, { path, size }] of binaries.entries()) {
      expect(size, path).toBeLessThan(1000 * BUDGET.binary);
      expect(packedBinaries[index], path).toBeLessThan(1000 * BUDGET.packedBinary);
    }
  });

  it("is within the budget of docs/installing.md", () => {
    const text = readFileSync(join(root, "docs/installing.md"), "utf8").replaceAll(/\s+/g, " ");
    const kB = (size: number) => `${size.toLocaleString("en-US")} kB`;
    expect(text).toContain(`${kB(BUDGET.packed)} packed and ${kB(BUDGET.unpacked)} unpacked without binaries`);
    expect(text).toContain(`${kB(BUDGET.packedBinary)} packed and ${kB(BUDGET.binary)} unpacked for each binary`);
    expect(text).toContain(`${kB(BUDGET.all)} packed with all of them`);
    expect(BUDGET.all).toBe(BUDGET.packed + PREBUILT_PLATFORMS.length * BUDGET.packedBinary);
  });
});

describe("nodegrad-tfjs-node", () => {
  it("packs its compiled files and what describes them", () => {
    const { files, size } = pack(join(root, "packages", "tfjs-node"));
    const paths = files.map(({ path }) => path);
    expect(topOf(paths)).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
    expect(needlessIn(paths)).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(["dist/index.js", "dist/index.d.ts"]));
    expect(size).toBeLessThan(60_000);
  });

  it("is the version that nodegrad is, and wants it", () => {
    const [{ version }, theirs] = ["package.json", "packages/tfjs-node/package.json"].map((path) =>
      JSON.parse(readFileSync(join(root, path), "utf8")),
    );
    expect(theirs.version).toBe(version);
    expect(theirs.dependencies.nodegrad).toBe(`^${version}`);
    expect(existsSync(join(root, "packages/tfjs-node/LICENSE"))).toBe(true);
  });
});
