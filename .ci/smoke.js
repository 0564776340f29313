// Loads the addon that NODEGRAD_BINARY names, as the library would, and fails with the loader's reasons.

import { loadAddon } from "../dist/backends/native/loader.js";

const result = loadAddon();
if (!("addon" in result)) {
  for (const { path, message } of result.errors) console.error(`${path}: ${message}`);
  process.exitCode = 1;
} else {
  console.log(`${result.path}: loaded, self-test passed`);
}
