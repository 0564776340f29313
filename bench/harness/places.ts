/** Where the files of the package lie, for compiled benchmarks (dist/bench) as for their sources. */

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

const manifest = createRequire(import.meta.url).resolve("nodegrad/package.json");

/** The package. */
export const ROOT = pathToFileURL(`${dirname(manifest)}/`);

/** What needs no compiling, or is compiled when it is needed: scripts, programs in C, the style sheet. */
export const SOURCES = new URL("bench/", ROOT);

/** Compiled benchmarks. */
export const COMPILED = new URL("dist/bench/", ROOT);
