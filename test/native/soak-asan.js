// Runs tests on an addon built with AddressSanitizer, UndefinedBehaviorSanitizer and leak detection:
//
//   node test/native/soak-asan.js [FILE_OR_FOLDER…]
//
// Without arguments: all of them, one process after the other, which takes an hour.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, folder, missingTools, root, run } from "./build.js";

/** The runtime of the sanitizers, which has to be loaded before anything else. */
function runtime() {
  const name = `libclang_rt.asan-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so`;
  return spawnSync("clang++", [`-print-file-name=${name}`], { encoding: "utf8" }).stdout.trim();
}

/** Where reports go: who runs a test may take no notice of what its process says in the end. */
const reports = join(folder, "reports");

function environment() {
  return {
    LD_PRELOAD: runtime(),
    NODEGRAD_BINARY: join(folder, "address", "nodegrad.node"),
    NODEGRAD_BACKEND: "native",
    ASAN_OPTIONS: `detect_leaks=1:allocator_may_return_null=1:log_path=${join(reports, "report")}`,
    LSAN_OPTIONS: `print_suppressions=0:suppressions=${join(root, "test", "native", "leaks.txt")}`,
    UBSAN_OPTIONS: "print_stacktrace=1",
  };
}

const missing = missingTools("clang++", "cmake");
if (missing.length > 0) {
  console.log(`soak-asan: skipped: not installed: ${missing.join(", ")}`);
} else {
  build("address");
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const options = ["run", "--config", "test/native/vitest.config.ts", "--maxWorkers=1", "--testTimeout=600000"];
  try {
    run(process.execPath, [vitest, ...options, ...process.argv.slice(2)], environment());
  } finally {
    for (const report of readdirSync(reports)) {
      console.error(readFileSync(join(reports, report), "utf8"));
      process.exitCode = 1;
    }
  }
}
