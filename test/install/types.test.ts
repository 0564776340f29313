/** Programs in TypeScript against the types of the packed package, as strict as can be: libraries are checked too. */

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type Project, Projects } from "./project.js";
import { Package, root } from "./tarballs.js";

/** Every module of the package, but for its manifest. */
const modules = Object.keys(manifest.exports)
  .filter((entry) => entry !== "./package.json")
  .map((entry) => entry.replace(/^\./, "nodegrad"));
/** Those for which nothing but nodegrad has to be installed. */
const ownModules = modules.filter((name) => name !== "nodegrad/tfjs");

/** Imports the modules, and uses the types of the first, which is nodegrad. */
const programOf = (names: readonly string[]) => `
${names.map((name, index) => `import * as module${index} from "${name}";`).join("\n")}
export const modules = [${names.map((_, index) => `module${index}`)}];

const weights: module0.Variable = module0.variable(module0.ones([2, 3]));
const step = module0.compile((x: module0.Tensor) => weights.matmul(x).sum());
export const loss: number = step(module0.tensor([[1], [2], [3]])).item();
// @ts-expect-error: not a shape
module0.ones("two");
`;

describe.skipIf(process.platform === "win32")("types of the packed package", { timeout: 600_000 }, () => {
  const projects = new Projects();
  const tarball = new Package().pack("source");
  let project: Project;

  beforeAll(async () => {
    project = await projects.create();
    await project.add(`nodegrad@file:${tarball}`, "--ignore-scripts");
  }, 600_000);

  /** What the compiler says of a program that imports modules. */
  async function errorsOf(file: string, names: readonly string[], resolution: object): Promise<string> {
    // As it is by default, no types but the program's are there, those of Node.js neither.
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: "es2022",
      types: [],
      ...resolution,
    };
    project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: [file] }));
    project.write(file, programOf(names));
    return (await project.run("node", join(root, "node_modules/typescript/bin/tsc"))).stdout;
  }

  const ways: readonly [string, string, object][] = [
    ["nodenext, from a module", "program.mts", { module: "nodenext" }],
    ["nodenext, from CommonJS", "program.cts", { module: "nodenext" }],
    ["bundler", "program.ts", { module: "esnext", moduleResolution: "bundler" }],
  ];

  it.each(ways)("are right without types of anybody else: %s", async (_, file, resolution) => {
    expect(await errorsOf(file, ownModules, resolution)).toBe("");
  });

  it("miss TensorFlow.js where it is not installed and asked for", async () => {
    const errors = await errorsOf("program.mts", modules, { module: "nodenext" });
    const missing = [...errors.matchAll(/error (TS\d+): (.*)/g)].map(([, code, text]) => `${code} ${text}`);
    expect(new Set(missing).size, errors).toBe(1);
    expect(missing[0]).toMatch(/^TS2307 Cannot find module '@tensorflow\/tfjs-core'/);
  });

  // TensorFlow.js's own types are not right in this sense.
  it("are right beside TensorFlow.js", async () => {
    mkdirSync(project.path("node_modules/@tensorflow"));
    const core = "node_modules/@tensorflow/tfjs-core";
    symlinkSync(join(root, core), project.path(core), "junction");
    const errors = await errorsOf("program.mts", modules, { module: "nodenext" });
    expect(errors.split("\n").filter((line) => /^(program|node_modules.nodegrad)/.test(line))).toEqual([]);
  });
});
