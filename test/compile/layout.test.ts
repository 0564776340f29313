import { describe, expect, it } from "vitest";
import { compileGraph } from "../../lib/compile/index.js";
import { encodeGraph, type Request } from "../../lib/graph/signature.js";
import * as ng from "../../lib/index.js";
import { verifyProgram } from "../../lib/program/verify.js";

const { add, compile, conv2d, maxPool2d, randomNormal, relu, setBackend, transpose, variable } = ng;

const instructions = (request: Request) => verifyProgram(compileGraph(encodeGraph(request).graph)).instructions;
const of = (root: ng.Tensor) => instructions({ roots: [root], updates: [] });

/** The order in memory of what each instruction writes. */
const orders = (root: ng.Tensor) =>
  of(root).map(({ opcode, outputs: [out] }) => `${opcode} ${out?.strides[1] === 1 ? "nhwc" : "nchw"}`);

let seed = 0;
const random = (shape: number[]) => randomNormal(shape, { seed: seed++ }).realize();
const x = random([2, 40, 5, 6]);
const w = random([40, 40, 1, 1]);
const w3 = random([40, 40, 3, 3]);

describe("images between instructions", () => {
  it("have many channels side by side, and the result the order of its axes", () => {
    expect(orders(conv2d(relu(conv2d(x, w)), w))).toEqual(["conv2d nhwc", "conv2d nchw"]);
  });

  it("that are read in step lie the same way", () => {
    const shortcut = relu(conv2d(x, w));
    const sum = relu(add(conv2d(shortcut, w3, { padding: 1 }), shortcut));
    const pooled = maxPool2d(sum, { kernel: 2 });
    expect(orders(conv2d(pooled, w))).toEqual(["conv2d nhwc", "conv2d nhwc", "pool nhwc", "conv2d nchw"]);
  });

  it("keep the order of the axes with few channels, beside images from outside, and where they are reshaped", () => {
    const few = random([3, 40, 1, 1]);
    expect(orders(conv2d(conv2d(x, few), random([3, 3, 1, 1])))).toEqual(["conv2d nchw", "conv2d nchw"]);
    expect(orders(conv2d(add(conv2d(x, w), x), w))).toEqual(["conv2d nchw", "conv2d nchw"]);
    expect(orders(conv2d(x, w).reshape([2, 1200]).softmax())[0]).toBe("conv2d nchw");
  });
});

describe("images that are read in another order", () => {
  const memory = variable(random([2, 5, 6, 40]));
  const seen = transpose(memory, [0, 3, 1, 2]);

  it("are written in it, without a copy", () => {
    const result = transpose(conv2d(seen, w3, { padding: 1 }), [0, 2, 3, 1]);
    const [convolution, ...others] = instructions({ roots: [], updates: [[variable(random([2, 5, 6, 40])), result]] });
    expect(others).toEqual([]);
    expect(convolution?.outputs[0]).toMatchObject({ shape: [2, 40, 5, 6], strides: [1200, 1, 240, 40] });
    expect(of(transpose(relu(seen), [0, 2, 3, 1])).map(({ opcode }) => opcode)).toEqual(["map"]);
  });

  it("are copied for a variable that is read as well", () => {
    const value = transpose(conv2d(seen, w), [0, 2, 3, 1]);
    expect(instructions({ roots: [], updates: [[memory, value]] }).map(({ opcode }) => opcode)).toEqual([
      "conv2d",
      "copy",
    ]);
  });
});

describe("a network whose images are turned", () => {
  const network = (x: ng.Tensor, options: { layout?: "NHWC" | "NCHW" }) => {
    const a = relu(conv2d(x, w, options));
    const b = relu(add(conv2d(a, w3, { ...options, padding: 1 }), a));
    return conv2d(maxPool2d(b, { ...options, kernel: 3, stride: 2, padding: 1 }), w, options);
  };
  const nhwc = transpose(x, [0, 2, 3, 1]).realize();

  for (const backend of ["reference", "native"]) {
    it(`has the same values and gradients on ${backend}`, () => {
      setBackend(backend);
      try {
        const both = (x: ng.Tensor, layout: "NHWC" | "NCHW") =>
          compile((x: ng.Tensor) => {
            const [y, { vjp: pull }] = [network(x, { layout }), ng.vjp((x) => network(x, { layout }), [x])];
            return [y, pull(y)[0] as ng.Tensor];
          })(x);
        const turned = both(nhwc, "NHWC").map((image) => transpose(image, [0, 3, 1, 2]).dataSync());
        both(x, "NCHW").forEach((image, i) => {
          const expected = turned[i] as Float32Array;
          // Sums of at most 9 · 40 products through four layers.
          const scale = Math.max(...expected.map(Math.abs));
          image.dataSync().forEach((value, at) => {
            expect(Math.abs(Number(value) - (expected[at] as number)) / scale).toBeLessThan(4 * 360 * 2 ** -24);
          });
        });
      } finally {
        setBackend("native");
      }
    });
  }
});
