/** Every example runs, on the data that is generated, and gives the result it states. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { figures, judge } from "../examples/course/figures.js";
import { folder, results } from "./examples/results.js";

const root = fileURLToPath(new URL("..", import.meta.url));

describe("npm run course", () => {
  const figure = (asked: number | number[]) => ({ system: "a system", pattern: /: ([\d.]+) %/g, asked });

  it.each<[string, number | number[], string, boolean]>([
    ["the best of several", 99, "1: 98.9 %\n2: 99.00 %\n3: 98.7 %", true],
    ["too little", 99, "1: 98.99 %", false],
    ["the very numbers", [96.91, 97], "1: 96.91 %, 2: 97.00 %", true],
    ["other numbers", [96.91, 97], "1: 96.91 %, 2: 97.01 %", false],
    ["fewer numbers", [96.91, 97], "1: 96.91 %", false],
    ["nothing", 0, "nothing", false],
  ])("judges %s", (_, asked, output, expected) => {
    expect(judge(figure(asked), output).isReached).toBe(expected);
  });

  it("knows examples only", () => {
    expect(Object.keys(figures).filter((name) => results[name] === undefined)).toEqual([]);
  });
});

/** What examples share. */
const others = ["inputs", "pictures", "blas-network"];

beforeAll(() => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", "tsconfig.examples.json"], { cwd: root, stdio: "inherit" });
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

// A few seconds each, but minutes where other work has the processors.
describe("examples/", { timeout: 300_000 }, () => {
  it.each(Object.entries(results))("%s", (name, check) => {
    const file = join(root, "build-examples", "examples", `${name}.js`);
    const output = execFileSync(process.execPath, [file, "--quick"], { cwd: folder, encoding: "utf8", stdio: "pipe" });
    check(output);
    // What is asked of real images is found in what it prints.
    for (const figure of figures[name] ?? []) expect(judge(figure, output).got, figure.system).not.toHaveLength(0);
  });

  const names = readdirSync(join(root, "examples"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => basename(file, ".ts"))
    .filter((name) => !others.includes(name));

  it("are all run here", () => {
    expect(names.sort()).toEqual(Object.keys(results).sort());
  });

  it("are all in the index", () => {
    const index = readFileSync(join(root, "examples", "README.md"), "utf8");
    expect(names.filter((name) => !index.includes(`(${name}.ts)`))).toEqual([]);
  });

  it.each(names)("%s is short", (name) => {
    expect(readFileSync(join(root, "examples", `${name}.ts`), "utf8").split("\n").length).toBeLessThanOrEqual(80);
  });
});
