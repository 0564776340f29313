import { ChildProcess } from "node:child_process";
import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.js";

// The runner kills a process that takes half a second to exit. Looking for leaks takes longer.
const { kill } = ChildProcess.prototype;
ChildProcess.prototype.kill = function (signal) {
  return signal === "SIGKILL" ? true : kill.call(this, signal);
};

/** The tests on a sanitized addon (soak-asan.js). */
export default mergeConfig(base, {
  root: `${import.meta.dirname}/../..`,
  test: { setupFiles: ["test/native/exit.ts"] },
});
