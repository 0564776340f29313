/** Seeded random graphs for properties of the compiler: every op kind, awkward views, several roots, variables. */

import * as ng from "../../lib/index.js";

/** Uniform integers from a 32-bit xorshift, so that a failing graph can be made again from its seed. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 2654435761) | 1;
  }

  /** An integer in [0, sides). */
  roll(sides: number): number {
    let s = this.state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.state = s;
    return (s >>> 0) % sides;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)] as T;
  }
}

export interface RandomGraph {
  readonly roots: readonly ng.Tensor[];
  readonly updates: readonly (readonly [ng.Variable, ng.Tensor])[];
}

const unary = [ng.neg, ng.abs, ng.relu, ng.tanh, ng.sigmoid, ng.sign, ng.floor, (x: ng.Tensor) => x.mul(0.75), ng.silu];
const binary = [ng.add, ng.sub, ng.mul, ng.maximum, ng.minimum];

/** A graph of about `size` nodes over tensors whose values stay moderate. */
export function randomGraph(seed: number, size: number): RandomGraph {
  const dice = new Dice(seed);
  const numbers = (count: number) => Float32Array.from({ length: count }, () => dice.roll(4001) / 1000 - 2);
  const leaf = (shape: number[]) => ng.tensor(numbers(shape.reduce((a, b) => a * b, 1)), { shape });
  const variables = [0, 1].map((i) => ng.variable(numbers(12), { shape: [3, 4], name: `v${i}` }));
  const pool: ng.Tensor[] = [leaf([3, 4]), leaf([4]), leaf([2, 3, 4]), leaf([3, 1]), leaf([1]), ...variables];
  for (let i = 0; i < size; i++) pool.push(grow(dice, pool, leaf));
  const roots = Array.from({ length: 1 + dice.roll(3) }, () => pool[pool.length - 1 - dice.roll(4)] as ng.Tensor);
  const candidates = pool.filter((t) => t.dtype === "float32" && t.shape.join() === "3,4");
  const updates = variables.filter(() => dice.roll(2) === 0).map((v) => [v, dice.pick(candidates).resolve()] as const);
  return { roots: [...new Set(roots)].filter((root) => !(root instanceof ng.Variable)), updates };
}

function grow(dice: Dice, pool: readonly ng.Tensor[], leaf: (shape: number[]) => ng.Tensor): ng.Tensor {
  const floats = pool.filter((t) => t.dtype === "float32");
  const x = dice.pick(floats);
  const alike = floats.filter((t) => t.shape.join() === x.shape.join());
  const y = dice.pick(alike);
  switch (dice.roll(14)) {
    case 0:
    case 1:
      return dice.pick(unary)(x);
    case 2:
    case 3:
    case 4:
      return dice.pick(binary)(x, y);
    case 5:
      return ng.where(ng.greater(x, y), x, dice.pick([0, 0.3]));
    case 6:
      return x.rank > 0 ? x.sum({ axes: dice.roll(x.rank), keepDims: true }) : ng.exp(x.clip(-1, 1));
    case 7:
      return x.mean({ keepDims: true }).add(x);
    case 8:
      return x.rank >= 2 ? x.transpose() : x.reshape([x.size]);
    case 9:
      return x.rank >= 1 ? x.slice([[null, null, dice.pick([1, 2, -1])]]) : x;
    case 10:
      return x.rank >= 1 && x.size < 200 ? ng.concat([x, y], { axis: x.rank - 1 }) : x;
    case 11:
      return x.rank >= 2 ? x.matmul(leaf([x.shape.at(-1) as number, 4])).mul(0.25) : x.square();
    case 12:
      return x.rank >= 1 && (x.shape.at(-1) as number) > 0 ? ng.softmax(x) : x;
    default:
      return x.size < 200 ? x.reshape([x.size]).pad([[1, 2]], { value: 0.5 }) : x;
  }
}
