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

const { weakSymbols, foreignInstructions } = (await import(join(root, "native/tools/check_objects.js"))) as {
  weakSymbols(object: string): string[];
  foreignInstructions(addon: string): string[];
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

describe.skipIf(process.platform !== "linux" || !hasTools)("check_objects (needs g++ and binutils on Linux)", () => {
  it("finds what the linker would share among the kernels of all instruction sets", () => {
    const code = `namespace ng { namespace avx2 {
      inline int shared(int x) { static int calls; return calls += x; }
      static int own(int x) { return x + 1; }
      int kernel(int x) { return shared(own(x)); }
    } }`;
    expect(weakSymbols(compile("kernels_avx2.o", code, "-O0", "-c")).sort()).toEqual([
      "weak symbol: ng::avx2::shared(int)",
      "weak symbol: ng::avx2::shared(int)::calls",
    ]);
    expect(weakSymbols(compile("kernels_base.o", code.replace("inline", "static"), "-O0", "-c"))).toEqual([]);
  });

  it.runIf(process.arch === "x64")(
    "finds instructions that a processor may lack, in functions that run on all of them",
    () => {
      const code = `#include <immintrin.h>
      #define NEEDS(isa) __attribute__((target(isa), noinline))
      NEEDS("avx") float scalar(float a, float b) { return a * b; }
      NEEDS("avx2") __m256i wide(__m256i a) { return _mm256_add_epi32(a, a); }
      NEEDS("avx512f") __m512 wider(__m512 a) { return _mm512_add_ps(a, a); }
      NEEDS("sse4.1") __m128 rounded(__m128 a) { return _mm_round_ps(a, 0); }
      NEEDS("bmi2") unsigned bits(unsigned a, unsigned b) { return _bzhi_u32(a, b); }
      float plain(float a, float b) { return __builtin_sqrtf(a * b); }
      namespace ng {
      namespace avx2 {
      NEEDS("avx2,fma") __m256 kernel(__m256 a) { return _mm256_fmadd_ps(a, a, a); }
      namespace { NEEDS("avx512vl") __m256i masked(__m256i a) { return _mm256_maskz_abs_epi32(5, a); } }
      __m256i call(const __m256i* a) { return masked(*a); }
      }
      namespace avx512 { NEEDS("avx512f") __m512 kernel(__m512 a) { return _mm512_add_ps(a, a); } }
      }`;
      const library = compile("foreign.so", code, "-O1", "-shared", "-fPIC", "-Wno-psabi");
      const found = foreignInstructions(library).map((problem) => problem.split(" uses: ")[0]);
      expect(found.sort()).toEqual([
        "_Z4bitsjj",
        "_Z4wideDv4_x",
        "_Z5widerDv16_f",
        "_Z6scalarff",
        "_Z7roundedDv4_f",
        "_ZN2ng4avx212_GLOBAL__N_16maskedEDv4_x",
      ]);
    },
  );
});
