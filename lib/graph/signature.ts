/**
 * The structural signature of a graph: everything a Program depends on, as words, and nothing else.
 *
 * Two graphs with the same words compile to the same Program; the values of arrays, variables and scalar
 * leaves are not part of it, so a training loop has one signature. The hash of the words finds a candidate, the words
 * themselves confirm it.
 */

import { dtypeInfo } from "../dtype.js";
import { InternalError, StaleTensorError } from "../errors.js";
import type { Tensor } from "./tensor.js";
import type { StateLeaf, Variable } from "./variable.js";
import { topologicalOrder, unrealisedOperands } from "./walk.js";
import { WordList } from "./words.js";

/** What a run is asked to do: compute `roots`, and overwrite each variable with a value. */
export interface Request {
  readonly roots: readonly Tensor[];
  readonly updates: readonly (readonly [Variable, Tensor])[];
}

/** A request, in the order a Program works with. */
export interface Graph {
  /** Every node, operands first. */
  readonly nodes: readonly Tensor[];
  readonly roots: readonly Tensor[];
  /** The leaf that reads the variable, and the value that overwrites it. */
  readonly updates: readonly (readonly [StateLeaf, Tensor])[];
  /** Leaves by source, in the order of their slots. */
  readonly inputs: readonly Tensor[];
  readonly states: readonly StateLeaf[];
  readonly scalars: readonly Tensor[];
}

const words = new WordList();

/**
 * Orders a request and encodes it.
 *
 * @returns The graph and its words; the words are a view of memory that the next call overwrites.
 * @throws {StaleTensorError} when a leaf reads a version of a variable that is gone.
 */
export function encodeGraph(request: Request): { graph: Graph; words: Int32Array } {
  const targets = request.updates.map(([variable]) => variable.current);
  const values = request.updates.map(([, value]) => value);
  const nodes = topologicalOrder([...request.roots, ...values, ...targets], unrealisedOperands);
  const inputs: Tensor[] = [];
  const states: StateLeaf[] = [];
  const scalars: Tensor[] = [];
  words.clear();
  for (const node of nodes) {
    if (node.storage === undefined && node.inputs.length > 0) {
      words.push(node.op.id);
      words.push(node.inputs.length);
      for (const input of node.inputs) words.push(input.position);
      words.pushAttributes(node.attributes);
      continue;
    }
    encodeLeaf(node, inputs, states, scalars);
  }
  words.push(-1);
  for (const root of request.roots) words.push(root.position);
  words.push(-2);
  request.updates.forEach(([variable, value]) => {
    words.push(variable.current.position);
    words.push(value.position);
  });
  const updates = request.updates.map(([variable, value]) => [variable.current, value] as const);
  const graph = { nodes, roots: request.roots, updates, inputs, states, scalars };
  return { graph, words: words.view() };
}

function encodeLeaf(node: Tensor, inputs: Tensor[], states: StateLeaf[], scalars: Tensor[]): void {
  const source = node.storage !== undefined ? "input" : node.op.kind === "leaf" ? node.op.source : "nothing";
  words.push(-3);
  words.push(dtypeInfo[node.dtype].code);
  words.push(node.shape.length);
  for (let i = 0; i < node.shape.length; i++) words.push(node.shape[i] as number);
  switch (source) {
    case "input":
      words.push(0);
      inputs.push(node);
      return;
    case "state":
      checkCurrent(node as StateLeaf);
      words.push(1);
      states.push(node as StateLeaf);
      return;
    case "scalar":
      words.push(2);
      scalars.push(node);
      return;
    case "constant":
      words.push(3);
      words.pushNumber((node.attributes as { value: number }).value);
      return;
    case "nothing":
      throw new InternalError(`"${node.op.name}" has no operands and is not a leaf`);
  }
}

function checkCurrent(leaf: StateLeaf): void {
  const { variable, version } = leaf;
  if (version !== variable.version) {
    throw new StaleTensorError(
      `realize: tensor was built from version ${version} of variable ${JSON.stringify(variable.name)}, which has been ` +
        `assigned since (now version ${variable.version}); read it before assigning, or rebuild it`,
    );
  }
}

/** FNV-1a over words. */
export function hashWords(words: Int32Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ (words[i] as number), 0x01000193);
  return hash;
}

/** Whether two signatures are the same. */
export function sameWords(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
