/** What is installed and running. */

import { readFileSync } from "node:fs";
import { currentMachine } from "./backends.js";

/** Facts about this installation. */
export interface Info {
  readonly version: string;
  /** Name of the backend in use. */
  readonly backend: string;
  /** What it computes with: `avx512`, `avx2`, `base`, `neon`; `typescript` on the reference. */
  readonly target: string;
  readonly threads: number;
  /** Programs compiled and kept by `realize`. */
  readonly cache: {
    readonly programs: number;
    readonly bytes: number;
    readonly compilations: number;
    readonly hits: number;
  };
}

let version: string | undefined;

/** Version, backend, target, threads and the state of the Program cache. */
export function info(): Info {
  version ??= JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version as string;
  const { backend, cache } = currentMachine();
  return {
    version,
    backend: backend.name,
    target: backend.target,
    threads: backend.threads,
    cache: { ...cache.size, compilations: cache.compilations, hits: cache.hits },
  };
}
