import { defineConfig } from "vitest/config";

export default defineConfig({
  // Packages use nodegrad by its name; their tests, its sources.
  resolve: {
    alias: [
      { find: /^nodegrad$/, replacement: `${import.meta.dirname}/lib/index.ts` },
      { find: /^nodegrad\/(\w+)$/, replacement: `${import.meta.dirname}/lib/$1/index.ts` },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // A process per file: a crash in native code then fails one file, not the run.
    pool: "forks",
    // As many at a time as there are processors: most of them compute on one.
    maxWorkers: "100%",
    // Tests that hang should end, but a slow or busy machine is no failure.
    testTimeout: 60_000,
  },
});
