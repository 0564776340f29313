/** npm's install script, which must never fail. Built by `npm run build`. */

import { beforeEach, describe, expect, it } from "vitest";
import { platformName } from "../../lib/backends/native/index.js";
import { goodAddon } from "../backends/small-addons.js";
import { Installation } from "../installation.js";

const installed = new Installation();
const prebuilt = `prebuilds/${platformName()}/nodegrad.node`;
const install = (options = {}) => installed.run("native/tools/install.js", options);

/** Gone wrong, told and forgiven. */
const forgiven = { status: 0, signal: null, stderr: expect.stringContaining("installed without its addon") };

describe.runIf(process.platform === "linux")("the install script", { timeout: 120_000 }, () => {
  beforeEach(() => installed.remove("build", "prebuilds", "native/addon.c"));

  it("does nothing and says nothing where a binary works", () => {
    installed.place(goodAddon, prebuilt);
    expect(install({ env: { PATH: "" } })).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  it("builds where none does, and then does nothing again", () => {
    installed.writeAddon(goodAddon);
    expect(install()).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^nodegrad: built .*nodegrad\.node in/),
    });
    expect(install()).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  it("builds where the binary that came along crashes, which ends no install", () => {
    installed.place({ body: "abort();" }, prebuilt);
    installed.writeAddon(goodAddon);
    expect(install()).toMatchObject({ status: 0, stdout: expect.stringContaining("built") });
  });

  it.each([
    ["anything", [], "Python 3 and make and a C++17 compiler not found"],
    ["Python", ["make", "g++"], "Python 3 not found"],
    ["a compiler", ["make", "python3"], "a C++17 compiler not found"],
  ])("succeeds without %s to build with, and names it", (_, programs, message) => {
    const { stderr, ...ending } = install({ env: { PATH: installed.pathWith(...programs) } });
    expect(ending).toMatchObject({ status: 0, signal: null });
    expect(stderr).toContain(`nodegrad: the addon is not built: ${message}\nInstall with: `);
    expect(stderr).toContain("installed without its addon");
  });

  it("succeeds where the compiler finds mistakes", () => {
    installed.write("native/addon.c", "int main(void) { return }");
    const { stderr, ...ending } = install();
    expect({ stderr, ...ending }).toMatchObject(forgiven);
    expect(stderr).toMatch(/addon\.c:1:\d+: error: /);
  });

  it("succeeds where the folder cannot be written", () => {
    installed.writeAddon(goodAddon);
    const result = installed.readOnly((options) => install(options));
    expect(result).toMatchObject(forgiven);
    expect(result.stderr).toContain("the folder cannot be written: ");
  });

  it("succeeds without npm, and so without node-gyp", () => {
    const node = installed.bareNode();
    expect(install({ node, env: { PATH: installed.pathWith("g++", "make", "python3") } })).toMatchObject({
      ...forgiven,
      stderr: expect.stringContaining("node-gyp was not found"),
    });
  });

  it("succeeds where headers are to be downloaded and nothing answers", () => {
    installed.writeAddon(goodAddon);
    const env = { npm_config_disturl: "http://127.0.0.1:58999/", npm_config_devdir: installed.path("devdir") };
    const result = install({ node: installed.bareNode(), env });
    expect(result).toMatchObject(forgiven);
    expect(result.stderr).toContain("the headers of Node could not be downloaded");
  });

  it.each(["native/tools/build.js", "dist", "native"])("succeeds without %s", (part) => {
    const broken = new Installation();
    if (part !== "native") broken.remove(part);
    else broken.remove("native/sources.json", "native/tools/toolchain.js", "binding.gyp");
    const result = broken.run("native/tools/install.js", { env: { PATH: "" } });
    expect(result).toMatchObject(forgiven);
  });
});
