/** What a model is made of, layer by layer: shapes, parameters, work, what it sees and what it keeps. */

import { inspect } from "node:util";
import { checkDType, type DType, dtypeInfo } from "../dtype.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { placeholderLeaf } from "../graph/leaves.js";
import type { Tensor } from "../graph/tensor.js";
import { topologicalOrder } from "../graph/walk.js";
import { checkShape, type Shape } from "../shape.js";
import { formatTable } from "../table.js";
import type { Variable } from "../tensor.js";
import { type AnyModule, Module } from "./module.js";
import { type ModuleCall, traceCalls } from "./module-calls.js";
import { ReceptiveFields } from "./receptive-field.js";

/** One call of a layer. */
export interface LayerSummary {
  /** Path of the layer in the model, `"layer1.0.conv1"`; the model itself is `""`. */
  readonly name: string;
  /** Its class: `"Conv2d"`. */
  readonly kind: string;
  /** Shape of its result for one example, without the axis of examples: `[20, 28, 28]`. */
  readonly outputShape: Shape;
  /** Elements of the parameters that it holds itself; 0 where an earlier row has counted them. */
  readonly parameters: number;
  /** Products of matrix products and convolutions, each added to a sum, for one example. */
  readonly multiplyAdds: number;
  /**
   * How much of the input an element of its result depends on at most, `[h, w]` for images, padding included, `[steps]` for
   * sequences; all of it after a linear layer over positions, after attention and at the last step of a recurrent layer.
   * Undefined where positions do not meet or it cannot be told.
   */
  readonly receptiveField: readonly number[] | undefined;
  /** Bytes of its result for one example; 0 for another view of what is there already. */
  readonly activationBytes: number;
}

/** The layers of a model in the order in which they are done, and totals. `String(summary)` is a table. */
export class ModelSummary {
  /** Shape of one example. */
  readonly inputShape: Shape;
  /**
   * Calls of modules that call no others, and of those that compute something themselves, such as the sum of a residual
   * block.
   */
  readonly layers: readonly LayerSummary[];
  /** Elements that are trained. */
  readonly parameters: number;
  /** Bytes of all variables, running statistics included. */
  readonly variableBytes: number;

  /** @internal Use `summary`. */
  constructor(inputShape: Shape, layers: readonly LayerSummary[], variables: readonly Variable[]) {
    this.inputShape = inputShape;
    this.layers = layers;
    const trained = variables.filter(({ requiresGrad }) => requiresGrad);
    this.parameters = total(trained, ({ size }) => size);
    this.variableBytes = total(variables, bytesOf);
  }

  /** Products of matrix products and convolutions for one example. */
  get multiplyAdds(): number {
    return total(this.layers, (layer) => layer.multiplyAdds);
  }

  /**
   * Bytes of all results of layers for one example: about what training keeps. What a compiled step takes, where layers
   * are fused, tells `compiled.memory()`.
   */
  get activationBytes(): number {
    return total(this.layers, (layer) => layer.activationBytes);
  }

  /**
   * The rule of thumb for the number of training examples that an accuracy takes: more than |W| / (1 − a), with |W|
   * parameters and accuracy a.
   *
   * @throws {OptionError} unless the accuracy is in [0, 1).
   */
  examplesFor(accuracy: number): number {
    if (typeof accuracy === "number" && accuracy >= 0 && accuracy < 1) return this.parameters / (1 - accuracy);
    throw new OptionError(`examplesFor: accuracy must be in [0, 1), got ${show(accuracy)}`);
  }

  /** A table of the layers with the totals under it. */
  toString(): string {
    const header = ["layer", "kind", "output", "parameters", "multiply-adds", "receptive field", "activations"];
    const rows = this.layers.map((layer) => [
      layer.name === "" ? "(model)" : layer.name,
      layer.kind,
      sizes(layer.outputShape),
      count(layer.parameters),
      count(layer.multiplyAdds),
      layer.receptiveField === undefined ? "–" : sizes(layer.receptiveField),
      bytes(layer.activationBytes),
    ]);
    const totals = [
      ["input", sizes(this.inputShape)],
      ["parameters", `${count(this.parameters)}; all variables take ${bytes(this.variableBytes)}`],
      ["multiply-adds", `${count(this.multiplyAdds)} per example`],
      ["activations", `${bytes(this.activationBytes)} per example`],
      ["training examples", `more than ${count(this.examplesFor(0.9))} for 90 % accuracy, by |W|/(1 − a)`],
    ];
    const layers = formatTable(rows, { header, align: ["left", "left"] });
    return `${layers}\n\n${formatTable(totals, { align: ["left", "left"] })}`;
  }
}

// What console.log shows. No method of the class: programs in TypeScript would need the types of Node.js to read its name.
Object.defineProperty(ModelSummary.prototype, inspect.custom, {
  value(this: ModelSummary) {
    return this.toString();
  },
});

/** Options of `summary`. */
export interface SummaryOptions {
  /** Element type of the input (default float32; int32 for words). */
  readonly dtype?: DType;
}

/**
 * What a model is made of. Its forward pass is traced in evaluation mode for one example; nothing is computed, and the
 * model stays as it is.
 *
 * ```ts
 * console.log(summary(lenet5(), [1, 28, 28]));
 * ```
 *
 * @param inputShape Shape of one example, without the axis of examples: `[c, h, w]`.
 * @throws {OptionError} for what is no module, an unknown option, and a model that reads values on its way.
 * @throws {ShapeError} when the model does not take such an input.
 */
export function summary(model: AnyModule, inputShape: Shape, options: SummaryOptions = {}): ModelSummary {
  if (!(model instanceof Module)) throw new OptionError(`summary: needs a module, got ${show(model)}`);
  checkOptions("summary", options, ["dtype"]);
  const shape = checkShape("summary", inputShape);
  const input = placeholderLeaf([1, ...shape], checkDType("summary", options.dtype ?? "float32"));
  const table = new LayerTable(input);
  traceCalls(model, input, (call) => table.add(call));
  return new ModelSummary(shape, table.layers(), Object.values(model.variables()));
}

/** The rows, as they come in. */
class LayerTable {
  private readonly rows: { readonly layer: Omit<LayerSummary, "receptiveField">; readonly output: Tensor }[] = [];
  private readonly input: Tensor;
  private readonly counted = new Set<Variable>();
  private readonly kept: Set<Tensor>;

  constructor(input: Tensor) {
    this.input = input;
    this.kept = new Set([input]);
  }

  add({ path, module, isParent, nodes, output }: ModuleCall): void {
    const own = module.ownVariables().filter((variable) => variable.requiresGrad && !this.counted.has(variable));
    for (const variable of own) this.counted.add(variable);
    const computes = nodes.some(({ op }) => op.kind !== "view" && op.kind !== "leaf");
    if (output === undefined || (isParent && !computes && own.length === 0)) return;
    const layer = {
      name: path,
      kind: module.constructor.name,
      outputShape: output.shape[0] === 1 ? output.shape.slice(1) : output.shape,
      parameters: total(own, ({ size }) => size),
      multiplyAdds: total(nodes, multiplyAdds),
      activationBytes: this.newBytes(output),
    };
    this.rows.push({ layer, output });
  }

  layers(): LayerSummary[] {
    const fields = new ReceptiveFields(this.input);
    for (const node of topologicalOrder(this.rows.map(({ output }) => output))) fields.add(node);
    return this.rows.map(({ layer, output }) => ({ ...layer, receptiveField: fields.of(output) }));
  }

  /** The bytes of a result, unless it is a view of one that has been counted. */
  private newBytes(output: Tensor): number {
    let base = output;
    while (base.op.kind === "view") base = base.inputs[0] as Tensor;
    if (this.kept.has(base)) return 0;
    this.kept.add(base);
    return bytesOf(output);
  }
}

/** How many products a node adds up. */
function multiplyAdds({ op, inputs, size }: Tensor): number {
  const [a, b] = inputs as [Tensor, Tensor];
  if (op.kind === "contract") return size * (a.shape.at(-1) as number);
  if (op.kind !== "window") return 0;
  const perFilter = (weights: Tensor) => weights.size / (weights.shape[0] as number);
  if (op.opcode === "conv2d") return size * perFilter(b);
  return op.opcode === "conv2dGradInput" ? a.size * perFilter(b) : 0;
}

function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

function bytesOf({ size, dtype }: Tensor): number {
  return size * dtypeInfo[dtype].bytes;
}

function sizes(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function bytes(value: number): string {
  const power = value < 1e3 ? 0 : value < 1e6 ? 1 : value < 1e9 ? 2 : 3;
  return `${power === 0 ? value : (value / 1e3 ** power).toFixed(1)} ${["B", "kB", "MB", "GB"][power]}`;
}
