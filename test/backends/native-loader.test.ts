/** Which binary is loaded, and what is said of files that are none. None of them may end the process. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  candidates,
  glibcVersion,
  loadAddon,
  PACKAGE_ROOT,
  PREBUILT_PLATFORMS,
  platformName,
} from "../../lib/backends/native/index.js";
import { PROGRAM_ABI } from "../../lib/program/format.js";
import { requireAddon } from "./native-addon.js";
import { compileAddon, goodAddon } from "./small-addons.js";

const folder = mkdtempSync(join(tmpdir(), "nodegrad-loader-"));
afterAll(() => rmSync(folder, { recursive: true }));

const place = (name: string) => join(folder, name);
const good = requireAddon().path;
const isLinux = process.platform === "linux";

/** A file of some bytes. */
function write(name: string, bytes: string | Uint8Array): string {
  writeFileSync(place(name), bytes);
  return place(name);
}

/** Our addon with a few bytes of its header changed. */
function patched(name: string, change: (bytes: Buffer) => void): string {
  const bytes = readFileSync(good);
  change(bytes);
  return write(name, bytes);
}

function link(name: string, target: string): string {
  symlinkSync(target, place(name));
  return place(name);
}

function makeFolder(name: string): string {
  mkdirSync(place(name));
  return place(name);
}

const bytes = readFileSync(good);

/** Files that must not be used: what they are, how they are made, what is wrong with them. */
const bad: readonly (readonly [name: string, make: (name: string) => string, fault: string, message: RegExp])[] = [
  ["missing.node", place, "missing", /^no such file$/],
  ["dangling.node", (name) => link(name, place("nowhere.node")), "missing", /^no such file$/],
  ["folder.node", makeFolder, "file", /^not a file$/],
  [
    "abi.node",
    (name) => compileAddon({ ...goodAddon, abi: PROGRAM_ABI + 1 }, place(name)),
    "version",
    new RegExp(`^built for another version: its Program ABI is ${PROGRAM_ABI + 1}, expected ${PROGRAM_ABI}$`),
  ],
  ["foreign.node", (name) => compileAddon({}, place(name)), "version", /^an addon, but not nodegrad's$/],
  [
    "wrong.node",
    (name) => compileAddon({ ...goodAddon, selfTest: false }, place(name)),
    "self-test",
    /^self-test failed/,
  ],
  [
    "throws.node",
    (name) => compileAddon({ body: 'napi_throw_error(env, NULL, "not today"); return NULL;' }, place(name)),
    "load",
    /^not today$/,
  ],
  [
    "unresolved.node",
    (name) => compileAddon({ body: "extern void is_nowhere(void); is_nowhere();" }, place(name)),
    "load",
    /is_nowhere/,
  ],
  ["script.js", (name) => write(name, "globalThis.wasRun = true;"), "file", /^not the name of an addon: /],
  ["link.node", (name) => link(name, write("library.so", bytes)), "file", /^not the name of an addon: .*library\.so$/],
  ["empty.node", (name) => write(name, ""), "file", /^the file is cut off: it has 0 bytes$/],
  ["header.node", (name) => write(name, bytes.subarray(0, 63)), "file", /^the file is cut off: it has 63 bytes$/],
  ["segments.node", (name) => write(name, bytes.subarray(0, 100)), "file", /^the file is cut off: it has 100 bytes$/],
  [
    "text.node",
    (name) => write(name, "globalThis.wasRun = true; ".repeat(10)),
    "file",
    /^not a library of this platform$/,
  ],
  [
    "processor.node",
    (name) => patched(name, (file) => file.writeUInt16LE(8, 18)),
    "file",
    /^built for another processor than this one/,
  ],
  [
    "class.node",
    (name) => patched(name, (file) => file.writeUInt8(1, 4)),
    "file",
    /^built for another processor than this one/,
  ],
  [
    "far.node",
    (name) => patched(name, (file) => file.writeBigUInt64LE(2n ** 60n, 32)),
    "load",
    /position.*out of range/,
  ],
];

// gcc compiles the addons; what is said of broken libraries is Linux's.
describe.runIf(isLinux)("loadAddon", () => {
  let paths: readonly string[];
  beforeAll(() => {
    paths = bad.map(([name, make]) => make(name));
  });

  it("goes on past every file that does not work, and keeps what is wrong with each", () => {
    const result = loadAddon([...paths, good]);
    expect(result).toMatchObject({ path: good, addon: { abi: PROGRAM_ABI } });
    expect(result.errors.map(({ path }) => path)).toEqual(paths);
    for (const [index, [name, , fault, message]] of bad.entries()) {
      expect(result.errors[index], name).toMatchObject({ fault, message: expect.stringMatching(message) });
    }
    expect(globalThis).not.toHaveProperty("wasRun");
  });

  it("gives the errors alone where nothing works", () => {
    const result = loadAddon(paths);
    expect(result).not.toHaveProperty("addon");
    expect(result.errors).toHaveLength(paths.length);
  });

  it("takes the first that works", () => {
    const first = compileAddon(goodAddon, place("first.node"));
    expect(loadAddon([first, good])).toMatchObject({ path: first, errors: [] });
  });

  // glibc maps what is not there, and the process ends with SIGBUS where it is read.
  it("refuses a binary that was cut off anywhere in what is mapped", () => {
    for (let share = 1; share < 20; share++) {
      const path = write(`cut-${share}.node`, bytes.subarray(0, Math.floor((share / 20) * 0.85 * bytes.length)));
      const { errors } = loadAddon([path]);
      expect(errors, path).toMatchObject([{ fault: "file", message: expect.stringMatching(/^the file is cut off/) }]);
    }
  });

  it("survives what is left of a header in which bytes are changed at random", () => {
    let seed = 7;
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    // The file is cut off in any case: what is tried is whether the header can hide it.
    const most = bytes.subarray(0, 4096);
    for (let i = 0; i < 200; i++) {
      const copy = Buffer.from(most);
      copy[random(64)] = random(256);
      copy[4] = bytes[4] as number;
      const { errors } = loadAddon([write("random.node", copy)]);
      expect(errors).toHaveLength(1);
    }
  });
});

describe("candidates", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  const relatives = () => candidates().map((path) => relative(PACKAGE_ROOT, path).replaceAll("\\", "/"));

  it("are node-gyp's build, CMake's and the published binary, in this order", () => {
    vi.stubEnv("NODEGRAD_BINARY", "");
    expect(relatives()).toEqual([
      "build/Release/nodegrad.node",
      "build-cmake/Release/nodegrad.node",
      `prebuilds/${platformName()}/nodegrad.node`,
    ]);
  });

  it("are one where NODEGRAD_BINARY names it, relative to the working folder or not", () => {
    vi.stubEnv("NODEGRAD_BINARY", relative(process.cwd(), good));
    expect(candidates()).toEqual([relative(process.cwd(), good)]);
    expect(loadAddon()).toHaveProperty("addon");
  });

  it.runIf(isLinux)("tell musl from glibc", () => {
    vi.stubEnv("NODEGRAD_BINARY", "");
    const { arch } = process;
    const getReport = vi.spyOn(process.report as { getReport(): object }, "getReport");
    getReport.mockReturnValue({ header: { glibcVersionRuntime: "2.36" } });
    expect([glibcVersion(), platformName()]).toEqual(["2.36", `linux-${arch}`]);
    getReport.mockReturnValue({ header: {} });
    expect([glibcVersion(), platformName()]).toEqual([undefined, `linux-${arch}-musl`]);
    expect(relatives().at(-1)).toBe(`prebuilds/linux-${arch}-musl/nodegrad.node`);
    expect(PREBUILT_PLATFORMS).toContain(platformName());
  });
});
