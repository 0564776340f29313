// Checks what a Linux binary asks of the system that loads it, and what it shows to others.

import { missing, output } from "./binutils.js";

/** readelf's name of a processor. */
const machines = { x64: "Advanced Micro Devices X86-64", arm64: "AArch64" };

/** Libraries that are there wherever Node runs: the C library and its parts. The C++ library is not one of them. */
const systemLibraries = /^(lib(c|m|pthread|dl)\.so\.\d|libc\.musl-\w+\.so\.1|ld-(linux|musl)[-\w]*\.so\.\d)$/;

/** What Node looks for in an addon; any other symbol could be taken for that of another library. */
const exported = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

/**
 * What is wrong with a binary for a processor (Node's name of it), a message each, and what it needs, for people.
 * Without binutils and for binaries of other systems than Linux nothing is looked at, and the summary says so.
 */
export function checkBinary(path, arch) {
  if (process.platform !== "linux" || missing("readelf").length > 0) {
    return { problems: [], summary: "not checked: needs binutils on Linux" };
  }
  const { machine, libraries, defined, glibc } = inspect(path);
  const problems = [];
  if (machine !== machines[arch]) problems.push(`built for ${machine}, expected ${machines[arch]}`);
  for (const library of libraries) {
    if (!systemLibraries.test(library)) problems.push(`needs ${library}, which a system may lack`);
  }
  for (const symbol of defined) {
    if (!exported.includes(symbol)) problems.push(`exports ${symbol}`);
  }
  for (const symbol of exported) {
    if (!defined.includes(symbol)) problems.push(`does not export ${symbol}`);
  }
  return { problems, summary: `needs ${glibc ?? "no glibc"} and ${libraries.join(", ")}` };
}

/** What readelf tells of a binary. */
function inspect(path) {
  const text = output("readelf", "--wide", "--file-header", "--dynamic", "--dyn-syms", "--version-info", path);
  const all = (pattern) => Array.from(text.matchAll(pattern), ([, match]) => match);
  const [machine] = all(/^ +Machine: +(.+)$/gm);
  const libraries = all(/\(NEEDED\) +Shared library: \[(.+)\]$/gm);
  // Number, value, size, type, bind, visibility, section, name; symbols from elsewhere have section UND.
  const defined = all(/^ +\d+: +\w+ +\w+ +\w+ +(?:GLOBAL|WEAK|UNIQUE) +\w+ +\d+ (\S+)$/gm);
  const versions = all(/Name: GLIBC_([\d.]+) /g).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return { machine, libraries, defined, glibc: versions.length > 0 ? `glibc ${versions.at(-1)}` : undefined };
}
