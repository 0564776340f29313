/** One misuse of each public function of the rest of the package's main entry, and the error it gives. */

import {
  BackendError,
  DTypeError,
  FormatError,
  GradientError,
  OptionError,
  ShapeError,
  StaleTensorError,
} from "../../lib/errors.js";
import type * as typed from "../../lib/index.js";
import { counts, disposed, emptyProgram, type Misuses, matrix, ng, w } from "./given.js";
import { operationMisuses } from "./operations.js";

export const coreMisuses: Misuses = {
  ...operationMisuses,
  realize: [() => ng.realize(matrix, new Float32Array(6)), OptionError, "realize: needs tensors, got Float32Array(6)"],
  realizeAsync: [() => ng.realizeAsync("matrix"), OptionError, 'realize: needs tensors, got "matrix"'],
  assign: [
    () =>
      ng.assign([
        [w, 1],
        [w, 2],
      ]),
    OptionError,
    'assign: variable "w" is named twice',
  ],
  "Variable.assign": [() => w.assign(matrix), ShapeError, 'assign: variable "w" has shape [2], got [2, 3]'],
  flattenTree: [() => ng.flattenTree([matrix]), OptionError, "flattenTree: isLeaf must be a function, got undefined"],
  "flattenTree().rebuild": [
    () => ng.flattenTree([1], (value: unknown) => value === 1).rebuild(1),
    OptionError,
    "rebuild: replacements must be a list, got 1",
  ],
  backward: [
    () => ng.backward(matrix),
    GradientError,
    "backward: needs a scalar float tensor, got float32[2, 3]; take its sum() or mean()",
  ],
  "Tensor.backward": [
    () => matrix.sum().backward(),
    GradientError,
    "backward: the tensor depends on no trainable variable",
  ],
  grad: [() => ng.grad(3), OptionError, "grad: needs a function, got 3"],
  "grad()": [
    () => ng.grad((x: typed.Tensor) => x)(matrix),
    GradientError,
    "grad: the function must return a scalar float tensor, got float32[2, 3]; take its sum() or mean()",
  ],
  valueAndGrad: [() => ng.valueAndGrad(undefined), OptionError, "valueAndGrad: needs a function, got undefined"],
  "valueAndGrad()": [
    () => ng.valueAndGrad((x: typed.Tensor) => x.sum())(counts),
    DTypeError,
    'valueAndGrad: "0" must be float to be differentiated with respect to, got int32',
  ],
  vjp: [() => ng.vjp((x: typed.Tensor) => x, matrix), OptionError, "vjp: inputs must be a list of tensors, got Tensor"],
  jvp: [() => ng.jvp((x: typed.Tensor) => x, [matrix], []), OptionError, "jvp: needs 1 tangent(s), got 0"],
  hvp: [
    () => ng.hvp((x: typed.Tensor) => x.sum(), [matrix], [counts]),
    ShapeError,
    "jvp: tangent 0 has shape [3], expected [2, 3]",
  ],
  jacobian: [() => ng.jacobian(null), OptionError, "jacobian: needs a function, got null"],
  "jacobian()": [
    () => ng.jacobian((x: typed.Tensor) => x)(3),
    OptionError,
    "jacobian: operand must be a tensor, got 3",
  ],
  hessian: [() => ng.hessian("f"), OptionError, 'grad: needs a function, got "f"'],
  "hessian()": [
    () => ng.hessian((x: typed.Tensor) => x)(matrix),
    GradientError,
    "grad: the function must return a scalar float tensor, got float32[2, 3]; take its sum() or mean()",
  ],
  checkGradients: [
    () => ng.checkGradients((x: typed.Tensor) => x, [matrix], { tolerance: 0 }),
    OptionError,
    'checkGradients: option "tolerance" must be a number > 0, got 0',
  ],
  numericGradient: [
    () => ng.numericGradient((x: typed.Tensor) => x.sum(), [matrix], { method: "backward" }),
    OptionError,
    'numericGradient: option "method" must be "forward" or "central", got "backward"',
  ],
  traceDerivative: [
    () => ng.traceDerivative((x: typed.Tensor) => x.sum(), [matrix], { names: ["x", "y"] }),
    OptionError,
    'traceDerivative: option "names" must be a list of 1 strings, got ["x", "y"]',
  ],
  formula: [() => ng.formula(3), OptionError, "formula: operand must be a tensor, got 3"],
  graphDot: [
    () => ng.graphDot(matrix, { gradients: 1 }),
    OptionError,
    'graphDot: option "gradients" must be true or false, got 1',
  ],
  graphSvg: [() => ng.graphSvg(matrix, { names: { x: 3 } }), OptionError, "graphSvg: x must be a tensor, got 3"],
  compile: [() => ng.compile(3), OptionError, "compile: needs a function, got 3"],
  "compile()": [
    () => ng.compile((x: typed.Tensor) => x.sum().item())(matrix),
    OptionError,
    'realize: values do not exist while "(anonymous)" is being compiled; use where() for choices that depend on values, or read them outside',
  ],
  "compile().async": [
    () => ng.compile(async () => matrix).async(),
    OptionError,
    'compile: "(anonymous)" is asynchronous; values do not exist while it is traced',
  ],
  "compile().explain": [
    () => ng.compile((x: typed.Tensor) => x).explain(new Float32Array(2)),
    OptionError,
    "compile: an array among the arguments would be a constant; make it a tensor: Float32Array(2)",
  ],
  "compile().memory": [
    () => ng.compile(() => ng.tensor("1")).memory(),
    OptionError,
    'tensor: data must be a number, a boolean, arrays of them or a typed array, got "1"',
  ],
  setBackend: [
    () => ng.setBackend("nativ"),
    BackendError,
    'setBackend: unknown backend "nativ"; did you mean "native"?',
  ],
  setNumThreads: [() => ng.setNumThreads(0), OptionError, "setNumThreads: must be an integer from 1 to 256, got 0"],
  setAccuracy: [
    () => ng.setAccuracy("exact"),
    OptionError,
    'setAccuracy: accuracy must be "fast" or "strict", got "exact"',
  ],
  registerBackend: [
    () => ng.registerBackend("mine", {}),
    OptionError,
    "registerBackend: factory must be a function, got Object",
  ],
  "ReferenceBackend.prepare": [
    () => new ng.ReferenceBackend().prepare(new Int32Array(3), []),
    FormatError,
    "program: header is cut off at word 3",
  ],
  "ReferenceBackend.prepare().run": [
    () => new ng.ReferenceBackend().prepare(emptyProgram, []).run(),
    BackendError,
    "run: needs lists of inputs, outputs and states, got undefined",
  ],
  "ReferenceBackend.createState": [
    () => new ng.ReferenceBackend().createState("float16", 3),
    DTypeError,
    'createState: unknown dtype "float16"; expected one of float32, float64, int32, uint8, bool',
  ],
  "getBackend().prepare": [
    () => ng.getBackend().prepare(emptyProgram),
    BackendError,
    "prepare: constants must be a list of arrays, got undefined",
  ],
  "getBackend().prepare().run": [
    () => ng.getBackend().prepare(emptyProgram, []).run({ inputs: [], outputs: [], states: [] }),
    BackendError,
    "run: scalars must be a Float64Array",
  ],
  "getBackend().createState": [
    () => ng.getBackend().createState("float32", -1),
    BackendError,
    "createState: expected Float32Array for float32 or a number of zeros, got -1",
  ],
  "Tensor.item": [() => matrix.item(), ShapeError, "item: needs a tensor of one element, got [2, 3]"],
  "Tensor.data": [() => disposed.data(), StaleTensorError, "realize: a tensor was used after it had been disposed"],
  "Tensor.dataSync": [
    () => disposed.dataSync(),
    StaleTensorError,
    "realize: a tensor was used after it had been disposed",
  ],
  "Tensor.toArray": [
    () => disposed.toArray(),
    StaleTensorError,
    "realize: a tensor was used after it had been disposed",
  ],
};
