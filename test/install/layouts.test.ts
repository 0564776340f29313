/** The packed package in projects that are not like most. */

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Project, type ProjectOptions, Projects } from "./project.js";
import { Package } from "./tarballs.js";

describe.skipIf(process.platform === "win32")("the packed package", { timeout: 600_000 }, () => {
  const projects = new Projects();
  const content = new Package().addBinary();
  const published = content.pack("published");

  /** A project of somebody without a compiler, with nodegrad. */
  async function withNodegrad(tarball = published, options?: ProjectOptions): Promise<Project> {
    const project = await projects.create({ compiler: false, ...options });
    await project.add(`nodegrad@file:${tarball}`);
    return project;
  }

  it("computes in a folder with spaces, quotes and letters of other scripts", async () => {
    const project = await withNodegrad(published, { name: "it's 深層 & Übung #1 100%" });
    await project.computesEitherWay("native");
  });

  it("computes in a workspace, where it is installed above who uses it", async () => {
    const project = await projects.create({ compiler: false });
    project.begin({ private: true, workspaces: ["packages/*"] });
    const member = project.in("packages/member");
    member.begin({ name: "member", version: "1.0.0", dependencies: { nodegrad: `file:${published}` } });
    await project.add();
    expect(existsSync(project.path("node_modules/nodegrad"))).toBe(true);
    await member.computesEitherWay("native");
  });

  it("computes where nothing may be written", async () => {
    const project = (await withNodegrad()).readOnly();
    const write = 'require("node:fs").writeFileSync("node_modules/nodegrad/written", "")';
    expect((await project.run("node", "--eval", write)).stderr).toMatch(/EACCES/);
    await project.computesEitherWay("native");
  });

  it("computes twice in one process, in versions that refuse each other's tensors", async () => {
    const project = await withNodegrad();
    const other = content.change({ version: "0.0.1" }).pack("other");
    const dependent = project.in("dependent");
    dependent.begin({ name: "dependent", version: "1.0.0", dependencies: { nodegrad: `file:${other}` } });
    dependent.write("index.js", 'exports.nodegrad = require("nodegrad"); exports.optim = require("nodegrad/optim");');
    await project.add("./dependent", "--install-links");
    const { stdout, stderr } = await project.succeed("node", "two-copies.mjs");
    expect(stderr).toBe("");
    const [first, second, refusal] = stdout.split("\n").map((line) => line && JSON.parse(line));
    expect([first.backend, second]).toEqual(["native", first]);
    expect(refusal).toMatch(/^OptionError: add: operand must be a tensor or a number, got Tensor/);
  });

  it.each([
    ["an ES module", "import.mjs", ["--format=esm", "--outfile=bundle.mjs"]],
    ["CommonJS", "require.cjs", ["--format=cjs", "--outfile=bundle.cjs"]],
  ])("is slow but works in a bundle, %s, and is fast beside it", async (_, program, options) => {
    const project = await withNodegrad();
    await project.add("esbuild");
    const bundle = (options[1] as string).replace("--outfile=", "");
    const esbuild = ["node_modules/.bin/esbuild", program, "--bundle", "--platform=node", ...options] as const;
    await project.succeed(...esbuild);
    expect(await project.computes("reference", bundle)).toMatch(/bundle/);
    await project.succeed(...esbuild, "--packages=external");
    await project.computes("native", bundle);
  });
});
