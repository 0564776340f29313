/** One valid instruction per opcode, to be run, or broken in one place and rejected. */

import type { Opcode } from "../../lib/program/opcodes.js";
import type { MicroDescription } from "../../lib/program/writer.js";
import { ascending, passThrough, type TestInstruction, type TestView } from "./hand-written.js";

const zeros = (shape: readonly number[], dtype: TestView["dtype"] = "float32"): TestView => {
  return { dtype, shape, data: ascending(shape.reduce((a, b) => a * b, 1)).map(() => 0) };
};

const window = { strideH: 1, strideW: 1, padTop: 0, padLeft: 0, dilationH: 1, dilationW: 1, groups: 2, accuracy: 0 };
const pooling = {
  kind: 0,
  kernelH: 2,
  kernelW: 2,
  strideH: 2,
  strideW: 2,
  padTop: 1,
  padLeft: 0,
  countIncludePadding: 0,
};

/** max(r0 + r1, scalar 0) as int32 and back, so that most kinds of micro-op take part. */
const micro: MicroDescription = {
  registers: 4,
  results: [2],
  code: [
    { op: "add", dtype: "float32", dst: 2, a: 0, b: 1 },
    { op: "scalar", dtype: "float32", dst: 3, a: 0 },
    { op: "gt", dtype: "float32", dst: 1, a: 2, b: 3 },
    { op: "where", dtype: "float32", dst: 2, a: 1, b: 2, c: 3 },
    { op: "cast", dtype: "int32", dst: 2, a: 2, b: 0 },
    { op: "constant", dtype: "int32", dst: 0, value: 3 },
    { op: "mul", dtype: "int32", dst: 2, a: 2, b: 0 },
    { op: "cast", dtype: "float32", dst: 2, a: 2, b: 2 },
  ],
};

export const validInstructions: { readonly [K in Opcode]: TestInstruction } = {
  map: { opcode: "map", outputs: [{ shape: [2, 3] }], inputs: [zeros([2, 3]), zeros([2, 3])], micro, scalars: [0] },
  reduce: {
    opcode: "reduce",
    outputs: [{ shape: [1, 3] }],
    inputs: [zeros([2, 3]), zeros([2, 3])],
    attributes: { kind: 0, axis: -1 },
    micro,
    scalars: [0],
  },
  matmul: {
    opcode: "matmul",
    outputs: [{ shape: [2, 3, 4] }],
    inputs: [zeros([2, 3, 5]), zeros([2, 5, 4]), zeros([2, 3, 4])],
    micro,
    scalars: [0],
  },
  conv2d: {
    opcode: "conv2d",
    outputs: [{ shape: [2, 4, 3, 3] }],
    inputs: [zeros([2, 6, 4, 4]), zeros([4, 3, 2, 2])],
    attributes: window,
    micro: passThrough,
  },
  conv2dGradInput: {
    opcode: "conv2dGradInput",
    outputs: [{ shape: [2, 6, 4, 4] }],
    inputs: [zeros([2, 4, 3, 3]), zeros([4, 3, 2, 2])],
    attributes: window,
    micro: passThrough,
  },
  conv2dGradWeight: {
    opcode: "conv2dGradWeight",
    outputs: [{ shape: [4, 3, 2, 2] }],
    inputs: [zeros([2, 6, 4, 4]), zeros([2, 4, 3, 3])],
    attributes: window,
    micro: passThrough,
  },
  pool: { opcode: "pool", outputs: [{ shape: [1, 2, 2, 2] }], inputs: [zeros([1, 2, 3, 4])], attributes: pooling },
  poolGrad: {
    opcode: "poolGrad",
    outputs: [{ shape: [1, 2, 3, 4] }],
    inputs: [zeros([1, 2, 2, 2]), zeros([1, 2, 3, 4])],
    attributes: pooling,
  },
  softmax: { opcode: "softmax", outputs: [{ shape: [2, 3] }], inputs: [zeros([2, 3])], attributes: { log: 0 } },
  softmaxGrad: {
    opcode: "softmaxGrad",
    outputs: [{ shape: [2, 3] }],
    inputs: [zeros([2, 3]), zeros([2, 3])],
    attributes: { log: 1 },
  },
  crossEntropy: {
    opcode: "crossEntropy",
    outputs: [{ shape: [2, 1] }],
    inputs: [zeros([2, 3]), zeros([2, 1], "int32")],
  },
  crossEntropyGrad: {
    opcode: "crossEntropyGrad",
    outputs: [{ shape: [2, 3] }],
    inputs: [zeros([2, 1]), zeros([2, 3]), zeros([2, 1], "int32")],
  },
  gather: {
    opcode: "gather",
    outputs: [{ shape: [2, 3] }],
    inputs: [zeros([5, 3]), zeros([2, 3], "int32")],
    attributes: { axis: 0 },
  },
  scatterAdd: {
    opcode: "scatterAdd",
    outputs: [{ shape: [5, 3] }],
    inputs: [zeros([5, 3]), zeros([2, 3], "int32"), zeros([2, 3])],
    attributes: { axis: 0 },
  },
  copy: { opcode: "copy", outputs: [{ shape: [2, 3] }], inputs: [zeros([2, 3])] },
  random: {
    opcode: "random",
    outputs: [{ shape: [7] }],
    inputs: [zeros([2], "int32")],
    attributes: { kind: 1, stream: 9 },
  },
};
