// Runs the engine without Node under sanitizers, as continuous integration does:
//
//   node test/native/check.js [address] [thread] [memcheck]
//
// address: every recorded case under AddressSanitizer and UndefinedBehaviorSanitizer, with memory that runs out, and what
// fuzzers have found before; then the tests that concern the addon most on a sanitized one, leaks included;
// thread: training steps and several environments at once under ThreadSanitizer; memcheck: training steps under valgrind,
// which also finds values that were never written. Our threads are our own (native/threads), so ThreadSanitizer needs no
// help to understand them.

import { join } from "node:path";
import { build, fuzz, missingTools, record, root, run, targets } from "./build.js";

/** Cases with operands and results of at most so many bytes: four in five of all. */
const CASE_BYTES = 400_000;
/** How long several environments run at once. */
const STRESS_SECONDS = 10;

/** Tests of what the addon keeps, lends and frees. */
const ADDON_TESTS = ["test/backends/native.test.ts", "test/backends/native-packed.test.ts"];

const checks = {
  address({ cases, programs }) {
    const executables = build("address");
    run(join(executables, "run_recordings"), [cases, programs]);
    for (const target of targets) fuzz(executables, target, "-runs=3000", "-seed=1");
    run(join(executables, "fail_allocations"), [programs]);
    run(join(executables, "stress_threads"), [String(STRESS_SECONDS / 2), programs]);
    run(process.execPath, [join(root, "test", "native", "soak-asan.js"), ...ADDON_TESTS]);
  },
  thread({ programs }) {
    const executables = build("thread");
    run(join(executables, "run_recordings"), [programs]);
    run(join(executables, "stress_threads"), [String(STRESS_SECONDS), programs]);
  },
  memcheck({ programs }) {
    const executables = build("none");
    const options = ["--quiet", "--error-exitcode=1", "--leak-check=full", "--errors-for-leak-kinds=definite"];
    run("valgrind", [...options, join(executables, "run_recordings"), programs]);
  },
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks);
const missing = missingTools("clang++", "cmake", ...(names.includes("memcheck") ? ["valgrind"] : []));
if (missing.length > 0) {
  console.log(`sanitizers: skipped: not installed: ${missing.join(", ")}`);
} else {
  const recordings = record(CASE_BYTES);
  for (const name of names) checks[name](recordings);
}
