/** `nodegrad build`, in a package that is installed. Built by `npm run build`. */

import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { goodAddon } from "../backends/small-addons.js";
import { Installation } from "../installation.js";

const installed = new Installation();
const built = installed.path("build/Release/nodegrad.node");
const build = (options: Parameters<Installation["nodegrad"]>[1] = {}, ...args: string[]) =>
  installed.nodegrad(["build", ...args], options);

describe.runIf(process.platform === "linux")("nodegrad build", { timeout: 120_000 }, () => {
  beforeEach(() => installed.remove("build"));

  it("builds with npm's node-gyp and Node's own headers, without a network, and tells where", () => {
    installed.writeAddon(goodAddon);
    const nowhere = { npm_config_disturl: "http://127.0.0.1:58999/", npm_config_devdir: installed.path("devdir") };
    const { status, stdout, stderr } = build({ env: nowhere });
    expect(stderr).toMatch(/^(compiling: \d+ %\n)*$/);
    expect(stdout).toMatch(/^nodegrad: built .*nodegrad\.node in \d+ s\n$/);
    expect(status).toBe(0);
    expect(existsSync(built)).toBe(true);
  });

  it("shows all that node-gyp says if it is asked to", () => {
    installed.writeAddon(goodAddon);
    const { status, stdout, stderr } = build({}, "--verbose");
    expect(stderr + stdout).toContain("gyp info using node-gyp@");
    expect(stdout).toContain("CC(target)");
    expect(status).toBe(0);
  });

  it("finds the folder of its Node where PATH has none", () => {
    installed.writeAddon(goodAddon);
    const PATH = installed.pathWith(
      "g++",
      "gcc",
      "cc",
      "make",
      "python3",
      "ar",
      "ln",
      "rm",
      "cp",
      "mkdir",
      "touch",
      "sh",
    );
    expect(build({ env: { PATH } })).toMatchObject({ status: 0 });
  });

  it("works in a folder whose name has spaces", () => {
    const spaced = new Installation("nodegrad my project ");
    spaced.writeAddon(goodAddon);
    expect(spaced.nodegrad(["build"])).toMatchObject({ status: 0, stderr: expect.not.stringContaining("not built") });
  });

  it("shows what the compiler says is wrong, and what tells more", () => {
    installed.write("native/addon.c", "int main(void) { return }");
    const { status, stderr } = build();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nodegrad: the addon is not built: node-gyp failed \(exit code 1\)$/m);
    expect(stderr).toMatch(/addon\.c:1:\d+: error: /);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("npx nodegrad build --verbose shows everything");
  });

  it.each([
    ["is not nodegrad's", {}, "it does not work: an addon, but not nodegrad's"],
    ["crashes", { body: "abort();" }, "it does not work: SIGABRT"],
  ])("tries what it built, and says so where that %s", (_, addon, message) => {
    installed.writeAddon(addon);
    const { status, stderr } = build();
    expect(status).toBe(1);
    expect(stderr).toContain(`nodegrad: the addon is not built: ${message}\nnpx nodegrad doctor tells more`);
  });

  it("says what to install where there is no compiler", () => {
    const { status, stderr } = build({ env: { PATH: installed.pathWith("python3", "make") } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nodegrad: the addon is not built: a C\+\+17 compiler not found\nInstall with: .+\n$/);
  });

  it("says so where there is no npm, whose node-gyp it would take", () => {
    const PATH = installed.pathWith("g++", "make", "python3");
    const { status, stderr } = build({ node: installed.bareNode(), env: { PATH } });
    expect(status).toBe(1);
    expect(stderr).toBe(
      "nodegrad: the addon is not built: node-gyp was not found: it comes with npm\n" +
        "Install npm, or node-gyp beside nodegrad: npm install node-gyp\n",
    );
  });

  it("says so where the folder cannot be written", () => {
    const { status, stderr } = installed.readOnly((options) => build(options));
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^nodegrad: the addon is not built: the folder cannot be written: .*\nBuild as its owner, or /,
    );
  });

  it("fails without the sources", () => {
    const [tools, away] = [installed.path("native/tools"), join(installed.project, "tools")];
    renameSync(tools, away);
    const { status } = build();
    renameSync(away, tools);
    expect(status).toBe(1);
  });
});
