// Builds the executables of this folder for the scripts beside it.

import { spawnSync } from "node:child_process";
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
 * Builds with the sanitizers of that name (CMakeLists.txt), or with "none".
 *
 * @returns The folder of the executables.
 */
export function build(sanitize, { addon = false } = {}) {
  const to = join(folder, sanitize);
  const options = [`-DNG_SANITIZE=${sanitize}`, `-DNG_ADDON=${addon ? "ON" : "OFF"}`, "-DCMAKE_CXX_COMPILER=clang++"];
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
