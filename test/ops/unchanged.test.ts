/** Operations that have nothing to do still give a value, not the variable they were given. */

import { describe, expect, it } from "vitest";
import { StaleTensorError, type Tensor, Variable, variable } from "../../lib/index.js";
import * as ng from "../../lib/ops/index.js";
import { setBackend } from "../../lib/runtime/backends.js";
import { values } from "./support.js";

setBackend("reference");

const cases: readonly (readonly [string, (v: Tensor) => Tensor])[] = [
  ["reshape to its shape", (v) => ng.reshape(v, [2, 3])],
  ["flatten of two axes from the second", (v) => ng.flatten(v)],
  ["squeeze without axes of length 1", (v) => ng.squeeze(v)],
  ["transpose that permutes nothing", (v) => ng.transpose(v, [0, 1])],
  ["broadcastTo its shape", (v) => ng.broadcastTo(v, [2, 3])],
  ["tile by 1", (v) => ng.tile(v, [1, 1])],
  ["slice of everything", (v) => ng.slice(v, [null, [0, 3]])],
  ["flip along no axis", (v) => ng.flip(v, { axes: [] })],
  [
    "pad by 0",
    (v) =>
      ng.pad(v, [
        [0, 0],
        [0, 0],
      ]),
  ],
  ["concat of one", (v) => ng.concat([v])],
  ["split into one", (v) => ng.split(v, 1)[0] as Tensor],
  ["cast to its dtype", (v) => ng.cast(v, "float32")],
  ["first power", (v) => ng.pow(v, 1)],
  ["dropout of nothing", (v) => ng.dropout(v, { rate: 0 })],
];

it("operations read a variable that fits without a node in between", () => {
  const [v, w] = [variable([[1, 2]]), variable([[3], [4]])];
  for (const node of [ng.add(v, v), ng.where(ng.zeros([1, 2], { dtype: "bool" }), v, v), ng.matmul(v, w)]) {
    expect(node.inputs.slice(-2).map(({ op }) => op.name)).toEqual(["variable", "variable"]);
  }
});

describe("of a variable", () => {
  it.each(cases)("%s is the value it has, stale after the next", (_, op) => {
    const v = variable([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const read = op(v);
    const unread = op(v);
    expect(read).not.toBeInstanceOf(Variable);
    expect(read).not.toHaveProperty("assign");
    expect(values(read)).toEqual([1, 2, 3, 4, 5, 6]);
    v.assign(ng.zeros([2, 3]));
    expect(() => values(unread)).toThrow(StaleTensorError);
    expect(values(op(v))).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
