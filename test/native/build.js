// Builds the executables of this folder for the scripts beside it.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where builds and recordings lie. */
export const folder = join(root, "build-sanitized");

/** Which of these programs are not installed; clang++ is not without what it links to sanitize and fuzz. */
export function missingTools(...tools) {
  return tools.filter((tool) => {
    if (tool !== "clang++") return spawnSync(tool, ["--version"]).error !== undefined;
    const input = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }';
    const options = ["-fsanitize=fuzzer,address", "-x", "c++", "-", "-o", "/dev/null"];
    return spawnSync("clang++", options, { input }).status !== 0;
  });
}

/** Runs a program, its output to ours; throws unless it succeeds. */
export function run(program, args, env = {}) {
  const started = performance.now();
  const { status, signal, error } = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ended with ${signal ?? status}`);
  return (performance.now() - started) / 1000;
}

/**
 * Builds with the sanitizers of that name (CMakeLists.txt), or with "none"; the addon with those that Node can be run with.
 *
 * @returns The folder of the executables.
 */
export function build(sanitize) {
  const to = join(folder, sanitize);
  const options = [
    `-DNG_SANITIZE=${sanitize}`,
    `-DNG_ADDON=${sanitize === "address" ? "ON" : "OFF"}`,
    "-DCMAKE_CXX_COMPILER=clang++",
  ];
  run("cmake", ["-S", root, "-B", to, ...options, "--log-level=WARNING"]);
  const seconds = run("cmake", ["--build", to, "--parallel", String(availableParallelism()), "--", "--quiet"]);
  console.log(`built with ${sanitize} sanitizers in ${seconds.toFixed()} s`);
  return join(to, "test", "native");
}

/** Records what the executables run; see record.js. */
export function record(bytes) {
  run(process.execPath, [join(root, "test", "native", "record.js"), folder, String(bytes)]);
  return { cases: join(folder, "cases"), programs: join(folder, "programs") };
}

/** The targets of libFuzzer in fuzz/. */
export const targets = ["program", "micro"];

/** What no input may exceed: milliseconds and a few megabytes are what they take. */
const limits = ["-max_len=4096", "-timeout=25", "-malloc_limit_mb=1024", "-rss_limit_mb=3072"];

/** Fuzzes a target from what is kept of it in fuzz/corpus. What is new goes to the build's folder. */
export function fuzz(executables, target, ...options) {
  const found = join(folder, "corpus", target);
  const failures = join(folder, "failures", target);
  for (const path of [found, failures]) mkdirSync(path, { recursive: true });
  const kept = join(root, "test", "native", "fuzz", "corpus", target);
  run(
    join(executables, `fuzz_${target}`),
    [...limits, ...options, "-verbosity=0", `-artifact_prefix=${failures}/`, found, kept],
    { ASAN_OPTIONS: "quarantine_size_mb=32" },
  );
}
