/** `nodegrad doctor`, in packages with and without something wrong. Built by `npm run build`. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { beforeEach, describe, expect, it } from "vitest";
import { platformName } from "../../lib/backends/native/index.js";
import { requireAddon } from "../backends/native-addon.js";
import { goodAddon } from "../backends/small-addons.js";
import { Installation, type RunOptions } from "../installation.js";

const installed = new Installation();
const names = ["build/Release", "build-cmake/Release", `prebuilds/${platformName()}`].map(
  (folder) => `${folder}/nodegrad.node`,
) as [string, string, string];
const paths = names.map((name) => installed.path(name)) as [string, string, string];
const missing = { fault: "missing", message: "no such file" };

/** What the doctor finds, and its exit code. */
function examine(options: RunOptions = {}) {
  const { status, stdout, stderr } = installed.nodegrad(["doctor", "--json"], options);
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toHaveLength(2);
  return { status, facts: JSON.parse(stdout) };
}

/** What it tells people. */
function read(status: number, options: RunOptions = {}): string {
  const { stdout, ...ending } = installed.nodegrad(["doctor"], options);
  expect(ending).toMatchObject({ status, stderr: "" });
  return stdout;
}

describe.runIf(process.platform === "linux")("nodegrad doctor", { timeout: 120_000 }, () => {
  beforeEach(() => installed.remove("build", "build-cmake", "prebuilds"));

  it("tells of the addon in use, on every instruction set of this machine", () => {
    const { path, addon } = requireAddon();
    const env = { NODEGRAD_BINARY: path };
    const { status, facts } = examine({ env });
    expect(status).toBe(0);
    expect(facts).toMatchObject({
      works: true,
      binary: path,
      candidates: [{ path }],
      target: addon.targets[0],
      selfTests: Object.fromEntries(addon.targets.map((target) => [target, true])),
      advice: [],
    });
    const text = read(0, { env });
    for (const target of addon.targets) expect(text).toMatch(new RegExp(`^self-test ${target} +passed$`, "m"));
    expect(text).toMatch(/^The native backend works\.$/m);
  });

  it("tells of the machine and of the environment", () => {
    installed.place(goodAddon, names[2]);
    const env = { NODEGRAD_BACKEND: "reference" };
    const text = read(0, { env });
    expect(examine({ env }).facts).toMatchObject({
      command: "doctor",
      version: JSON.parse(readFileSync(installed.path("package.json"), "utf8")).version,
      runtime: `node ${process.versions.node}`,
      npm: expect.stringMatching(/^\d+\./),
      platform: platformName(),
      prebuilt: true,
      libc: expect.stringMatching(/^(glibc \d|musl)/),
      processors: availableParallelism(),
      threads: expect.any(Number),
      environment: { NODEGRAD_BACKEND: "reference" },
      missingTools: [],
      works: true,
    });
    expect(text).toMatch(/^runtime +node \S+, npm \d/m);
    expect(text).toMatch(/^NODEGRAD_BACKEND +reference$/m);
    expect(text).toMatch(/^The native backend works, but NODEGRAD_BACKEND asks for the reference\.$/m);
  });

  it("names each place in order with what is wrong there, and takes the first that works", () => {
    installed.write(names[0], "");
    installed.place({ ...goodAddon, abi: 1 }, names[1]);
    installed.place(goodAddon, names[2]);
    const { status, facts } = examine();
    expect(status).toBe(0);
    expect(facts.candidates).toEqual([
      { path: paths[0], fault: "file", message: "the file is cut off: it has 0 bytes" },
      { path: paths[1], fault: "version", message: expect.stringContaining("its Program ABI is 1") },
      { path: paths[2] },
    ]);
    expect(facts).toMatchObject({ works: true, binary: paths[2], advice: [] });
    expect(read(0)).toMatch(/^1\. .*build\/Release\/nodegrad\.node +the file is cut off: it has 0 bytes$/m);
  });

  it("says what to do where there is none", () => {
    const { status, facts } = examine();
    expect(status).toBe(1);
    expect(facts).toMatchObject({
      works: false,
      candidates: paths.map((path) => ({ path, ...missing })),
      selfTests: {},
      advice: ["build the addon: npx nodegrad build"],
    });
    expect(facts).not.toHaveProperty("binary");
    expect(read(1).trimEnd().split("\n").slice(-2)).toEqual([
      "The native backend does not work. What to do:",
      "- build the addon: npx nodegrad build",
    ]);
  });

  it("says what to install where the addon cannot be built either", () => {
    const env = { PATH: installed.pathWith("make") };
    const { status, facts } = examine({ env });
    expect(status).toBe(1);
    expect(facts.missingTools).toEqual(["Python 3", "a C++17 compiler"]);
    expect(facts.advice).toEqual([
      expect.stringMatching(/^to build the addon, install Python 3, a C\+\+17 compiler: /),
      "build the addon: npx nodegrad build",
    ]);
    expect(read(1, { env })).toMatch(/^to build +missing: Python 3, a C\+\+17 compiler$/m);
  });

  // Programs would crash before they came to the next one.
  it("finds a binary that crashes, and does not crash", () => {
    installed.place({ body: "abort();" }, names[0]);
    installed.place(goodAddon, names[2]);
    const { status, facts } = examine();
    expect(status).toBe(1);
    expect(facts).toMatchObject({
      works: false,
      candidates: [
        { path: paths[0], fault: "crash", message: "it crashes: SIGABRT" },
        { path: paths[1], ...missing },
        { path: paths[2] },
      ],
    });
    expect(facts.advice).toContain(`remove the binary that crashes: ${paths[0]}`);
  });

  it("takes a binary that ends the process quietly for one that crashes", () => {
    installed.place({ body: "_exit(0);" }, names[0]);
    expect(examine().facts.candidates[0]).toEqual({
      path: paths[0],
      fault: "crash",
      message: "it crashes: exit code 0",
    });
  });

  it.each([
    [
      "an old C library",
      { body: `napi_throw_error(env, NULL, "version \`GLIBC_2.99' not found"); return NULL;` },
      {},
      "the C library of this system is older than the binary wants, so build the addon here",
    ],
    [
      "a wrong NODEGRAD_BINARY",
      goodAddon,
      { NODEGRAD_BINARY: "missing.node" },
      "unset NODEGRAD_BINARY, which names the only binary that is tried: missing.node",
    ],
    [
      "an instruction set this machine does not have",
      { body: `napi_throw_error(env, NULL, "no such target"); return NULL;` },
      { NODEGRAD_TARGET: "neon" },
      "unset NODEGRAD_TARGET, which asks for an instruction set: neon",
    ],
  ])("knows what mends %s", (_, addon, env, step) => {
    installed.place(addon, names[2]);
    const { status, facts } = examine({ env });
    expect(status).toBe(1);
    expect(facts.advice).toContain(step);
  });
});
