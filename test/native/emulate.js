// Runs tests on a processor that this machine does not have: `npm run try:processor -- PROCESSOR ARGUMENT…`, the arguments
// being vitest's. vitest itself runs here; the processes that it starts for test files, and those that tests start, are
// emulated. Without arguments the processor is only made ready for test/native/processors.test.ts.

import { parseCLI, startVitest } from "vitest/node";
import { addonFor, emulatedNode, installNode, lackFor, processors } from "./emulation.js";

const [name, ...given] = process.argv.slice(2);
if (!Object.hasOwn(processors, name)) {
  console.error(`emulate: expected one of ${Object.keys(processors).join(", ")}: ${name ?? "nothing"}`);
  process.exit(1);
}
if (process.platform === "linux") installNode(name);
const lack = lackFor(name);
if (lack !== undefined) console.log(`emulate: ${name}: skipped: needs ${lack}`);
if (lack !== undefined || given.length === 0) process.exit();

// vitest starts its processes by this path.
process.execPath = emulatedNode(name);
process.env.NODEGRAD_BACKEND = "native";
process.env.NODEGRAD_BINARY = addonFor(name);
const { filter, options } = parseCLI(["vitest", "run", ...given]);
// Emulated code takes some twenty times as long.
await startVitest("test", filter, { testTimeout: 1_200_000, hookTimeout: 1_200_000, ...options });
