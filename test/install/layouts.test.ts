/** The packed package in projects that are not like most. */

import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Project, type ProjectOptions, Projects } from "./project.js";
import { Package } from "./tarballs.js";

describe.skipIf(process.platform === "win32")("the packed package", { timeout: 600_000 }, () => {
  const projects = new Projects();
  const content = new Package().addBinary();
  const tarball = `file:${content.pack("published")}`;
  /** What most tests share: an installation takes seconds. */
  let plain: Project;

  beforeAll(async () => {
    plain = await withNodegrad();
  }, 600_000);

  async function withNodegrad(options: ProjectOptions = {}): Promise<Project> {
    const project = await projects.create({ compiler: false, ...options });
    await project.add(`nodegrad@${tarball}`);
    return project;
  }

  it("computes in a folder with spaces, quotes and letters of other scripts", async () => {
    const project = await withNodegrad({ name: "it's 深層 & Übung #1 100%" });
    await project.computesEitherWay("native");
  });

  it("computes in a workspace, where it is installed above who uses it", async () => {
    const project = await projects.create({ compiler: false });
    project.begin({ private: true, workspaces: ["packages/*"] });
    const member = project.in("packages/member");
    member.begin({ name: "member", version: "1.0.0", dependencies: { nodegrad: tarball } });
    await project.add();
    expect(existsSync(project.path("node_modules/nodegrad"))).toBe(true);
    await member.computesEitherWay("native");
  });

  it("computes twice in one process, in versions that refuse each other's tensors", async () => {
    const other = content.change({ version: "0.0.1" }).pack("other");
    const dependent = plain.in("dependent");
    dependent.begin({ name: "dependent", version: "1.0.0", dependencies: { nodegrad: `file:${other}` } });
    dependent.write("index.js", 'exports.nodegrad = require("nodegrad"); exports.optim = require("nodegrad/optim");');
    await plain.add("./dependent", "--install-links");
    const { stdout, stderr } = await plain.succeed("node", "two-copies.mjs");
    expect(stderr).toBe("");
    const [first, second, refusal] = stdout.split("\n").map((line) => line && JSON.parse(line));
    expect([first.backend, second]).toEqual(["native", first]);
    expect(refusal).toMatch(/^OptionError: add: operand must be a tensor or a number, got Tensor/);
  });

  it("is slow but works in bundles, and is fast beside them", async () => {
    await plain.add("esbuild");
    for (const [program, format, bundle] of [
      ["import.mjs", "esm", "bundle.mjs"],
      ["require.cjs", "cjs", "bundle.cjs"],
    ] as const) {
      const options = ["--bundle", "--platform=node", `--format=${format}`, `--outfile=${bundle}`];
      await plain.succeed("node_modules/.bin/esbuild", program, ...options);
      expect(await plain.computes("reference", bundle)).toMatch(/nodegrad is in a bundle/);
      await plain.succeed("node_modules/.bin/esbuild", program, ...options, "--packages=external");
      await plain.computes("native", bundle);
    }
  });

  // The last one: nobody can write there any more.
  it("computes where nothing may be written", async () => {
    const project = plain.readOnly();
    const write = 'require("node:fs").writeFileSync("node_modules/nodegrad/written", "")';
    expect((await project.run("node", "--eval", write)).stderr).toMatch(/EACCES/);
    await project.computesEitherWay("native");
  });
});
