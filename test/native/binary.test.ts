/** What the tools of native/ say of binaries and objects that are right, and of some made wrong on purpose. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { loadAddon } from "../../lib/backends/native/loader.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { checkBinary } = (await import(join(root, "native/tools/check_binary.js"))) as {
  checkBinary(path: string, arch: string): { problems: string[]; summary: string };
};

const hasTools = ["g++", "readelf"].every((tool) => spawnSync(tool, ["--version"]).error === undefined);
const folder = mkdtempSync(join(tmpdir(), "nodegrad-binary-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiles C++ and returns the path of the result. */
function compile(name: string, code: string, ...flags: string[]): string {
  const source = join(folder, `${name}.cc`);
  writeFileSync(source, code);
  const { status, stderr } = spawnSync("g++", [source, "-o", join(folder, name), ...flags], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return join(folder, name);
}

describe.skipIf(process.platform !== "linux" || !hasTools)("check_binary (needs g++ and binutils on Linux)", () => {
  it("finds nothing wrong with the addon, which asks for the C library alone", () => {
    const result = loadAddon();
    if (!("path" in result)) return expect.fail("no addon");
    const { problems, summary } = checkBinary(result.path, process.arch);
    expect(problems).toEqual([]);
    expect(summary).toContain("libc.");
  });

  it("finds a foreign processor, a library that may be missing, and symbols too many and too few", () => {
    const code = `extern "C" int node_api_module_get_api_version_v1() { return 8; } int shared() { return 1; }`;
    const library = compile("wrong.so", code, "-shared", "-fPIC", "-Wl,--no-as-needed", "-lstdc++");
    const other = process.arch === "arm64" ? "x64" : "arm64";
    const { problems } = checkBinary(library, other);
    expect(problems).toContain("needs libstdc++.so.6, which a system may lack");
    expect(problems).toContain("exports _Z6sharedv");
    expect(problems).toContain("does not export napi_register_module_v1");
    expect(problems).not.toContain("does not export node_api_module_get_api_version_v1");
    expect(problems.some((problem) => problem.startsWith("built for "))).toBe(true);
  });
});
