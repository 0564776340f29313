/** The build files that node-gyp would write on Windows and macOS, where this repository's own tests seldom run. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const nodeGyp = join(root, "node_modules", "node-gyp");
const prefix = dirname(dirname(process.execPath));
const nodeSettings = join(prefix, "include", "node", "common.gypi");
const hasTools = spawnSync("python3", ["--version"]).error === undefined && existsSync(nodeSettings);
const sources = JSON.parse(readFileSync(join(root, "native", "sources.json"), "utf8"));

const folder = mkdtempSync(join(tmpdir(), "nodegrad-gyp-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs gyp as node-gyp does; returns the text of one of the files written. */
function generate(os: "win" | "mac", arch: "x64" | "arm64"): (name: string) => string {
  const place = join(folder, `${os}-${arch}`);
  mkdirSync(place, { recursive: true });
  for (const name of ["binding.gyp", "native", "node_modules", "package.json"])
    symlinkSync(join(root, name), join(place, name));
  // What node-gyp makes of `process.config`, in the notation of Python.
  const variables = { ...process.config.variables, target_arch: arch, standalone_static_library: 1, clang: 0 };
  const config = { ...process.config, variables };
  const literal = (_: string, value: unknown) => (typeof value === "boolean" ? String(value) : value);
  writeFileSync(join(place, "config.gypi"), JSON.stringify(config, literal));
  const includes = ["config.gypi", join(nodeGyp, "addon.gypi"), nodeSettings].flatMap((file) => ["-I", file]);
  const defines = [
    ["OS", os],
    ["library", "shared_library"],
    ["visibility", "default"],
    ["node_root_dir", prefix],
    ["node_gyp_dir", nodeGyp],
    ["node_lib_file", "node.lib"],
    ["module_root_dir", place],
    ["node_engine", "v8"],
  ].map(([name, value]) => `-D${name}=${value}`);
  const format = os === "win" ? "msvs" : "xcode";
  const { status, stderr, stdout } = spawnSync(
    "python3",
    [join(nodeGyp, "gyp", "gyp_main.py"), "binding.gyp", "-f", format, ...includes, ...defines].concat([
      "--depth=.",
      "--no-parallel",
      "--generator-output=build",
      "-Goutput_dir=.",
    ]),
    { cwd: place, encoding: "utf8" },
  );
  expect(status, stdout + stderr).toBe(0);
  return (name) => readFileSync(join(place, "build", name), "utf8");
}

/** The sources of nodegrad that a project of Visual Studio names, sorted. */
function sourcesOf(project: string): string[] {
  const paths = Array.from(project.matchAll(/RelativePath="([^"]+\.cc)"/g), ([, path]) => path as string);
  return paths.map((path) => path.replaceAll("\\", "/").replace(/^(\.\.\/)+/, "")).sort();
}

/** The options for the compiler of a project of Visual Studio: of its first configuration, they do not differ. */
function optionsOf(project: string): string[] {
  return /AdditionalOptions="([^"]+)" [^>]*Name="VCCLCompilerTool"/.exec(project)?.[1]?.split(" ") ?? [];
}

/** The C++ flags of the release of each target of an Xcode project. */
function flagsOf(project: string): Map<string, string[]> {
  const configurations = project.matchAll(/buildSettings = \{(.*?)\n\t\t\t\};\n\t\t\tname = Release;/gs);
  const flags = new Map<string, string[]>();
  for (const [, settings = ""] of configurations) {
    const name = /PRODUCT_NAME = (\w+);/.exec(settings)?.[1];
    const list = /OTHER_CPLUSPLUSFLAGS = \((.*?)\);/s.exec(settings)?.[1];
    if (name !== undefined && list !== undefined)
      flags.set(
        name,
        Array.from(list.matchAll(/"([^"]+)"/g), ([, flag]) => flag as string),
      );
  }
  return flags;
}

describe.skipIf(!hasTools)("build files (needs python3 and the headers of Node)", () => {
  it("of Windows build the kernels once for each instruction set, and nothing else for more than every x64 has", () => {
    const file = generate("win", "x64");
    const addon = file("nodegrad.vcproj");
    expect(sourcesOf(addon)).toEqual(expect.arrayContaining([...sources.addon, ...sources.core].sort()));
    expect(addon).toContain("NG_HAVE_AVX512=1");
    for (const [isa, arch] of [
      ["base", undefined],
      ["avx2", "/arch:AVX2"],
      ["avx512", "/arch:AVX512"],
    ] as const) {
      const kernels = file(`kernels_${isa}.vcproj`);
      expect(sourcesOf(kernels)).toEqual([...sources.kernels].sort());
      expect(kernels).toContain(`NG_ISA=${isa}&quot;`);
      expect(optionsOf(kernels).filter((option) => option.startsWith("/arch"))).toEqual(
        arch === undefined ? [] : [arch],
      );
    }
    expect(optionsOf(addon)).toEqual(expect.arrayContaining(["/std:c++17", "/O2", "/utf-8", "/fp:contract"]));
    // Flags of gcc and clang, which MSVC warns of one by one.
    expect(optionsOf(addon).filter((option) => /^-(?!std:)|^\/arch/.test(option))).toEqual([]);
  });

  it("of Windows on arm64 build the kernels for NEON", () => {
    const file = generate("win", "arm64");
    expect(file("nodegrad.vcproj")).toContain("NG_HAVE_NEON=1");
    expect(sourcesOf(file("kernels_neon.vcproj"))).toEqual([...sources.kernels].sort());
    expect(file("binding.sln")).not.toMatch(/avx/);
  });

  it.each(["x64", "arm64"] as const)("of macOS on %s have the flags of Linux, and run on macOS 11", (arch) => {
    const project = generate("mac", arch)("binding.xcodeproj/project.pbxproj");
    const flags = flagsOf(project);
    const sets = arch === "x64" ? ["base", "avx2", "avx512"] : ["base", "neon"];
    expect([...flags.keys()].sort()).toEqual([...sets.map((isa) => `kernels_${isa}`), "nodegrad"].sort());
    for (const [name, list] of flags) {
      expect(list).toEqual(
        expect.arrayContaining(["-std=c++17", "-O3", "-fno-exceptions", "-fno-rtti", "-ffp-contract=fast"]),
      );
      const wide = list.filter((flag) => flag.startsWith("-m"));
      expect(wide[0], name).toBe({ kernels_avx2: "-mavx2", kernels_avx512: "-mavx512f" }[name]);
    }
    expect(new Set(project.match(/MACOSX_DEPLOYMENT_TARGET = .*;/g))).toEqual(
      new Set(["MACOSX_DEPLOYMENT_TARGET = 11.0;"]),
    );
    expect(project).toContain("-undefined dynamic_lookup");
    expect(project).not.toMatch(/static-libstdc|version-script/);
  });
});
