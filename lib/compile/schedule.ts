/**
 * Fifth pass: the order of kernels, and where variables are overwritten.
 *
 * A value that replaces a variable is computed straight into the variable's memory if everything that reads the
 * old value can run before, and everything else that can fail on bad data too, so that a failed run leaves variables
 * as they were: an instruction fails before it writes. Otherwise it is computed aside and copied at the end. Kernels then run in an order that keeps little
 * memory alive: among those that are ready, the one that frees the most beyond what it allocates.
 */

import { dtypeInfo } from "../dtype.js";
import { InternalError } from "../errors.js";
import { INSTRUCTIONS } from "../program/opcodes.js";
import { contiguousView } from "../view.js";
import { type Kernel, newKernel, type Operand, touchesSameElements, type Value } from "./kernel.js";
import type { Lowered } from "./lower.js";

/** @returns The kernels of `lowered`, and copies into variables where needed, in the order to run them. */
export function schedule(lowered: Lowered): Kernel[] {
  const uses = new Uses(lowered.kernels);
  const aside = lowered.updates.filter((update) => !overwriteInPlace(update, uses));
  return order([...lowered.kernels, ...aside.map((update) => copyAtEnd(update, uses))]);
}

/** Who makes and who reads each value, and who waits for whom. */
class Uses {
  private readonly producer = new Map<Value, Kernel[]>();
  private readonly readers = new Map<Value, Kernel[]>();
  /** The other direction of `after`. */
  private readonly waiters = new Map<Kernel, Kernel[]>();
  /** Kernels that can fail on bad data. */
  private readonly failing: readonly Kernel[];

  constructor(kernels: readonly Kernel[]) {
    this.failing = kernels.filter(({ opcode }) => INSTRUCTIONS[opcode].failsAs !== undefined);
    for (const kernel of kernels) {
      for (const { value } of kernel.outputs) append(this.producer, value, kernel);
      for (const { value } of kernel.inputs) append(this.readers, value, kernel);
      for (const earlier of kernel.after) append(this.waiters, earlier, kernel);
    }
  }

  /** Kernels that write the value; more than one for what is assembled from parts. */
  producersOf(value: Value): readonly Kernel[] {
    return this.producer.get(value) ?? [];
  }

  readersOf(value: Value): readonly Kernel[] {
    return this.readers.get(value) ?? [];
  }

  /** Kernels that must run before `kernel`. */
  before(kernel: Kernel): Kernel[] {
    return [...kernel.inputs.flatMap(({ value }) => this.producersOf(value)), ...kernel.after];
  }

  /** Kernels that must run before the memory of a variable is overwritten. */
  beforeOverwriting(state: Value): readonly Kernel[] {
    return [...this.readersOf(state), ...this.failing];
  }

  /** Makes `kernel` wait for `earlier`. */
  runAfter(kernel: Kernel, earlier: Kernel): void {
    kernel.after.add(earlier);
    append(this.waiters, earlier, kernel);
  }

  /** Every kernel that can only run after `kernel`: few, where it computes the last value of a variable. */
  following(kernel: Kernel): Set<Kernel> {
    const following = new Set<Kernel>();
    const addFollowers = (earlier: Kernel) => {
      for (const { value } of earlier.outputs) for (const reader of this.readersOf(value)) following.add(reader);
      for (const waiter of this.waiters.get(earlier) ?? []) following.add(waiter);
    };
    addFollowers(kernel);
    for (const later of following) addFollowers(later); // a Set hands out what is added meanwhile
    return following;
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, item: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}

/** Makes `value` live in the variable's memory, if order allows it. */
function overwriteInPlace({ state, value }: Lowered["updates"][number], uses: Uses): boolean {
  const producers = uses.producersOf(value);
  const [producer] = producers;
  if (value.kind !== "temp" || producers.length !== 1 || producer === undefined) return false;
  if (reads(producer, state) && !readsElementwise(producer, state, value)) return false;
  const earlier = uses.beforeOverwriting(state).filter((kernel) => kernel !== producer);
  const following = uses.following(producer);
  if (earlier.some((kernel) => following.has(kernel))) return false;
  for (const kernel of earlier) uses.runAfter(producer, kernel);
  value.kind = "state";
  value.place = state.place;
  return true;
}

function reads(kernel: Kernel, value: Value): boolean {
  return kernel.inputs.some((input) => input.value === value);
}

/** Whether a kernel reads `source` only in its micro-program, at the elements where it writes `target`. */
export function readsElementwise(kernel: Kernel, source: Value, target: Value): boolean {
  const { elementwise, inputs: own } = INSTRUCTIONS[kernel.opcode];
  if (!elementwise) return false;
  const output = kernel.outputs.find(({ value }) => value === target) as Operand;
  return kernel.inputs.every(
    ({ value, view }, i) => value !== source || (i >= own && touchesSameElements(view, output.view)),
  );
}

function copyAtEnd({ state, value }: Lowered["updates"][number], uses: Uses): Kernel {
  const view = contiguousView([value.length]);
  // A value of its own for the new content: readers of `state` read the old one.
  const target: Value = { ...state, takesOver: undefined };
  const copy = newKernel({ opcode: "copy", outputs: [{ value: target, view }], inputs: [{ value, view }], nodes: [] });
  for (const kernel of uses.beforeOverwriting(state)) copy.after.add(kernel);
  return copy;
}

/** How many of the kernels that are ready are compared: with thousands, the search would be most of compiling. */
const WINDOW = 64;

/** List scheduling by memory growth; ties go to the one that has been ready longest. */
function order(kernels: readonly Kernel[]): Kernel[] {
  const uses = new Uses(kernels);
  const waiting = new Map<Kernel, number>();
  const followers = new Map<Kernel, Kernel[]>();
  const valuesRead = new Map<Kernel, readonly Value[]>();
  const readsLeft = new Map<Value, number>();
  for (const kernel of kernels) {
    const before = new Set(uses.before(kernel));
    before.delete(kernel);
    waiting.set(kernel, before.size);
    for (const earlier of before) append(followers, earlier, kernel);
    const values = [...new Set(kernel.inputs.map(({ value }) => value))];
    valuesRead.set(kernel, values);
    for (const value of values) readsLeft.set(value, (readsLeft.get(value) ?? 0) + 1);
  }
  const growth = (kernel: Kernel) => {
    let bytes = 0;
    for (const { value } of kernel.outputs) bytes += tempBytes(value);
    for (const value of valuesRead.get(kernel) ?? []) if (readsLeft.get(value) === 1) bytes -= tempBytes(value);
    return bytes;
  };
  const ready = kernels.filter((kernel) => waiting.get(kernel) === 0);
  const ordered: Kernel[] = [];
  while (ready.length > 0) {
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < Math.min(ready.length, WINDOW); i++) {
      const bytes = growth(ready[i] as Kernel);
      if (bytes < least) [best, least] = [i, bytes];
    }
    const [kernel] = ready.splice(best, 1) as [Kernel];
    ordered.push(kernel);
    for (const value of valuesRead.get(kernel) ?? []) readsLeft.set(value, (readsLeft.get(value) as number) - 1);
    for (const follower of followers.get(kernel) ?? []) {
      const left = (waiting.get(follower) as number) - 1;
      waiting.set(follower, left);
      if (left === 0) ready.push(follower);
    }
  }
  if (ordered.length < kernels.length) throw new InternalError("schedule: kernels wait for each other");
  return ordered;
}

function tempBytes(value: Value): number {
  return value.kind === "temp" ? value.length * dtypeInfo[value.dtype].bytes : 0;
}
