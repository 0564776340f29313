import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.js";

/** The tests on a sanitized addon (soak.js). */
export default mergeConfig(base, {
  root: `${import.meta.dirname}/../..`,
  test: { setupFiles: ["test/native/exit.ts"] },
});
