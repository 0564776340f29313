/** Valid arguments of everything else of the package's main entry: values, derivatives, compiled functions, backends. */

import {
  compile,
  flattenTree,
  getBackend,
  grad,
  hessian,
  jacobian,
  ReferenceBackend,
  Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from "../../lib/index.js";
import { ProgramWriter } from "../../lib/program/index.js";
import type { Draw } from "../tfjs/fuzz/draw.js";
import { each, floats, maybe, parameter, type Table } from "./given.js";
import { operations } from "./operations.js";

const square = (x: Tensor) => x.square().sum();
const product = (a: Tensor, b: Tensor) => a.mul(b).sum();
const lossOf = (draw: Draw) => parameter(draw).square().sum();
const functionOf = (draw: Draw) =>
  draw.truth() ? [square, [floats(draw, [3])]] : [product, [floats(draw, [2]), floats(draw, [2])]];
const errors = "NodegradError ShapeError DTypeError OptionError GradientError BackendError IndexError StaleTensorError";

const differentiated = { argument: 0 };

/** A Program that copies two elements. */
export function copyProgram(): Int32Array {
  const writer = new ProgramWriter();
  const views = (["output", "input"] as const).map((kind) =>
    writer.view(writer.buffer(kind, "float32", 2, 0), { offset: 0, shape: [2], strides: [1] }),
  );
  const [output, input] = views as [number, number];
  writer.instruction("map", { outputs: [output], inputs: [input], micro: { registers: 1, results: [0], code: [] } });
  return writer.finish();
}

const bindings = () => ({
  inputs: [Float32Array.of(1, 2)],
  outputs: [new Float32Array(2)],
  states: [],
  scalars: new Float64Array(0),
});

export const core: Table = {
  ...operations,
  ...each(`${errors} StorageBusyError FormatError NetworkError InternalError`, (_, name) =>
    name === "NodegradError" ? ["OPTION", "op: wrong", {}] : ["op: wrong", {}],
  ),

  // values and variables
  realize: (d) => [floats(d).add(1), floats(d).mul(2)],
  realizeAsync: (d) => [floats(d).add(1), floats(d).mul(2)],
  variable: (d) => [d.truth() ? floats(d) : [1, 2], ...maybe(d, { name: "v", trainable: d.truth(), dtype: "float32" })],
  assign: (d) => [
    [
      [parameter(d, [2]), floats(d, [2])],
      [parameter(d, [1]), 3],
    ],
    ...(d.truth() ? [[floats(d)]] : []),
  ],
  "Variable.assign": (d) => [parameter(d, [2]), d.truth() ? 1 : floats(d, [2])],
  flattenTree: (d) => [{ a: [floats(d), 1], b: floats(d) }, (value: unknown) => value instanceof Tensor],
  "flattenTree().rebuild": (d) => {
    const flat = flattenTree({ a: [floats(d)], b: 2 }, (value) => value instanceof Tensor);
    return [flat, [1]];
  },

  // derivatives
  backward: (d) => [lossOf(d), ...maybe(d, { retainGraph: true })],
  "Tensor.backward": (d) => [lossOf(d), ...maybe(d, { retainGraph: true })],
  ...each("grad valueAndGrad", (d) => [square, ...maybe(d, differentiated)]),
  "grad()": (d) => [grad(product), floats(d, [2]), floats(d, [2])],
  "valueAndGrad()": (d) => [valueAndGrad(product, { argument: [0, 1] }), floats(d, [2]), floats(d, [2])],
  vjp: (d) => functionOf(d),
  "vjp().vjp": (d) => [vjp((x: Tensor) => x.exp(), [floats(d, [2])]), floats(d, [2])],
  jvp: (d) => [product, [floats(d, [2]), floats(d, [2])], [floats(d, [2]), floats(d, [2])]],
  hvp: (d) => [square, [floats(d, [2])], [floats(d, [2])]],
  jacobian: () => [(x: Tensor) => x.exp()],
  "jacobian()": (d) => [jacobian((x: Tensor) => x.exp()), floats(d, [2])],
  hessian: () => [square],
  "hessian()": (d) => [hessian(square), floats(d, [2])],
  checkGradients: (d) => [square, [tensor([1, 2])], ...maybe(d, { step: 1e-4, tolerance: 0.1, order: 1, seed: 3 })],
  numericGradient: (d) => [...functionOf(d), ...maybe(d, { method: d.pick(["forward", "central"]), step: 1e-3 })],
  traceDerivative: (d) => [square, [floats(d, [2])], ...maybe(d, { tangents: [floats(d, [2])], names: ["x"] })],
  formula: (d) => {
    const x = floats(d, [2]);
    return [x.add(1).exp(), ...(d.truth() ? [{ x }] : [])];
  },
  ...each("graphDot graphSvg", (d) => {
    const x = floats(d, [2]);
    return [x.exp().sum(), ...maybe(d, { names: { x }, gradients: d.truth() })];
  }),

  // compiled functions
  compile: () => [square],
  ...each("compile() compile().async compile().explain compile().memory", (d) => [
    compile((x: Tensor, { y }: { y: Tensor }, n: number) => x.mul(y).add(n)),
    floats(d, [2]),
    { y: floats(d, [2]) },
    d.integer(1, 3),
  ]),

  // backends
  ...each("getBackend getNumThreads getAccuracy info", () => []),
  setBackend: () => [getBackend().name],
  setNumThreads: (d) => [d.integer(1, 2)],
  setAccuracy: (d) => [d.pick(["fast", "strict"])],
  registerBackend: () => ["fuzzed", () => new ReferenceBackend()],
  ReferenceBackend: () => [],
  "ReferenceBackend.prepare": () => [new ReferenceBackend(), copyProgram(), []],
  "ReferenceBackend.prepare().run": () => [new ReferenceBackend().prepare(copyProgram(), []), bindings()],
  "ReferenceBackend.createState": (d) => [new ReferenceBackend(), "float32", d.truth() ? 3 : Float32Array.of(1)],
  "ReferenceBackend.finish": () => [new ReferenceBackend()],
  "getBackend().prepare": () => [getBackend(), copyProgram(), []],
  "getBackend().prepare().run": () => [getBackend().prepare(copyProgram(), []), bindings()],
  "getBackend().createState": (d) => [getBackend(), "float32", d.truth() ? 3 : Float32Array.of(1)],
};
