// Prints "N passed, N failed" from the file vitest's JSON reporter wrote; fails unless everything passed.

import { readFileSync } from "node:fs";

/** Counts tests; a file that failed before any of its tests could run counts as one failure. */
function count({ numPassedTests, numFailedTests, testResults }) {
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  return { passed: numPassedTests, failed: numFailedTests + broken.length };
}

const text = readFileSync(process.argv[2], "utf8");
// The file stays empty when the build failed and no test ran.
const { passed, failed } = text === "" ? { passed: 0, failed: 1 } : count(JSON.parse(text));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
