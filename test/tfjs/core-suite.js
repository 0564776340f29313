/**
 * Runs the specs that @tensorflow/tfjs-core publishes, against a backend:
 *
 *     node test/tfjs/core-suite.js [--backend nodegrad] [--filter TEXT] [--failures FILE] [--kernels FILE]
 *
 * `--kernels` writes what it has seen of nodegrad's kernels, as docs/tfjs-kernels.md.
 * The last line on standard output is a JSON object: passed, failed, skipped, seconds. Nothing is ignored: what is skipped
 * the suite skips itself. The process ends with 0 unless a spec failed.
 */

import { writeFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { parseArgs } from "node:util";
import Jasmine from "jasmine";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "nodegrad" },
    filter: { type: "string" },
    failures: { type: "string" },
    kernels: { type: "string" },
  },
});

register("./core-suite-hooks.js", import.meta.url);
const require = createRequire(import.meta.url);
// The specs' helpers are ES modules that call it.
globalThis.require = require;

const runner = new Jasmine();
runner.exitOnCompletion = false;
runner.clearReporters();
runner.randomizeTests(false);
// Some specs make a thousand runs.
runner.jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;

const dist = new URL("./", `file://${require.resolve("@tensorflow/tfjs-core/dist/jasmine_util.js")}`);
for (const file of ["index.js", "register_all_gradients.js"]) await import(new URL(file, dist).href);
const { setTestEnvs } = await import(new URL("jasmine_util.js", dist).href);
setTestEnvs([{ name: values.backend, backendName: values.backend, flags: {}, isDataSync: true }]);
await import(values.backend === "nodegrad" ? "../../dist/tfjs/index.js" : `@tensorflow/tfjs-backend-${values.backend}`);
const table = values.kernels === undefined ? undefined : (await import("./kernel-table.js")).watchKernels();
await import(new URL("tests.js", dist).href);

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
runner.addReporter({
  specDone({ status, fullName, failedExpectations }) {
    if (status === "passed") counts.passed++;
    else if (status === "failed") {
      counts.failed++;
      failures.push(`${fullName}\n${failedExpectations.map(({ message }) => `    ${message}`).join("\n")}`);
    } else if (status === "pending") counts.skipped++;
  },
});

const start = performance.now();
await runner.execute(undefined, values.filter);
if (values.failures !== undefined) writeFileSync(values.failures, failures.join("\n\n"));
else for (const failure of failures) console.error(failure.slice(0, 2000));
if (table !== undefined) writeFileSync(values.kernels, table());
console.log(JSON.stringify({ ...counts, seconds: Math.round((performance.now() - start) / 1000) }));
process.exit(counts.failed === 0 ? 0 : 1);
