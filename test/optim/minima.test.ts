/** Where descent ends depends on where it starts. */

import { expect, it } from "vitest";
import { compile, type Variable, variable } from "../../lib/index.js";
import { Adam, type Optimizer, SGD } from "../../lib/optim/index.js";
import { describeOnBoth } from "../runtime/support.js";

/** Himmelblau's function (x² + y − 11)² + (x + y² − 7)²: four minima of height 0, around a hill at (−0.27, −0.92). */
const minima = [
  [3, 2],
  [-2.805118, 3.131313],
  [-3.77931, -3.283186],
  [3.584428, -1.848127],
] as const;

function descend(start: readonly [number, number], make: (p: Variable) => Optimizer, steps: number): number[] {
  const p = variable([...start]);
  const optimizer = make(p);
  const step = compile(() => {
    const [x, y] = [p.slice([[0, 1]]), p.slice([[1, 2]])];
    const height = x.square().add(y).sub(11).square().add(x.add(y.square()).sub(7).square()).sum();
    height.backward();
    optimizer.step();
    return height;
  });
  for (let i = 0; i < steps; i++) step();
  return [...p.dataSync()];
}

describeOnBoth("on a surface with four minima", () => {
  const starts = [
    [1, 1],
    [-1, 1],
    [-1, -2],
    [1, -2],
  ] as const;
  it.each([
    ["gradient descent", (p: Variable) => new SGD(p, { learningRate: 0.005 }), 400],
    ["momentum", (p: Variable) => new SGD(p, { learningRate: 0.002, momentum: 0.8 }), 400],
    ["Adam", (p: Variable) => new Adam(p, { learningRate: 0.05 }), 800],
  ] as const)("%s from different points ends in different ones", (_, make, steps) => {
    const ends = starts.map((start) => descend(start, make, steps));
    const reached = ends.map(([x, y]) =>
      minima.findIndex(([a, b]) => Math.hypot((x as number) - a, (y as number) - b) < 1e-3),
    );
    expect(reached).toEqual([0, 1, 2, 3]);
  });
});
