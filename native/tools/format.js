// Formats the C and C++ sources with clang-format; with --check only reports what is not formatted.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = ["native", "bench", "test/native"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => /\.(cc?|h)$/.test(file))
    .map((file) => join(root, folder, file)),
);

if (spawnSync("clang-format", ["--version"]).error !== undefined) {
  console.log("format: skipped: clang-format is not installed");
} else if (files.length > 0) {
  const mode = process.argv.includes("--check") ? ["--dry-run", "--Werror"] : ["-i"];
  const { status } = spawnSync("clang-format", [...mode, ...files], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
