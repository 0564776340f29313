/** Every example runs, on the data that is generated, and gives the result it states. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { figures, judge } from "../examples/course/figures.js";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Where examples write their pictures. */
const folder = mkdtempSync(join(tmpdir(), "nodegrad-examples-"));

/** The numbers that a pattern catches in a text, of all places where it matches. */
const numbers = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)].flatMap((match) => match.slice(1).map(Number));

function expectPng(name: string): void {
  expect(readFileSync(join(folder, name)).subarray(1, 4).toString()).toBe("PNG");
}

/** What the output of each example shows. */
const results: Readonly<Record<string, (output: string) => void>> = {
  "nearest-neighbour": (output) => {
    const shares = numbers(output, /L[12], k = \d: ([\d.]+) %/g);
    expect(shares).toHaveLength(6);
    expect(Math.min(...shares)).toBeGreaterThan(75);
  },
  perceptron: (output) => {
    const pairs = [...output.matchAll(/converged after (\d+) updates of at most (\d+)/g)];
    expect(pairs).toHaveLength(4);
    for (const [, updates, most] of pairs) expect(Number(updates)).toBeLessThanOrEqual(Number(most));
    expect(output).toContain("XOR: gave up");
  },
  "linear-classifier": (output) => {
    expect(output).toContain("W 10 × 3072 and b 10: 30730 parameters");
    expect(numbers(output, /f\(x\)\/2\|: ([\de+-]+)/g)[0]).toBeLessThan(1e-6);
    expect(numbers(output, /: ([\d.]+) % \(chance/g)[0]).toBeGreaterThan(30);
    expectPng("linear-templates.png");
  },
  "softmax-classifier": (output) => {
    expect(output).toContain("probabilities 0.13, 0.87, 0.00, loss 2.04");
    expect(numbers(output, /digits: ([\d.]+) %/g)[0]).toBeGreaterThan(75);
    expect(numbers(output, /objects: ([\d.]+) %/g)[0]).toBeGreaterThan(22);
  },
  "hard-cases": (output) => {
    const [linear, layers] = [numbers(output, /linear ([\d.]+) %/g), numbers(output, /2 layers ([\d.]+) %/g)];
    expect([linear.length, layers.length]).toEqual([4, 4]);
    expect(Math.max(...linear)).toBeLessThanOrEqual(75);
    expect(Math.min(...layers)).toBeGreaterThan(96);
  },
  "feature-transforms": (output) => {
    const shares = numbers(output, /(?:discs|ring): linear in \(x, y\) ([\d.]+) %, in \(r, θ\) ([\d.]+) %/g);
    const [discs, discsPolar, ring, ringPolar] = shares as [number, number, number, number];
    expect(Math.max(discs, ring, ringPolar)).toBeLessThanOrEqual(75);
    expect(discsPolar).toBeGreaterThanOrEqual(99);
    const errors = numbers(output, /components loses ([\d.]+), ([\d.]+), ([\d.]+), ([\d.]+)/g);
    expect(errors).toHaveLength(4);
    expect(errors).toEqual([...new Set(errors)].sort((a, b) => b - a));
    expect(numbers(output, /LDA: ([\d.]+) %/g)[0]).toBeGreaterThan(75);
    const [bag, pyramid] = numbers(output, /(?:words|pyramid): ([\d.]+) %/g) as [number, number];
    expect(bag).toBeGreaterThan(50);
    expect(pyramid).toBeGreaterThan(bag);
  },
  "linear-regression": (output) => {
    const slopes = numbers(output, /w = ([\d.]+)/g);
    expect(slopes).toEqual([1.0047, 1.01, 1.3681, 1.01]);
    const found = numbers(output, /descent ([\d.]+)/g);
    // Both are printed with four decimals.
    for (const [i, slope] of slopes.entries()) expect(Math.abs((found[i] as number) - slope)).toBeLessThan(2.01e-4);
  },
  svm: (output) => {
    expect(numbers(output, /XOR, linear: ([\d.]+) %/g)[0]).toBeLessThanOrEqual(75);
    expect(Math.min(...numbers(output, /XOR, .* kernel: ([\d.]+) %/g))).toBeGreaterThan(97);
    const [linear, kernel] = numbers(output, /digits, .*: ([\d.]+) %/g) as [number, number];
    expect(kernel).toBeGreaterThan(linear);
  },
  "two-layer-network": (output) => {
    const shares = numbers(output, /layers.*: ([\d.]+) %/g);
    expect(shares).toHaveLength(3);
    expect(Math.min(...shares)).toBeGreaterThan(30);
    expect(numbers(output, /by at most ([\de.+-]+)/g)[0]).toBeLessThan(1e-5);
  },
  universality: (output) => {
    expect(numbers(output, /largest error on \[−2, 2\]: ([\d.]+)/g)[0]).toBeLessThanOrEqual(0.01);
    expect(readFileSync(join(folder, "universality.svg"), "utf8")).toMatch(/^<svg .*<polyline .*<polyline .*<\/svg>$/);
  },
  "geometric-view": (output) => {
    expect(numbers(output, /points: ([\d.]+) %/g)[0]).toBeGreaterThan(93);
    expectPng("geometric-view.png");
  },
  activations: (output) => {
    expect(output).toContain("sigmoid: f(±1) = 0.269, 0.731; f′(±1) = 0.197, 0.197");
    expect(output).toContain("leaky ReLU: f(±1) = -0.100, 1.000; f′(±1) = 0.100, 1.000");
    expect(output.match(/f′\(±1\) = -?\d/g)).toHaveLength(9);
    expect(readFileSync(join(folder, "activations.svg"), "utf8").match(/<polyline /g)).toHaveLength(18);
  },
  "handwritten-digits": (output) => {
    expect(numbers(output, /digits: ([\d.]+) %/g)[0]).toBeGreaterThan(78);
    const confidences = numbers(output, /^\d: ([\d.]+) %/gm);
    expect(confidences).toHaveLength(10);
    // Ten numbers with two decimals.
    expect(Math.abs(confidences.reduce((sum, value) => sum + value) - 100)).toBeLessThan(0.06);
  },
  playground: (output) => {
    const shares = numbers(output, /frame \d: ([\d.]+) %/g);
    expect(shares).toHaveLength(5);
    expect(shares.at(-1)).toBeGreaterThan(90);
    expectPng("playground.png");
  },
  "twenty-lines": (output) => {
    const losses = numbers(output, /^\d+ ([\d.e-]+)$/gm);
    expect(losses).toHaveLength(10);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
  },
  "cifar-convnet": (output) => {
    const rates = [...output.matchAll(/rate ([\d.]+): ([\d.]+) % of the images kept back/g)];
    expect(rates).toHaveLength(2);
    const [best] = rates.sort(([, , a], [, , b]) => Number(b) - Number(a));
    const [rate, share] = numbers(output, /objects, rate ([\d.]+): ([\d.]+) %/g) as [number, number];
    expect(rate).toBe(Number(best?.[1]));
    expect(share).toBeGreaterThan(25);
  },
  "train-lenet5": (output) => {
    const shares = numbers(output, /test accuracy ([\d.]+) %/g);
    expect(shares).toHaveLength(2);
    expect(shares.at(-1)).toBeGreaterThan(80);
    expect(statSync(join(folder, "lenet5.safetensors")).size).toBeGreaterThan(4 * 1_256_080);
  },
};

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

/** Not an example. */
const others = ["inputs"];

beforeAll(() => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", "tsconfig.examples.json"], { cwd: root, stdio: "inherit" });
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe("examples/", () => {
  it.each(Object.entries(results))("%s", (name, check) => {
    const file = join(root, "build-examples", "examples", `${name}.js`);
    const output = execFileSync(process.execPath, [file, "--quick"], { cwd: folder, encoding: "utf8", stdio: "pipe" });
    check(output);
    // What is asked of real images is found in what it prints.
    for (const figure of figures[name] ?? []) expect(judge(figure, output).got, figure.system).not.toHaveLength(0);
  });

  const names = readdirSync(join(root, "examples"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => basename(file, ".ts"));

  it("are all run here", () => {
    expect(names.sort()).toEqual([...Object.keys(results), ...others].sort());
  });

  it("are all in the index", () => {
    const index = readFileSync(join(root, "examples", "README.md"), "utf8");
    expect(names.filter((name) => name !== "inputs" && !index.includes(`(${name}.ts)`))).toEqual([]);
  });

  it.each(names)("%s is short", (name) => {
    expect(readFileSync(join(root, "examples", `${name}.ts`), "utf8").split("\n").length).toBeLessThanOrEqual(80);
  });
});
