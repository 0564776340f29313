// Fuzzes the engine with libFuzzer:
//
//   node test/native/fuzz.js [SECONDS]
//
// Each target runs so long (default 600) from what is kept in test/native/fuzz/corpus; what it finds new stays in
// build-sanitized/corpus. An input that makes it fail lies in build-sanitized/failures in the end.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build, folder, missingTools, root, run } from "./build.js";

const targets = ["program", "micro"];

/** What no input may exceed: milliseconds and a few megabytes are what they take. */
const limits = ["-max_len=4096", "-timeout=25", "-malloc_limit_mb=1024", "-rss_limit_mb=3072"];

const missing = missingTools("clang++", "cmake");
if (missing.length > 0) {
  console.log(`fuzz: skipped: not installed: ${missing.join(", ")}`);
} else {
  const seconds = process.argv[2] ?? "600";
  const executables = build("address");
  const failures = join(folder, "failures");
  mkdirSync(failures, { recursive: true });
  for (const target of targets) {
    const found = join(folder, "corpus", target);
    mkdirSync(found, { recursive: true });
    run(
      join(executables, `fuzz_${target}`),
      [
        ...limits,
        `-max_total_time=${seconds}`,
        `-artifact_prefix=${failures}/`,
        "-print_final_stats=1",
        "-verbosity=0",
        found,
        join(root, "test", "native", "fuzz", "corpus", target),
      ],
      { ASAN_OPTIONS: "quarantine_size_mb=32" },
    );
  }
}
