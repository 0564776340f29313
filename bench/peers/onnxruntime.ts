/**
 * onnxruntime-node, with models written here, into outputs that are allocated already:
 *
 *     onnxruntime.js THREADS matmul NN|NT|TN M N K
 *     onnxruntime.js THREADS conv forward NCHW N C H W FILTERS KERNEL STRIDE PADDING GROUPS
 *     onnxruntime.js THREADS softmax|logSoftmax ROWS COLUMNS
 *     onnxruntime.js THREADS pool max|avg NCHW N C H W
 *     onnxruntime.js THREADS infer BATCH MOMENTUM NETWORK
 */

import { createRequire } from "node:module";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { repeatAsync } from "../harness/case.js";
import { numbers } from "../harness/numbers.js";
import { serve } from "../harness/serve.js";
import type { Network } from "../models/networks.js";
import { type Constant, encodeModel, type Graph, type Operator, type Shaped } from "./onnx.js";
import { networkGraph } from "./onnx-network.js";

/** Shapes by name. */
type Shapes = Readonly<Record<string, readonly number[]>>;

const [threads, kind = "", ...words] = process.argv.slice(2);

/** Operators on inputs, and on weights that a model may prepare ahead; their numbers are of the sequences 1, 2, … */
function graphOf(
  operators: readonly Operator[],
  inputs: Shapes,
  output: readonly number[],
  weights: Shapes = {},
): Graph {
  const shaped = (shapes: Shapes) => Object.entries(shapes).map(([name, shape]): Shaped => ({ name, shape }));
  const constants = shaped(weights).map((constant, i): Constant => {
    return { ...constant, values: numbers(size(constant.shape), Object.keys(inputs).length + i + 1) };
  });
  return { operators, inputs: shaped(inputs), output: { name: "y", shape: output }, constants };
}

const GRAPHS: Readonly<Record<string, () => Graph>> = {
  matmul() {
    const [transposes = "", ...rest] = words;
    const [m = 0, n = 0, k = 0] = rest.map(Number);
    const [transA, transB] = Array.from(transposes, (letter) => Number(letter === "T"));
    const operator = { type: "Gemm", inputs: ["a", "b"], output: "y", attributes: { transA, transB } as Attributes };
    return graphOf([operator], { a: transA ? [k, m] : [m, k], b: transB ? [n, k] : [k, n] }, [m, n]);
  },
  conv() {
    const [n = 0, c = 0, h = 0, w = 0, filters = 0, kernel = 0, stride = 0, padding = 0, group = 1] = words
      .slice(2)
      .map(Number);
    const slid = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
    const attributes = { group, strides: [stride, stride], pads: [padding, padding, padding, padding] };
    return graphOf(
      [{ type: "Conv", inputs: ["x", "w"], output: "y", attributes }],
      { x: [n, c, h, w] },
      [n, filters, slid(h), slid(w)],
      { w: [filters, c / group, kernel, kernel] },
    );
  },
  softmax: () => rows("Softmax"),
  logSoftmax: () => rows("LogSoftmax"),
  pool() {
    const [n = 0, c = 0, h = 0, w = 0] = words.slice(2).map(Number);
    const type = words[0] === "max" ? "MaxPool" : "AveragePool";
    const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
    const operator = { type, inputs: ["x"], output: "y", attributes };
    return graphOf([operator], { x: [n, c, h, w] }, [n, c, h / 2, w / 2]);
  },
  infer: () => networkGraph(JSON.parse(words[2] ?? "") as Network, Number(words[0])),
};

type Attributes = NonNullable<Operator["attributes"]>;

function rows(type: string) {
  const shape = words.map(Number);
  return graphOf([{ type, inputs: ["x"], output: "y", attributes: { axis: 1 } }], { x: shape }, shape);
}

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

const graph = GRAPHS[kind]?.();
if (graph === undefined) throw new Error(`onnxruntime does not do ${kind}`);
const session = await InferenceSession.create(encodeModel(graph), { intraOpNumThreads: Number(threads) });
const feeds = Object.fromEntries(
  graph.inputs.map(({ name, shape }, i) => [name, new Tensor("float32", numbers(size(shape), i + 1), shape)]),
);
const result = new Float32Array(size(graph.output.shape));
const fetches = { y: new Tensor("float32", result, graph.output.shape) };
const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
const run = repeatAsync(() => session.run(feeds, fetches));
await serve(version, Object.assign(run, { result: () => result }));
