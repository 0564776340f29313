/** Misuses, and the errors they give: typed, with a code, in one form, at the user's line, on both machines. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadMnist, parseIdx, readIdx } from "../lib/data/index.js";
import {
  arange,
  assign,
  BackendError,
  broadcastTo,
  checkGradients,
  compile,
  concat,
  DTypeError,
  dropout,
  FormatError,
  full,
  GradientError,
  getBackend,
  grad,
  IndexError,
  jvp,
  matmul,
  type NodegradError,
  OptionError,
  oneHot,
  randomUniform,
  realize,
  registerBackend,
  ShapeError,
  StaleTensorError,
  scatterAdd,
  setAccuracy,
  setBackend,
  setNumThreads,
  squeeze,
  type Tensor,
  tensor,
  variable,
  vjp,
  where,
  zeros,
} from "../lib/index.js";
import { decodeSafetensors, encodeSafetensors, loadSafetensors, saveSafetensors } from "../lib/io/index.js";
import { crossEntropy, Linear } from "../lib/nn/index.js";
import { SGD } from "../lib/optim/index.js";
import { describeOnBoth, runScript } from "./runtime/support.js";

type Misuse = readonly [what: string, message: string, use: () => unknown];

const codes = new Map<typeof NodegradError | (new (message: string) => NodegradError), string>([
  [ShapeError, "SHAPE"],
  [DTypeError, "DTYPE"],
  [OptionError, "OPTION"],
  [GradientError, "GRADIENT"],
  [BackendError, "BACKEND"],
  [IndexError, "INDEX"],
  [StaleTensorError, "STALE_TENSOR"],
  [FormatError, "FORMAT"],
]);

/** What comes out of a misuse. */
async function errorOf(use: () => unknown): Promise<Error> {
  try {
    await use();
  } catch (error) {
    return error as Error;
  }
  return expect.fail("nothing was thrown");
}

function expectError(error: Error, type: new (message: string) => NodegradError, message: string): void {
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ name: type.name, code: codes.get(type), message });
  expect(error.message).toMatch(/^[\w.]+: .+/);
}

/** The first frame of a stack that lies in a file, and not in nodegrad's. */
function firstFrameOutside(error: Error): string | undefined {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  return frames.find((frame) => !frame.includes("/lib/") && !frame.includes("node:"));
}

const unchecked = <T>(value: unknown) => value as T;
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const int = tensor(Int32Array.of(1, 2, 3));
const image = zeros([1, 2, 5, 5]);
const filters = zeros([3, 2, 3, 3]);
const w = variable([1, 2], { name: "w" });

function detached(): Float32Array {
  const array = new Float32Array(4);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

const shapes: Misuse[] = [
  ["ragged rows", "tensor: arrays are ragged: got [3] at [1], expected 2 elements", () => tensor([[1, 2], [3]])],
  [
    "ragged depth",
    "tensor: arrays are ragged: got [2] at [1, 0], expected a single element",
    () => tensor(unchecked([[1], [[2]]])),
  ],
  [
    "a shape that does not fit",
    "tensor: shape [2, 2] does not fit the data: 4 elements wanted, 3 given",
    () => tensor([1, 2, 3], { shape: [2, 2] }),
  ],
  ["a negative length", "zeros: shape must hold non-negative integers, got [2, -1]", () => zeros([2, -1])],
  ["a fractional length", "zeros: shape must hold non-negative integers, got [1.5]", () => zeros([1.5])],
  ["too many axes", "zeros: more than 8 axes: [1, 1, 1, 1, 1, 1, 1, 1, 1]", () => zeros(new Array(9).fill(1))],
  ["too many levels", "tensor: more than 8 levels of arrays", () => tensor(unchecked([[[[[[[[[1]]]]]]]]]))],
  [
    "too many elements",
    "zeros: too many elements: [65536, 32768] (2147483648 > 2³¹ − 1)",
    () => zeros([2 ** 16, 2 ** 15]),
  ],
  ["no broadcast", "add: shapes do not broadcast: [2, 3] and [2] (3 ≠ 2)", () => x.add(tensor([1, 2]))],
  ["inner dimensions", "matmul: inner dimensions differ: [2, 3] · [2, 3] (3 ≠ 2)", () => x.matmul(x)],
  ["a product of scalars", "matmul: operands need at least 1 axis, got [2, 3] · []", () => x.matmul(tensor(1))],
  ["no elements", "argMax: axis 0 has no elements: [0]", () => zeros([0]).argMax()],
  ["a wrong rank", "conv2d: x must have 4 axes [n, c, h, w], got [2, 3]", () => x.conv2d(filters)],
  [
    "wrong channels",
    "conv2d: channels differ: x [1, 2, 5, 5] has 2, weights [3, 4, 3, 3] in 1 group(s) expect 4",
    () => image.conv2d(zeros([3, 4, 3, 3])),
  ],
  [
    "a large kernel",
    "conv2d: kernel is larger than the padded input: 7×7 over 5×5",
    () => image.conv2d(zeros([3, 2, 7, 7])),
  ],
  [
    "an image that is all padding",
    "conv2d: image is too large with its padding and dilation: 2147483654×2147483654 (> 2³¹ − 1)",
    () => image.conv2d(zeros([3, 2, 2, 2]), { padding: 2 ** 29, dilation: 2 ** 30, stride: 2 ** 30 }),
  ],
  ["another size", "reshape: sizes differ: [2, 3] to [4, 2] (6 ≠ 8)", () => x.reshape([4, 2])],
  ["two unknown lengths", "reshape: cannot infer −1: [2, 3] to [-1, -1]", () => x.reshape([-1, -1])],
  [
    "other shapes",
    "concat: shapes differ beside axis 1: [2, 3], [3, 3]",
    () => concat([x, zeros([3, 3])], { axis: 1 }),
  ],
  ["a long axis", "squeeze: axis 0 is not of length 1: [2, 3]", () => squeeze(x, { axes: 0 })],
  ["no stretch", "broadcastTo: shapes do not broadcast: [2, 3] and [2, 4] (3 ≠ 4)", () => broadcastTo(x, [2, 4])],
  ["other ranks", "takeAlongAxis: ranks differ: x [2, 3] and indices [3]", () => x.takeAlongAxis(int)],
  ["many elements", "item: needs a tensor of one element, got [2, 3]", () => x.item()],
  ["a value of another shape", 'assign: variable "w" has shape [2], got [2, 3]', () => w.assign(x)],
  [
    "labels of another shape",
    "crossEntropy: labels do not fit the logits: logits [2, 3], labels [3]; expected […, classes] and […]",
    () => crossEntropy(x, int),
  ],
  [
    "a cotangent of another shape",
    "vjp: cotangent 0 has shape [], expected [2, 3]",
    () => vjp(neg, [x]).vjp(tensor(1)),
  ],
];

const dtypes: Misuse[] = [
  ["numbers and booleans", "tensor: numbers and booleans are mixed", () => tensor(unchecked([1, true]))],
  ["a text", 'tensor: element at [0] must be a number or a boolean, got "1"', () => tensor(unchecked(["1"]))],
  [
    "another typed array",
    "tensor: no dtype for BigInt64Array(2); expected a Float32Array, Float64Array, Int32Array or Uint8Array",
    () => tensor(unchecked(new BigInt64Array(2))),
  ],
  ["a fraction", "tensor: element 0 is not a value of int32: 1.5", () => tensor([1.5], { dtype: "int32" })],
  ["NaN as an index", "tensor: element 0 is not a value of int32: NaN", () => tensor([NaN], { dtype: "int32" })],
  ["a large byte", "tensor: element 0 is not a value of uint8: 256", () => tensor([256], { dtype: "uint8" })],
  [
    "an unknown dtype",
    'tensor: unknown dtype "float16"; expected one of float32, float64, int32, uint8, bool',
    () => tensor([1], { dtype: unchecked("float16") }),
  ],
  ["two dtypes", "add: dtypes differ: float32 and int32; cast one of them", () => x.add(int)],
  ["a fraction and int32", "add: 0.5 is not a value of int32; cast the tensor first", () => int.add(0.5)],
  ["a float function of int32", "exp: needs float tensors, got int32; cast first", () => int.exp()],
  ["logic of floats", "logicalAnd: needs bool tensors, got float32; cast first", () => x.logicalAnd(x)],
  ["a product of int32", "matmul: needs a float tensor, got int32; cast it first", () => int.matmul(int)],
  ["float indices", "gather: indices must be int32 or uint8, got float32", () => x.gather(tensor([0.5]))],
  ["a float condition", "where: condition must be bool, got float32", () => where(x, 1, 2)],
  ["a value of another dtype", 'assign: variable "w" is float32, got int32', () => w.assign(int.slice([[0, 2]]))],
];

const options: Misuse[] = [
  [
    "no data",
    "tensor: data must be a number, a boolean, arrays of them or a typed array, got undefined",
    () => tensor(unchecked(undefined)),
  ],
  [
    "a tensor as data",
    "tensor: data is already a tensor; pass its values (dataSync()) to copy it",
    () => tensor(unchecked(x)),
  ],
  ["a detached buffer", "tensor: the buffer of Float32Array(0) is detached", () => tensor(detached())],
  [
    "a misspelt option",
    'tensor: unknown option "dtyp"; did you mean "dtype"?',
    () => tensor([1], unchecked({ dtyp: "float32" })),
  ],
  ["another misspelt option", 'sum: unknown option "axis"; did you mean "axes"?', () => x.sum(unchecked({ axis: 0 }))],
  [
    "an unknown option",
    'backward: unknown option "discard"; known options: retainGraph',
    () => w.sum().backward(unchecked({ discard: true })),
  ],
  ["a text as operand", 'add: operand must be a tensor or a number, got "1"', () => x.add(unchecked("1"))],
  ["a missing operand", "matmul: operand must be a tensor, got undefined", () => matmul(x, unchecked(undefined))],
  ["an axis out of range", "sum: axis must be an integer in [-2, 2), got 2", () => x.sum({ axes: 2 })],
  ["an axis twice", "sum: axis named twice: [0, -2]", () => x.sum({ axes: [0, -2] })],
  [
    "a stride of 0",
    'conv2d: option "stride" must be a positive integer or a pair of them, got 0',
    () => image.conv2d(filters, { stride: 0 }),
  ],
  [
    "a fractional stride",
    'conv2d: option "stride" must be a positive integer or a pair of them, got [1, 1.5]',
    () => image.conv2d(filters, { stride: [1, 1.5] }),
  ],
  [
    "an unknown padding",
    'conv2d: option "padding" must be "same", "valid", a non-negative integer, [height, width] or ' +
      '[[top, bottom], [left, right]], got "full"',
    () => image.conv2d(filters, { padding: unchecked("full") }),
  ],
  [
    "an empty kernel",
    'maxPool2d: option "kernel" must be a positive integer or a pair of them, got 0',
    () => image.maxPool2d({ kernel: 0 }),
  ],
  ["a fill of text", 'full: value must be a number or a boolean, got "1"', () => full([2], unchecked("1"))],
  ["a step of 0", "arange: step must not be 0", () => arange(3, { step: 0 })],
  [
    "a slice without steps",
    "slice: range of axis 0 must be [start, stop, step] of integers, step ≠ 0, got [0, 1, 0]",
    () => x.slice([[0, 1, 0]]),
  ],
  ["nothing to join", "concat: needs a non-empty array of tensors, got []", () => concat([])],
  ["a negative depth", "oneHot: depth must be a non-negative integer, got -1", () => oneHot(int, -1)],
  ["a rate above 1", 'dropout: option "rate" must be in [0, 1), got 1.5', () => dropout(x, { rate: 1.5 })],
  [
    "a negative seed",
    "randomUniform: seed must be an integer in [0, 2⁵³), got -1",
    () => randomUniform([2], { seed: -1 }),
  ],
  ["no function to differentiate", "grad: needs a function, got 3", () => grad(unchecked<() => Tensor>(3))],
  [
    "an argument that is not there",
    'grad: option "argument" must name one of 1 arguments, got 1',
    () => grad((y: Tensor) => y.sum(), { argument: 1 })(x),
  ],
  ["too few tangents", "jvp: needs 1 tangent(s), got 0", () => jvp(neg, [x], [])],
  [
    "a tolerance of 0",
    'checkGradients: option "tolerance" must be a number > 0, got 0',
    () => checkGradients(neg, [x], { tolerance: 0 }),
  ],
  ["no function to compile", "compile: needs a function, got 3", () => compile(unchecked<() => Tensor>(3))],
  [
    "an asynchronous function to compile",
    'compile: "train" is asynchronous; values do not exist while it is traced',
    () =>
      compile(async function train(y: Tensor) {
        return y.dataSync();
      })(x),
  ],
  [
    "values read while compiling",
    'realize: values do not exist while "branch" is being compiled; use where() for choices that depend on values, or ' +
      "read them outside",
    () =>
      compile(function branch(y: Tensor) {
        return y.sum().item() > 0 ? y : y.neg();
      })(x),
  ],
  ["a text as value", 'assign: value must be a tensor or a number, got "zero"', () => w.assign(unchecked("zero"))],
  ["a tensor assigned to", "assign: needs a variable, got Tensor", () => assign([[unchecked(x), 1]])],
  [
    "no list of updates",
    "assign: needs a list of pairs of a variable and its value, got Variable",
    () => assign(unchecked(w)),
  ],
  ["an array realised", "realize: needs tensors, got Float32Array(6)", () => realize(unchecked(x.dataSync()))],
  [
    "an unknown accuracy",
    'setAccuracy: accuracy must be "fast" or "strict", got "exact"',
    () => setAccuracy("exact" as never),
  ],
  ["no threads", "setNumThreads: must be an integer from 1 to 256, got 0", () => setNumThreads(0)],
  [
    "no factory",
    "registerBackend: factory must be a function, got Object",
    () => registerBackend("mine", unchecked({})),
  ],
  ["an empty layer", 'Linear: option "inputs" must be a positive integer, got 0', () => new Linear(0, 3)],
  [
    "a negative rate",
    'SGD: option "learningRate" must be a number ≥ 0, got -1',
    () => new SGD([w], { learningRate: -1 }),
  ],
];

const gradients: Misuse[] = [
  [
    "the gradient of many values",
    "grad: the function must return a scalar float tensor, got float32[2, 3]; take its sum() or mean()",
    () => grad((y: Tensor) => y)(x),
  ],
  [
    "the gradient of a number",
    "grad: the function must return a scalar tensor, got 3",
    () => grad((_: Tensor) => unchecked<Tensor>(3))(x),
  ],
  [
    "the gradient of argMax",
    'grad: "argMax" has no gradient (reached through argMax → reshape → cast → sum → reshape)',
    () => grad((y: Tensor) => y.argMax({ axis: 1 }).cast("float32").sum())(x),
  ],
  [
    "backward on many values",
    "backward: needs a scalar float tensor, got float32[2]; take its sum() or mean()",
    () => w.mul(2).backward(),
  ],
  ["backward without variables", "backward: the tensor depends on no trainable variable", () => x.sum().backward()],
  [
    "a second backward",
    "backward: part of the graph has been freed by an earlier backward(); use { retainGraph: true } there",
    () => {
      const loss = w.sum();
      loss.backward();
      loss.backward();
    },
  ],
];

const backends: Misuse[] = [
  ["a misspelt backend", 'setBackend: unknown backend "nativ"; did you mean "native"?', () => setBackend("nativ")],
  [
    "no backend",
    "setBackend: unknown backend undefined; known: reference, native, auto",
    () => setBackend(unchecked(undefined)),
  ],
];

function neg(y: Tensor): Tensor {
  return y.neg();
}

describeOnBoth("at construction", (backend) => {
  const groups = [
    [ShapeError, shapes],
    [DTypeError, dtypes],
    [OptionError, options],
    [GradientError, gradients],
    [BackendError, backends],
  ] as const;
  for (const [type, misuses] of groups) {
    it.each(misuses)(`${type.name}: %s`, async (_, message, use) => {
      const error = await errorOf(use);
      expectError(error, type, message);
      expect(firstFrameOutside(error)).toContain("errors.test.ts");
      expect(getBackend().name).toBe(backend); // nothing has changed
    });
  }

  it("BackendError: a backend replaced while it is in use", async () => {
    const error = await errorOf(() => registerBackend(backend, getBackend));
    expectError(error, BackendError, `registerBackend: backend "${backend}" is in use`);
  });
});

describeOnBoth("when it is computed", () => {
  const index = (...values: number[]) => tensor(values, { dtype: "int32" });
  const disposed = <T extends Tensor>(t: T): T => {
    t.dispose();
    return t;
  };
  const stale = () => {
    const v = variable([1], { name: "v" });
    const lazy = v.add(1);
    v.assign(2);
    return lazy;
  };
  const misuses: [string, new (message: string) => NodegradError, string, () => Tensor][] = [
    [
      "an index out of range",
      IndexError,
      "gather: index 2 at position 0 is out of range [0, 2)",
      () => x.gather(index(2)),
    ],
    [
      "a negative index",
      IndexError,
      "scatterAdd: index -1 at position 0 is out of range [0, 3)",
      () => scatterAdd(zeros([3]), index(-1), 1),
    ],
    [
      "an index from an infinite float",
      IndexError,
      "gather: index 2147483647 at position 1 is out of range [0, 3)",
      () => tensor([1, 2, 3]).gather(tensor([NaN, Infinity]).cast("int32")), // NaN becomes 0, an index
    ],
    [
      "a label out of range",
      IndexError,
      "crossEntropy: index 3 at position 1 is out of range [0, 3)",
      () => crossEntropy(x, index(0, 3)),
    ],
    [
      "a disposed tensor",
      StaleTensorError,
      "realize: a tensor was used after it had been disposed",
      () => disposed(tensor([1])).add(1),
    ],
    [
      "a disposed tensor itself",
      StaleTensorError,
      "realize: a tensor was used after it had been disposed",
      () => disposed(tensor([1])),
    ],
    [
      "a disposed variable",
      StaleTensorError,
      'realize: variable "v" was used after it had been disposed',
      () => disposed(variable([1], { name: "v" })).add(1),
    ],
    [
      "a stale tensor",
      StaleTensorError,
      'realize: tensor was built from version 0 of variable "v", which has been assigned since (now version 1); ' +
        "read it before assigning, or rebuild it",
      stale,
    ],
  ];

  it.each(misuses)("%s", async (_, type, message, make) => {
    const read = () => make().dataSync();
    const sync = await errorOf(read);
    expectError(sync, type, message);
    expect(firstFrameOutside(sync)).toContain("errors.test.ts");
    expectError(await errorOf(() => make().data()), type, message);
    expectError(await errorOf(() => compile((y: Tensor) => y)(make())), type, message);
    expect(tensor([1]).add(1).item()).toBe(2); // the machine goes on
  });
});

describe("in files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const state = { w: { dtype: "float32", shape: [3], data: Float32Array.of(1, 2, 3) } } as const;
  const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 5, 1);

  async function written(path: string, bytes: Uint8Array): Promise<string> {
    await writeFile(path, bytes);
    return path;
  }

  it.each<[string, new (message: string) => NodegradError, (path: string) => Promise<unknown>, string]>([
    [
      "a truncated IDX file",
      FormatError,
      async (path) => readIdx(await written(path, idx)),
      "parseIdx: truncated, 9 of 13 bytes: PATH",
    ],
    [
      "a safetensors file cut in its length",
      FormatError,
      async (path) => loadSafetensors(await written(path, idx.subarray(0, 4))),
      "loadSafetensors: truncated: 4 bytes, shorter than the length of a header: PATH",
    ],
    [
      "a safetensors file cut in its data",
      FormatError,
      async (path) => loadSafetensors(await written(path, encodeSafetensors(state).subarray(0, -1))),
      "loadSafetensors: truncated: 11 bytes of data, the header describes 12: PATH",
    ],
    ["a missing IDX file", OptionError, (path) => readIdx(path), "readIdx: cannot read file: PATH (ENOENT)"],
    [
      "a missing safetensors file",
      OptionError,
      (path) => loadSafetensors(path),
      "loadSafetensors: cannot read file: PATH (ENOENT)",
    ],
    [
      "a missing folder to write to",
      OptionError,
      (path) => saveSafetensors(join(path, "model"), state),
      "saveSafetensors: cannot write file: PATH/model (ENOENT)",
    ],
    [
      "a missing folder of data",
      OptionError,
      (path) => loadMnist(path),
      "loadMnist: no train-images file in PATH or PATH/mnist: looked for train-images-idx3-ubyte, " +
        "train-images-idx3-ubyte.gz, train-images.idx3-ubyte, train-images.idx3-ubyte.gz",
    ],
  ])("%s", async (what, type, use, message) => {
    const path = join(folder, what);
    const error = await errorOf(() => use(path));
    expectError(
      error,
      type,
      message.replaceAll(/PATH(\/\w+)?/g, (_, below = "") => JSON.stringify(`${path}${below}`)),
    );
  });

  it("corrupt bytes", async () => {
    expectError(
      await errorOf(() => parseIdx(Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 1, 5), "images")),
      FormatError,
      'parseIdx: unknown element type 7: "images"',
    );
    const header = encodeSafetensors(state);
    header[8] = 0x21; // "!" instead of "{"
    const error = await errorOf(() => decodeSafetensors(header));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^decodeSafetensors: .*"bytes"$/);
  });
});

describe("in the environment", () => {
  const compute = `
    try {
      console.log(ng.tensor([1]).add(1).item());
    } catch (error) {
      console.log(error.name, error.code, error.message);
    }`;

  it.each([
    [
      { NODEGRAD_BACKEND: "cuda" },
      'OptionError OPTION NODEGRAD_BACKEND: must be one of auto, native, reference, got "cuda"',
    ],
    [{ NODEGRAD_BACKEND: "" }, 'OptionError OPTION NODEGRAD_BACKEND: must be one of auto, native, reference, got ""'],
    [
      { NODEGRAD_TARGET: "mmx" },
      'OptionError OPTION NODEGRAD_TARGET: must be one of base, avx2, avx512, neon, got "mmx"',
    ],
    [{ NODEGRAD_DEBUG: "yes" }, 'OptionError OPTION NODEGRAD_DEBUG: must be a non-negative integer, got "yes"'],
    [{ NODEGRAD_DEBUG: "-1" }, 'OptionError OPTION NODEGRAD_DEBUG: must be a non-negative integer, got "-1"'],
    [{ NODEGRAD_DEBUG: "" }, 'OptionError OPTION NODEGRAD_DEBUG: must be a non-negative integer, got ""'],
    [{ NODEGRAD_BACKEND: "reference" }, "2"],
  ])("%j", async (env, output) => {
    expect(await runScript(compute, env as Record<string, string>)).toMatchObject({ code: 0, stdout: `${output}\n` });
  });

  it("NODEGRAD_ACCURACY is what convolutions default to", async () => {
    const script = `try { console.log(ng.getAccuracy()); } catch (error) { console.log(error.code, error.message); }`;
    const outputs = ["strict", "exact"].map((accuracy) => runScript(script, { NODEGRAD_ACCURACY: accuracy }));
    expect((await Promise.all(outputs)).map(({ stdout }) => stdout)).toEqual([
      "strict\n",
      'OPTION NODEGRAD_ACCURACY: must be "fast" or "strict", got "exact"\n',
    ]);
  });

  it("NODEGRAD_BACKEND=native throws where the addon does not load; auto falls back", async () => {
    const NODEGRAD_BINARY = "missing.node";
    const strict = await runScript(compute, { NODEGRAD_BACKEND: "native", NODEGRAD_BINARY });
    expect(strict.stdout).toMatch(
      /^BackendError BACKEND setBackend: the native backend cannot be loaded: missing.node/,
    );
    const auto = await runScript(compute, { NODEGRAD_BACKEND: "auto", NODEGRAD_BINARY });
    expect(auto).toMatchObject({ code: 0, stdout: "2\n" });
  });
});
