/**
 * The compiler: a graph becomes a Program, in passes that each leave something printable.
 *
 * simplify → fuse → layout → lower → schedule → memory → emit
 */

import type { Graph } from "../graph/signature.js";
import type { Tensor } from "../graph/tensor.js";
import { emit } from "./emit.js";
import { fuse } from "./fuse.js";
import { chooseLayouts } from "./layout.js";
import { lower } from "./lower.js";
import { planMemory } from "./memory.js";
import { printGroups, printMemory, printNodes, printSchedule } from "./print.js";
import { schedule } from "./schedule.js";
import { simplify } from "./simplify.js";

export interface CompileOptions {
  /** False keeps every node in a kernel of its own: the unoptimised Program that tests compare with. */
  readonly optimize?: boolean;
  /** Input leaves whose arrays become constants of the Program; the others are bound by each run. */
  readonly captured?: ReadonlySet<Tensor>;
  /** Receives the print of each pass, if given. */
  readonly trace?: (pass: string, text: string) => void;
}

/**
 * Compiles a graph.
 *
 * @returns The words of the Program. Its inputs are `graph.inputs` without the captured ones, its constants the
 *   captured ones, its states `graph.states`, its scalars `graph.scalars` and its outputs `graph.roots`, in
 *   their order.
 */
export function compileGraph(graph: Graph, options: CompileOptions = {}): Int32Array {
  const { optimize = true, captured = new Set(), trace } = options;
  const simple = optimize ? simplify(graph) : graph;
  trace?.("graph", printNodes(simple));
  const groups = fuse(simple, optimize);
  trace?.("groups", printGroups(groups));
  const orders = optimize ? chooseLayouts(simple, groups) : new Map<Tensor, readonly number[]>();
  const lowered = lower(simple, groups, orders, captured);
  const kernels = schedule(lowered);
  const plan = planMemory(kernels);
  trace?.("schedule", printSchedule(kernels));
  trace?.("memory", printMemory(plan));
  return emit(kernels, lowered.bound, graph.scalars.length, plan.arenaBlocks);
}
