// Prints what failed and "N passed, N failed", from the file vitest's JSON reporter wrote; fails unless all passed.

import { readFileSync } from "node:fs";

/** Counts tests that passed and names the others; a file that failed before any of its tests could run is one of these. */
function count({ numPassedTests, testResults }) {
  const failed = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === "failed");
    if (status === "failed" && tests.length === 0) return [`${name}: ${message}`];
    return tests.map(({ fullName, failureMessages }) => `${name}: ${fullName}\n${failureMessages.join("\n")}`);
  });
  return { passed: numPassedTests, failed };
}

const text = readFileSync(process.argv[2], "utf8");
// The file stays empty when the build failed and no test ran.
const { passed, failed } = text === "" ? { passed: 0, failed: ["no test ran"] } : count(JSON.parse(text));
for (const failure of failed) console.log(`FAILED ${failure}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;
