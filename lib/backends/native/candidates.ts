/** Where the native addon may lie. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where this file is; nowhere in a bundle of CommonJS modules, in which there is no `import.meta`. */
const here: string | undefined = import.meta.url;

/**
 * The root of this package: this file lies three folders below it in lib/ and in dist/ alike. In a bundle it is some other
 * folder, or none ("").
 */
export const PACKAGE_ROOT = here === undefined ? "" : fileURLToPath(new URL("../../../", here));

/** Whether a bundler has put this file elsewhere, away from the binaries. */
export function isBundled(): boolean {
  return PACKAGE_ROOT === "" || !existsSync(join(PACKAGE_ROOT, "native", "sources.json"));
}

/** Platforms that a published package brings a binary for: the folders of prebuilds/. */
export const PREBUILT_PLATFORMS: readonly string[] = [
  "linux-x64",
  "linux-arm64",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64",
  "win32-arm64",
];

/**
 * Paths where a binary may lie, best first: node-gyp's build, CMake's build, the published binary of this platform.
 * A binary named by the environment variable `NODEGRAD_BINARY` is the only candidate: whoever names one wants that
 * one, or an error.
 */
export function candidates(): string[] {
  const named = process.env.NODEGRAD_BINARY;
  if (named) return [named];
  if (PACKAGE_ROOT === "") return [];
  return [
    join(PACKAGE_ROOT, "build", "Release", "nodegrad.node"),
    join(PACKAGE_ROOT, "build-cmake", "Release", "nodegrad.node"),
    join(PACKAGE_ROOT, "prebuilds", platformName(), "nodegrad.node"),
  ];
}

/**
 * The name of a folder of prebuilds/: `linux-x64-musl`, `darwin-arm64`.
 *
 * @param arch The processor, by Node's name (default: that of this process); system and C library are those of this process.
 */
export function platformName(arch: string = process.arch): string {
  const name = `${process.platform}-${arch}`;
  return process.platform === "linux" && glibcVersion() === undefined ? `${name}-musl` : name;
}

/** Node's report on this process, as far as it matters here; Node's own types know less. */
interface Report {
  excludeNetwork?: boolean;
  getReport(): { readonly header: { readonly glibcVersionRuntime?: string } };
}

/** Version of the GNU C library that this process runs on; undefined on another C library. */
export function glibcVersion(): string | undefined {
  const report = process.report as unknown as Report;
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // Else it looks up the names of the other ends of all connections.
  try {
    return report.getReport().header.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
