/** What the output of each example shows, run with `--quick`. */

import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

/** Where examples write their pictures. */
export const folder = mkdtempSync(join(tmpdir(), "nodegrad-examples-"));

/** The numbers that a pattern catches in a text, of all places where it matches. */
const numbers = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)].flatMap((match) => match.slice(1).map(Number));

function expectPng(name: string): void {
  expect(readFileSync(join(folder, name)).subarray(1, 4).toString()).toBe("PNG");
}

/** A picture with so many curves, and no number that is none. */
function expectCurves(name: string, count: number): void {
  const svg = readFileSync(join(folder, name), "utf8");
  expect(svg).toMatch(/^<svg .*<\/svg>\n?$/s);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg.match(/<(path|polyline) [^>]*stroke/g)).toHaveLength(count);
}

/** By the name of the example. */
export const results: Readonly<Record<string, (output: string) => void>> = {
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
    expectCurves("universality.svg", 3);
  },
  "geometric-view": (output) => {
    expect(numbers(output, /points: ([\d.]+) %/g)[0]).toBeGreaterThan(93);
    expect(readFileSync(join(folder, "geometric-view.svg"), "utf8").match(/<circle /g)).toHaveLength(303);
  },
  activations: (output) => {
    expect(output).toContain("sigmoid: f(±1) = 0.269, 0.731; f′(±1) = 0.197, 0.197");
    expect(output).toContain("leaky ReLU: f(±1) = -0.100, 1.000; f′(±1) = 0.100, 1.000");
    expect(output.match(/f′\(±1\) = -?\d/g)).toHaveLength(9);
    expectCurves("activations.svg", 18);
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
  losses: (output) => {
    expect(output).toContain("hinge: 2.90, 0.00, 12.90\nmean hinge: 5.27\n");
    expect(output).toContain("hinge with j = y: 3.90, 1.00, 13.90");
    expect(output).toMatch(/hinge of twice the scores: [\d.]+, 0.00, /);
    expect(output).toContain("softmax of the cat: 0.13, 0.87, 0.00\ncross-entropy: 2.04, ");
    expect(output).toContain("ten scores of 0: hinge 9.00, cross-entropy 2.303");
    expect(output).toContain("Wx + b = (-2.85, 0.86, 0.28), hinge 1.58");
    expect(output).toContain("softmax (0.0154, 0.6312, 0.3534), cross-entropy 1.04");
    expect(output).toContain("jiggled: hinge 0.00, 0.00, 0.00\njiggled: cross-entropy 0.0009, 0.5514, 0.0000");
    expect(output).toContain("KL divergence: 0.6931; −ln 0.5: 0.6931");
    expectCurves("losses.svg", 5);
  },
  regularisation: (output) => {
    const runs = numbers(output, /: loss ([\d.]+), of others ([\d.]+)/g);
    expect(runs).toHaveLength(12);
    const [training, validation, , penalised, , dropped] = runs as [number, number, number, number, number, number];
    // It knows by heart what it has seen, wrong labels included.
    expect(training).toBeLessThan(validation / 3);
    expect(Math.max(penalised, dropped)).toBeLessThan(validation);
    // What is too small learns neither.
    expect(Math.min(...runs.slice(-2))).toBeGreaterThan(1);
    expectCurves("regularisation.svg", 12);
  },
  augmentation: (output) => {
    expect(output.match(/: images 10×3×32×32, label of the first \d$/gm)).toHaveLength(4);
    const shares = numbers(output, /mixup: .*first ([\d.]+), ([\d.]+)/g);
    expect((shares[0] as number) + (shares[1] as number)).toBeCloseTo(1, 2);
    expectPng("augmentation.png");
  },
  backpropagation: (output) => {
    expect(output).toContain("q = 3, f = -12, ∂f/∂(x, y, z) = -4.0000, -4.0000, 3.0000");
    expect(output).toContain("at x = 2: dL/dw = 2.4000");
    expect(output.match(/differences: -4.0000, -4.0000, 3.0000/g)).toHaveLength(2);
    expect(output).toContain("gradient check: relative errors 0, 0, 0");
    expect(output).toContain("GradientError: checkGradients: vjp of order 1 with respect to input 0");
    expect(output).toContain("(cos(x₁) + x₂, x₁)");
    // One pass of reverse mode gives what forward mode gives in two.
    expect(output).toMatch(/x1 +1.5 +0.570737\nx2 +0.5 +1.5\n/);
    expect(numbers(output, /v3 = v1 \+ v2 +1.74749 +([\d.]+)/g)).toEqual([1, 0.570737, 1.5]);
    expect(output).toMatch(/derivatives: -0.9975, 1.0000.*derivatives: 1.0000, 0.0000/s);
    expect(numbers(output, /on paper and dL\/dW: ([\de.+-]+)/g)[0]).toBeLessThan(1e-6);
    expect(readFileSync(join(folder, "graph.svg"), "utf8")).toContain(">f = −12<");
    expect(readFileSync(join(folder, "graph.dot"), "utf8")).toContain("digraph");
  },
  "error-surface": (output) => {
    const ends = [...output.matchAll(/from .* to \((.*)\)/g)].map(([, end]) => end);
    expect(ends).toEqual(["3.00, 2.00", "-2.81, 3.13", "-3.78, -3.28", "3.58, -1.85", "-2.81, 3.13"]);
    const steps = numbers(output, /below 0.05 after (-?\d+) steps/g);
    expect(steps).toHaveLength(7);
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expectCurves("error-surface.svg", 12);
  },
  "gradient-descent": (output) => {
    const losses = numbers(output, /steps, loss ([\d.]+)/g);
    expect(losses).toHaveLength(5);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(output).toContain("step: rate 0.10, 0.030, 0.0090");
    expect(output).toContain("as it is: after 500 steps w = NaN");
    expect(output).toContain("clipped to 1: after 500 steps w = 1.0000");
    expectCurves("gradient-descent.svg", 8);
  },
  initialisation: (output) => {
    const last = numbers(output, /: .* → ([\de.+-]+)$/gm);
    expect(last).toHaveLength(8);
    const [vanishing, exploding, , kaiming] = last.slice(4) as [number, number, number, number];
    expect([vanishing < 1e-10, exploding > 1e5, kaiming > 0.2, kaiming < 5]).toEqual([true, true, true, true]);
    expectCurves("initialisation.svg", 8);
  },
  neuron: (output) => {
    expect(output).toContain("(1.00, -1.00) → (0.98, 0.12) → (0.86, 0.11) → (0.62, 0.83)");
    expect(output).toContain("(0.00, 0.00) → (0.73, 0.50) → (0.72, 0.12) → (0.51, 0.85)");
  },
  "deep-vs-wide": (output) => {
    const runs = numbers(output, /: (\d+) parameters, mean squared error ([\de.+-]+)/g);
    const [wide, wideError, two, twoError, three, threeError] = runs as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    expect(Math.max(two, three)).toBeLessThanOrEqual(wide);
    expect(Math.max(twoError, threeError)).toBeLessThan(wideError / 10);
    expectCurves("deep-vs-wide.svg", 6);
  },
  convolution: (output) => {
    const sizes = [...output.matchAll(/^7×7 by 3×3 .*: (.*)$/gm)].map(([, size]) => size);
    expect(sizes).toEqual(["5×5", "3×3", "7×7", "3×3"]);
    expect(output).toContain("3×32×32 → 6×28×28: 456 parameters, 352800 multiply-adds");
    expect(output).toContain("3×32×32 → 10×32×32: 760 parameters, 768000 multiply-adds");
    const differences = numbers(output, /differ by at most ([\de.+-]+)/g);
    expect(differences).toHaveLength(2);
    expect(Math.max(...differences)).toBeLessThan(1e-5);
    expect(output).toContain("with stride 1: 3, 5, 7, 9\n");
    expect(output).toContain("with stride 2: 3, 7, 15, 31\n");
    expect(output).toContain("maxima of the lecture's slice: 6, 8, 3, 4\n");
    expect(output).toMatch(/parameters +1,256,080;/);
  },
  "model-selection": (output) => {
    expect(output).toContain("800 to train on, 200 to validate on, 300 to test on");
    const widths = numbers(output, /^width (\d+): /gm);
    const scores = numbers(output, /^width \d+: ([\d.]+) %/gm);
    const [chosen, tested] = numbers(output, /chosen: width (\d+), ([\d.]+) %/g) as [number, number];
    expect(chosen).toBe(widths[scores.indexOf(Math.max(...scores))]);
    expect(tested).toBeGreaterThan(70);
    expect(numbers(output, /424 weights, N > (\d+)/g)[0]).toBe(Math.round(424 / (1 - (scores[0] as number) / 100)));
    expect(output).toMatch(/best: \d \(.*worst: \d \(/);
  },
  "sequence-task": (output) => {
    const shares = numbers(output, /bits ([\d.]+) %/g);
    expect(shares).toHaveLength(4);
    const [bit10, bit100, lstm10, lstm100] = shares as [number, number, number, number];
    expect(Math.max(bit10, bit100)).toBeLessThan(58);
    expect(Math.min(lstm10, lstm100)).toBeGreaterThan(99);
  },
  "char-lstm": (output) => {
    expect(numbers(output, /next character: ([\d.]+) %/g)[0]).toBeGreaterThan(80);
    expect(numbers(output, /spelt rightly: ([\d.]+) %/g)[0]).toBeGreaterThan(85);
    expect(numbers(output, /make sense: ([\d.]+) %/g)[0]).toBeGreaterThan(30);
  },
  captioner: (output) => {
    expect(numbers(output, /([\d.]+) % of other pictures/g)[0]).toBeGreaterThan(30);
  },
  "question-answerer": (output) => {
    const [blind, seeing] = numbers(output, /question(?: alone)?: ([\d.]+) %/g) as [number, number];
    expect(blind).toBeLessThan(40);
    expect(seeing).toBeGreaterThan(75);
  },
  dialog: (output) => {
    const [first, second, alone] = numbers(output, /question(?: alone)?: ([\d.]+) %/g) as [number, number, number];
    expect(Math.min(first, second)).toBeGreaterThan(85);
    expect(alone).toBeLessThan(70);
  },
  "error-decomposition": (output) => {
    const part = (name: string) => numbers(output, new RegExp(`${name} (-?[\\d.]+) %`, "g"));
    const [found, bayes] = [numbers(output, /neurons: ([\d.]+) %/g), part("Bayes")];
    const [approximation, estimation, optimisation] = [part("approximation"), part("estimation"), part("optimisation")];
    for (const i of [0, 1, 2]) {
      const parts = [bayes, approximation, estimation, optimisation].map((values) => values[i] as number);
      // Each of the five is rounded to a hundredth.
      expect(Math.abs(parts.reduce((a, b) => a + b) - (found[i] as number))).toBeLessThan(0.026);
    }
    // The larger the network, the more it can express, and the more examples it takes to tell it what.
    expect(approximation).toEqual([...approximation].sort((a, b) => b - a));
    expect(estimation).toEqual([...estimation].sort((a, b) => a - b));
  },
  "feature-maps": (output) => {
    expect(numbers(output, /images: ([\d.]+) %/g)[0]).toBeGreaterThan(50);
    expect(output).toContain("16 maps of 32 × 32: feature-maps-1.png");
    expect(output).toContain("16 maps of 16 × 16: feature-maps-2.png");
    for (const name of ["filters.png", "feature-maps-1.png", "feature-maps-2.png"]) expectPng(name);
  },
  "training-report": (output) => {
    const lines = numbers(output, /training loss ([\d.]+), .*\n {2}validation: loss ([\d.]+)/g);
    const [narrow, , wide, wideApart] = lines as [number, number, number, number];
    // The first learns too little, the second too much.
    expect(narrow).toBeGreaterThan(2 * wide);
    expect(wideApart).toBeGreaterThan(1.5 * wide);
    for (const name of ["narrow", "wide", "convolutional"]) {
      const page = readFileSync(join(folder, `report-${name}.html`), "utf8");
      expect(page).toMatch(/accuracy [\d.]+ % of 300; best: [\w-]+ \([\d.]+ %\), worst: /);
      // Filters, and mistakes.
      expect(page.match(/<img /g)).toHaveLength(25);
    }
  },
  "blas-stdlib": (output) => {
    const errors = numbers(output, /errors ([\de.+-]+) and ([\de.+-]+)/g);
    expect(errors).toHaveLength(8);
    // Of sums of at most 257 terms in float32.
    expect(Math.max(...errors)).toBeLessThan(260 * 2 ** -24);
    expect(numbers(output, /: ([\d.]+) times as fast/g)).toHaveLength(4);
  },
  "blas-ml-matrix": (output) => {
    const [exact, rounded] = numbers(output, /weights within ([\de.+-]+)/g) as [number, number];
    expect(exact).toBeLessThan(1e-10);
    expect(rounded).toBeLessThan(1e-3);
    expect(output).toMatch(/of the products [\d.]+ ms were sgemm and [\d.]+ ms conversion of \d+ elements/);
  },
  "blas-brain": (output) => {
    expect(numbers(output, /: ([\d.]+) times as fast/g)).toHaveLength(1);
    expect(numbers(output, /differ by at most ([\de.+-]+)/g)[0]).toBeLessThan(1e-3);
  },
  "train-lenet5": (output) => {
    const shares = numbers(output, /test accuracy ([\d.]+) %/g);
    expect(shares).toHaveLength(2);
    expect(shares.at(-1)).toBeGreaterThan(80);
    expect(statSync(join(folder, "lenet5.safetensors")).size).toBeGreaterThan(4 * 1_256_080);
  },
  "tfjs-mnist": (output) => {
    expect(output.match(/^epoch \d+: loss [\d.]+, validation accuracy [\d.]+ %$/gm)).toHaveLength(10);
    expect(numbers(output, /digits: ([\d.]+) %/g)[0]).toBeGreaterThan(75);
  },
  "tfjs-mobilenet": (output) => {
    expect(output).toContain("475544 parameters");
    const lines = [...output.matchAll(/^(\w+): [\d.]+ ms per image, (class .*), ([\de.+-]+) apart$/gm)];
    expect(lines.map(([, backend]) => backend)).toEqual(["nodegrad", "wasm", "cpu"]);
    expect(new Set(lines.map(([, , found]) => found)).size).toBe(1);
    for (const [, , , apart] of lines) expect(Number(apart)).toBeLessThan(1e-5);
  },
  "tfjs-lstm": (output) => {
    expect(numbers(output, /rows: ([\d.]+) %/g)[0]).toBeGreaterThan(95);
  },
  "tfjs-transformer": (output) => {
    expect(numbers(output, /places: ([\d.]+) %/g)[0]).toBeGreaterThan(99);
  },
  "tfjs-save-load": (output) => {
    expect(numbers(output, /read by nodegrad: (.+) apart|and back: (.+) apart/g).filter((x) => x === 0)).toHaveLength(
      2,
    );
    const [read, moved] = numbers(output, /cpu: ([\de.+-]+) apart/g) as [number, number];
    // A handful of roundings of numbers up to 1.
    expect(Math.max(read, moved)).toBeLessThan(2e-6);
    expect(Object.keys(JSON.parse(readFileSync(join(folder, "model.json"), "utf8")))).toContain("weightsManifest");
    // 65 weights.
    expect(statSync(join(folder, "weights.bin")).size).toBe(4 * 65);
  },
};
