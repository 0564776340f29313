/**
 * Sixth pass: where temporaries lie in the arena.
 *
 * A temporary lives from the kernel that makes it to the last one that reads it; two that never live at the same
 * time may share memory. A result that is written element for element over an operand that dies there takes the
 * operand's memory over; where the result has a home already, an output or a variable, the operand is made there too.
 * The rest is placed greedily, the largest first, at the lowest offset that is free for all of its life, which keeps
 * the arena close to the largest sum of live temporaries.
 */

import { dtypeInfo } from "../dtype.js";
import { ARENA_BLOCK } from "../program/format.js";
import { INSTRUCTIONS } from "../program/opcodes.js";
import { type Kernel, type Operand, ownerOf, type Value } from "./kernel.js";
import { readsElementwise } from "./schedule.js";

/** Sizes for prints, in blocks of ARENA_BLOCK bytes. */
export interface MemoryPlan {
  readonly arenaBlocks: number;
  /** What the arena would be if every temporary had memory of its own. */
  readonly unplannedBlocks: number;
}

interface Lifetime {
  readonly value: Value;
  first: number;
  last: number;
  readonly blocks: number;
}

/** Gives every temp of the kernels a place. */
export function planMemory(kernels: readonly Kernel[]): MemoryPlan {
  moveIntoResults(kernels);
  const lifetimes = findLifetimes(kernels);
  let unplannedBlocks = 0;
  for (const { blocks } of lifetimes.values()) unplannedBlocks += blocks;
  kernels.forEach((kernel, at) => {
    takeOver(kernel, at, lifetimes);
  });
  const owners = [...lifetimes.values()].filter(({ value }) => value.takesOver === undefined);
  const arenaBlocks = place(owners);
  for (const { value } of lifetimes.values()) value.place = ownerOf(value).place;
  return { arenaBlocks, unplannedBlocks };
}

/**
 * Makes operands of results in the memory of the result: the numbers of a large initialisation are drawn where the
 * variable lies, not in an arena of that size. From the last kernel to the first, so that chains follow.
 */
function moveIntoResults(kernels: readonly Kernel[]): void {
  const lifetimes = findLifetimes(kernels);
  const lastFailing = kernels.findLastIndex(({ opcode }) => INSTRUCTIONS[opcode].failsAs !== undefined);
  for (let at = kernels.length - 1; at >= 0; at--) {
    const kernel = kernels[at] as Kernel;
    for (const { value: home } of kernel.outputs) {
      if (home.kind === "temp") continue;
      const source = kernel.inputs.find(({ value }) => {
        const { first = at, last } = lifetimes.get(value) ?? {};
        if (value.kind !== "temp" || last !== at || first === at) return false;
        if (value.dtype !== home.dtype || value.length !== home.length) return false;
        // A run that fails on bad data must not have written a variable.
        if (home.kind === "state" && lastFailing > first) return false;
        return readsElementwise(kernel, value, home) && isUntouched(home, kernels, first, at);
      })?.value;
      if (source === undefined) continue;
      source.kind = home.kind;
      source.place = home.place;
    }
  }
}

/** Whether nothing reads or writes the memory of a bound value from one kernel on until another writes it. */
function isUntouched(home: Value, kernels: readonly Kernel[], first: number, until: number): boolean {
  const isThere = ({ value: { kind, place } }: Operand) => kind === home.kind && place === home.place;
  for (let at = first; at <= until; at++) {
    const { inputs, outputs } = kernels[at] as Kernel;
    if (inputs.some(isThere) || (at < until && outputs.some(isThere))) return false;
  }
  return true;
}

function findLifetimes(kernels: readonly Kernel[]): Map<Value, Lifetime> {
  const lifetimes = new Map<Value, Lifetime>();
  kernels.forEach((kernel, at) => {
    for (const { value } of [...kernel.outputs, ...kernel.inputs]) {
      if (value.kind !== "temp") continue;
      const lifetime = lifetimes.get(value);
      if (lifetime === undefined) {
        const blocks = Math.ceil((value.length * dtypeInfo[value.dtype].bytes) / ARENA_BLOCK);
        lifetimes.set(value, { value, first: at, last: at, blocks });
      } else {
        lifetime.last = at;
      }
    }
  });
  return lifetimes;
}

/** Lets outputs of a kernel use the memory of operands that nobody reads later. */
function takeOver(kernel: Kernel, at: number, lifetimes: ReadonlyMap<Value, Lifetime>): void {
  const taken = new Set<Value>();
  for (const { value } of kernel.outputs) {
    const lifetime = lifetimes.get(value);
    if (lifetime === undefined || lifetime.first !== at) continue;
    for (const { value: source } of kernel.inputs) {
      const dying = lifetimes.get(source);
      if (dying === undefined || dying.last !== at || dying.first === at || taken.has(ownerOf(source))) continue;
      if (source.dtype !== value.dtype || source.length !== value.length) continue;
      if (!readsElementwise(kernel, source, value)) continue;
      const owner = lifetimes.get(ownerOf(source)) as Lifetime;
      taken.add(owner.value);
      value.takesOver = source;
      owner.last = Math.max(owner.last, lifetime.last);
      break;
    }
  }
}

function place(lifetimes: readonly Lifetime[]): number {
  const bySize = [...lifetimes].sort((a, b) => b.blocks - a.blocks || a.first - b.first);
  const placed: Lifetime[] = []; // ascending by place
  let end = 0;
  for (const lifetime of bySize) {
    let offset = 0;
    for (const other of placed) {
      if (other.last < lifetime.first || other.first > lifetime.last) continue;
      if (offset + lifetime.blocks <= other.value.place) break;
      offset = Math.max(offset, other.value.place + other.blocks);
    }
    lifetime.value.place = offset;
    end = Math.max(end, offset + lifetime.blocks);
    const at = placed.findIndex((other) => other.value.place > offset);
    placed.splice(at < 0 ? placed.length : at, 0, lifetime);
  }
  return end;
}
