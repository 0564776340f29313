// Fuzzes the engine with libFuzzer:
//
//   node test/native/fuzz.js [SECONDS]
//
// Each target runs so long (default 600) from what is kept in test/native/fuzz/corpus; what it finds new stays in
// build-sanitized/corpus. An input that makes it fail lies in build-sanitized/failures in the end.

import { build, fuzz, missingTools, targets } from "./build.js";

const missing = missingTools("clang++", "cmake");
if (missing.length > 0) {
  console.log(`fuzz: skipped: not installed: ${missing.join(", ")}`);
} else {
  const executables = build("address");
  const seconds = process.argv[2] ?? "600";
  for (const target of targets) fuzz(executables, target, `-max_total_time=${seconds}`, "-print_final_stats=1");
}
