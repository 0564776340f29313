/**
 * Compiled functions: a function of tensors is traced once per signature of its arguments, and from then on each
 * call is one call into the machine.
 */

import type { Bindings, Executable } from "../backends/backend.js";
import { dtypeInfo, type TypedArray } from "../dtype.js";
import { OptionError, show } from "../errors.js";
import { placeholderLeaf, realisedLeaf, scalarLeaf } from "../graph/leaves.js";
import type { TensorType } from "../graph/op.js";
import { encodeGraph } from "../graph/signature.js";
import { Tensor } from "../graph/tensor.js";
import { activeTrace, type Trace, withTrace } from "../graph/trace.js";
import { Variable } from "../graph/variable.js";
import { topologicalOrder, unrealisedOperands } from "../graph/walk.js";
import { printProgram } from "../program/print.js";
import { sameShape } from "../shape.js";
import type { Storage } from "../storage.js";
import { type Flattened, flattenTree } from "../tree.js";
import { currentMachine, type Machine } from "./backends.js";
import { allocateResult, type MemoryUse, stateOn } from "./memory.js";
import { arrayOf, checkNotTracing, compileFor, realize } from "./realize.js";

/** A function that is traced once per signature of its arguments and then replayed. */
export interface CompiledFunction<A extends readonly unknown[], R> {
  (...args: A): R;
  /**
   * The same off the calling thread. Calls of both kinds take effect in the order they are made; therefore arguments
   * that have no values yet are computed before it returns.
   */
  async(...args: A): Promise<R>;
  /**
   * The Program these arguments run, in readable form, with the way the backend has chosen for each instruction. Traces
   * the function if it has not been called with such arguments yet, and runs nothing.
   */
  explain(...args: A): string;
  /**
   * What a call with these arguments takes while it runs, in bytes, on as many threads as it may use now. Traces the
   * function if it has not been called with such arguments yet, and runs nothing.
   */
  memory(...args: A): MemoryUse;
  /** How often a signature has been traced. The least recently used one goes when there are more than 64. */
  readonly traces: number;
}

/** A tensor or number among the arguments: what a replay binds. */
type Argument = Tensor | number;

/** One traced signature. */
interface Instance {
  readonly machine: Machine;
  /** Form of the arguments, everything but the values of tensors and numbers. */
  readonly form: string;
  /** The arguments it was traced with: dtypes and shapes to compare with. */
  readonly traced: readonly Argument[];
  readonly words: Int32Array;
  readonly executable: Executable;
  /** Per input slot of the Program, the argument that binds it. */
  readonly inputs: readonly number[];
  /** Per scalar slot, the argument that binds it, or its fixed value. */
  readonly scalars: readonly (number | { readonly value: number })[];
  /** Where calls that are done when they return put the values of the scalar slots. */
  readonly numbers: Float64Array;
  readonly states: readonly Variable[];
  readonly updated: readonly Variable[];
  readonly results: readonly (TensorType & { readonly size: number })[];
  readonly rebuild: Flattened<Tensor>["rebuild"];
}

/**
 * Makes a function fast: it is called once per signature (form, shapes and dtypes of its arguments) to record what it
 * computes and assigns, and every further call replays the record in one call into the machine.
 *
 * Tensors and numbers among the arguments, also inside arrays and plain objects, may differ from call to call;
 * inside the function a number argument is a rank-0 float32 tensor. Everything else is part of the record: a
 * number, string or computed tensor that the function closes over is a constant, and JavaScript side effects happen
 * only while tracing. Variables it assigns are updated in place; random draws differ from call to call. Called by
 * another function that is being compiled, it becomes part of that one.
 *
 * @param fn Returns tensors, also inside arrays and plain objects. Reading values inside it throws `OptionError`.
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R): CompiledFunction<A, R> {
  if (typeof fn !== "function") throw new OptionError(`compile: needs a function, got ${show(fn)}`);
  const instances = new Instances(fn);
  const compiled = (...args: A): R => {
    if (activeTrace() !== undefined) return fn(...tracedArguments(args));
    const { leaves, form } = flattenArguments(args);
    realizeArguments(leaves);
    const instance = instances.find(args, leaves, form);
    const bindings = bind(instance, leaves, instance.numbers);
    instance.executable.run(bindings);
    for (const variable of instance.updated) variable.advance();
    return resultsOf(instance, bindings) as R;
  };
  const async = async (...args: A): Promise<R> => {
    checkNotTracing("async");
    const { leaves, form } = flattenArguments(args);
    realizeArguments(leaves);
    const instance = instances.find(args, leaves, form);
    const bindings = bind(instance, leaves, new Float64Array(instance.scalars.length));
    const tensors = leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor);
    await runAsync(instance, bindings, tensors);
    return resultsOf(instance, bindings) as R;
  };
  const instanceFor = (op: string, args: A): Instance => {
    checkNotTracing(op);
    const { leaves, form } = flattenArguments(args);
    return instances.find(args, leaves, form);
  };
  const explain = (...args: A): string => {
    const { words, executable } = instanceFor("explain", args);
    return printProgram(words, executable.explain?.());
  };
  const memory = (...args: A): MemoryUse => memoryOf(instanceFor("memory", args));
  return Object.defineProperty(Object.assign(compiled, { async, explain, memory }), "traces", {
    get: () => instances.traces,
  }) as CompiledFunction<A, R>;
}

/** Runs off the calling thread; variables are at their next versions at once, and back if the run fails. */
async function runAsync({ executable, states, updated }: Instance, bindings: Bindings, tensors: readonly Tensor[]) {
  const storages = [...tensors.map(({ storage }) => storage as Storage), ...states.map(({ memory }) => memory)];
  for (const storage of storages) storage.inFlight++;
  const versions = updated.map((variable) => ({ variable, before: variable.advance(), after: variable.version }));
  try {
    await executable.submit(bindings).done;
  } catch (error) {
    for (const { variable, before, after } of versions) variable.revert(after, before);
    throw error;
  } finally {
    for (const storage of storages) storage.inFlight--;
  }
}

/** A function keeps this many signatures: more than any loop needs, and an end to what a program can pile up. */
const MAX_INSTANCES = 64;

/** The signatures a function has been traced with, the least recently used first. */
class Instances<A extends readonly unknown[]> {
  /** How often the function has been traced. */
  traces = 0;
  private readonly known: Instance[] = [];

  constructor(private readonly fn: (...args: A) => unknown) {}

  /** The instance for these arguments, traced if they are new. */
  find(args: A, leaves: readonly Argument[], form: string): Instance {
    const machine = currentMachine();
    const at = this.known.findLastIndex((instance) => instance.machine === machine && matches(instance, leaves, form));
    if (at >= 0 && at === this.known.length - 1) return this.known[at] as Instance;
    const instance = at < 0 ? trace(this.fn, machine, args, leaves, form) : (this.known.splice(at, 1)[0] as Instance);
    if (at < 0) this.traces++;
    this.known.push(instance);
    if (this.known.length > MAX_INSTANCES) this.known.shift()?.executable.dispose();
    return instance;
  }
}

/** What a call of an instance takes. */
function memoryOf({ executable, traced, inputs, states, results }: Instance): MemoryUse {
  const bytes = (tensors: readonly (TensorType & { readonly size: number })[]) =>
    tensors.reduce((sum, { dtype, size }) => sum + size * dtypeInfo[dtype].bytes, 0);
  const bound = {
    ...executable.memory(),
    inputs: bytes(inputs.map((i) => traced[i] as Tensor)),
    outputs: bytes(results),
    states: bytes(states),
  };
  return { ...bound, total: Object.values(bound).reduce((sum, part) => sum + part) };
}

const isArgument = (value: unknown): value is Argument =>
  typeof value === "number" || (value instanceof Tensor && !(value instanceof Variable));

/** Arguments without anything but tensors and numbers need no form beyond their count. */
function flattenArguments(args: readonly unknown[]): { leaves: readonly Argument[]; form: string } {
  if (args.every(isArgument)) return { leaves: args, form: "" };
  const { leaves, paths, rebuild } = flattenTree(args, isArgument);
  return { leaves, form: `${paths.join(",")}|${describe(rebuild(leaves.map(() => 0)))}` };
}

/** Arguments as a function being compiled sees them: its numbers are tensors. */
function tracedArguments<A extends readonly unknown[]>(args: A): A {
  const { leaves, rebuild } = flattenTree(args, isArgument);
  return rebuild(leaves.map((leaf) => (typeof leaf === "number" ? scalarLeaf(leaf, "float32") : leaf))) as A;
}

const objectNumbers = new WeakMap<object, number>();
let objects = 0;

/** A text that differs where the fixed parts of arguments differ; objects other than trees by identity. */
function describe(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    throw new OptionError(
      `compile: an array among the arguments would be a constant; make it a tensor: ${show(value)}`,
    );
  }
  if (Array.isArray(value)) return `[${value.map(describe).join(",")}]`;
  if (typeof value === "function" || (typeof value === "object" && value !== null)) {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${describe(item)}`)}}`;
    }
    let number = objectNumbers.get(value);
    if (number === undefined) {
      number = ++objects;
      objectNumbers.set(value, number);
    }
    return `#${number}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}

function matches({ form: knownForm, traced }: Instance, leaves: readonly Argument[], form: string): boolean {
  if (knownForm !== form || traced.length !== leaves.length) return false;
  for (let i = 0; i < leaves.length; i++) {
    const [known, leaf] = [traced[i], leaves[i]];
    if (typeof known === "number" || typeof leaf === "number") {
      if (typeof known !== typeof leaf) return false;
    } else if (known?.dtype !== leaf?.dtype || !sameShape((known as Tensor).shape, (leaf as Tensor).shape)) {
      return false;
    }
  }
  return true;
}

/** Computes arguments that have no values yet. */
function realizeArguments(leaves: readonly Argument[]): void {
  const pending = leaves.filter((leaf): leaf is Tensor => leaf instanceof Tensor && leaf.storage === undefined);
  if (pending.length > 0) realize(...pending);
}

/** What a call reads and writes; the numbers go to `numbers`. */
function bind(instance: Instance, leaves: readonly Argument[], numbers: Float64Array): Bindings {
  const { machine, inputs, scalars, states, results } = instance;
  for (let slot = 0; slot < scalars.length; slot++) {
    const source = scalars[slot] as number | { value: number };
    numbers[slot] = typeof source === "number" ? (leaves[source] as number) : source.value;
  }
  return {
    inputs: inputs.map((i) => arrayOf(leaves[i] as Tensor)),
    outputs: results.map(({ dtype, size }) => allocateResult(dtype, size)),
    states: states.map((variable) => stateOn(machine.backend, variable)),
    scalars: numbers,
  };
}

/** New tensors around the outputs of a replay. */
function resultsOf({ results, rebuild }: Instance, { outputs }: Bindings): unknown {
  return rebuild(results.map(({ shape, dtype }, slot) => realisedLeaf(outputs[slot] as TypedArray, shape, dtype)));
}

function trace<A extends readonly unknown[]>(
  fn: (...args: A) => unknown,
  machine: Machine,
  args: A,
  leaves: readonly Argument[],
  form: string,
): Instance {
  const record: Trace = { name: fn.name || "(anonymous)", updates: new Map(), random: undefined, gradients: new Map() };
  const placeholders = leaves.map((leaf) =>
    typeof leaf === "number" ? scalarLeaf(leaf, "float32") : placeholderLeaf(leaf.shape, leaf.dtype),
  );
  const traceArgs = flattenTree(args, isArgument).rebuild(placeholders) as A;
  const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
  const { result, results } = withTrace(record, () => {
    const flattened = flattenTree(fn(...traceArgs), isTensor);
    return { result: flattened, results: flattened.leaves.map((tensor) => tensor.resolve()) };
  });
  const returned = result.rebuild(result.leaves);
  if (returned instanceof Promise) {
    returned.catch(() => {}); // what it rejects with follows from what is thrown here
    throw new OptionError(`compile: "${record.name}" is asynchronous; values do not exist while it is traced`);
  }
  const request = { roots: results, updates: [...record.updates] };
  foldConstants([...results, ...record.updates.values()], new Set(placeholders));
  const { graph } = encodeGraph(request);
  const positions = new Map(placeholders.map((leaf, i) => [leaf, i]));
  const bound = graph.inputs.filter((leaf) => positions.has(leaf));
  const captured = new Set(graph.inputs.filter((leaf) => !positions.has(leaf)));
  const { executable, words } = compileFor(machine, graph, captured);
  return {
    machine,
    form,
    traced: leaves.map((leaf) => (typeof leaf === "number" ? leaf : placeholderLeaf(leaf.shape, leaf.dtype))),
    words,
    executable,
    inputs: bound.map((leaf) => positions.get(leaf) as number),
    scalars: graph.scalars.map((leaf) => positions.get(leaf) ?? { value: leaf.attributes.value as number }),
    numbers: new Float64Array(graph.scalars.length),
    states: graph.states.map((leaf) => leaf.variable),
    updated: [...record.updates.keys()],
    results: results.map(({ shape, dtype, size }) => ({ shape, dtype, size })),
    rebuild: result.rebuild,
  };
}

/** Computes now what depends on neither arguments nor variables, so that replays need not. */
function foldConstants(roots: readonly Tensor[], placeholders: ReadonlySet<Tensor>): void {
  /** Whether a node is made of captured arrays: "fixed" can be computed now, "number" is not worth a buffer. */
  const kinds = new Map<Tensor, "varies" | "number" | "fixed">();
  const order = topologicalOrder(roots, unrealisedOperands);
  for (const node of order) {
    if (node.storage !== undefined) kinds.set(node, "fixed");
    else if (placeholders.has(node) || (node.op.kind === "leaf" && node.op.source === "state"))
      kinds.set(node, "varies");
    else {
      const operands = new Set(node.inputs.map((input) => kinds.get(input)));
      kinds.set(node, operands.has("varies") ? "varies" : operands.has("fixed") ? "fixed" : "number");
    }
  }
  const worthKeeping = (node: Tensor) =>
    kinds.get(node) === "fixed" && node.storage === undefined && node.op.kind !== "view";
  const fixed = new Set(roots.filter(worthKeeping));
  for (const node of order) {
    if (kinds.get(node) !== "varies" && node.op.kind !== "view") continue;
    for (const input of node.inputs) if (worthKeeping(input)) fixed.add(input);
  }
  realize(...fixed);
}
