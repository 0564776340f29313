import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A process per file: a crash in native code then fails one file, not the run.
    pool: "forks",
  },
});
