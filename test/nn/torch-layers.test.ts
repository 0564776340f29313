/**
 * Layers against values and derivatives that PyTorch computed in float64 (test/values/generate.py), in float64 on the
 * reference backend: rounding errors are far below the ten digits of the table. Other precisions and machines are tested
 * operation by operation.
 */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { vjp } from "../../lib/autodiff/index.js";
import { flattenTree, realize, setBackend, Tensor, tensor, type Variable, variable } from "../../lib/index.js";
import * as nn from "../../lib/nn/index.js";
import { values } from "../ops/support.js";
import { withVariables } from "./support.js";

setBackend("reference");

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: "int32" | undefined;
}

interface Case {
  readonly layer: keyof typeof layers;
  readonly arguments: readonly unknown[];
  readonly call: object;
  readonly training: boolean;
  /** By PyTorch's names. */
  readonly state: Readonly<Record<string, Values>>;
  readonly inputs: readonly Values[];
  readonly outputs: readonly Values[];
  readonly cotangents: readonly (readonly number[])[];
  /** With respect to float inputs, then to parameters in the order of their names. */
  readonly gradients: readonly (readonly number[])[];
  readonly parameters: readonly string[];
  /** What running statistics are after the call. */
  readonly buffers: Readonly<Record<string, readonly number[]>>;
}

const layers = {
  AdaptiveAvgPool2d: nn.AdaptiveAvgPool2d,
  BatchNorm1d: nn.BatchNorm1d,
  BatchNorm2d: nn.BatchNorm2d,
  Bottleneck: nn.Bottleneck,
  Conv1d: nn.Conv1d,
  ConvTranspose2d: nn.ConvTranspose2d,
  Embedding: nn.Embedding,
  GRU: nn.GRU,
  GRUCell: nn.GRUCell,
  LSTM: nn.LSTM,
  LSTMCell: nn.LSTMCell,
  LayerNorm: nn.LayerNorm,
  MultiheadAttention: nn.MultiheadAttention,
  RNN: nn.RNN,
  RNNCell: nn.RNNCell,
  ResidualBlock: nn.ResidualBlock,
};

const table: readonly Case[] = JSON.parse(
  readFileSync(new URL("../values/torch-layers.json", import.meta.url), "utf8"),
);

const make = ({ layer, arguments: args }: Case) =>
  new (layers[layer] as new (...args: readonly unknown[]) => nn.AnyModule)(...args);

const float64 = ({ shape, data, dtype }: Values) => tensor(data, { shape, dtype: dtype ?? "float64" });

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** Calls a layer as PyTorch's are called. */
function call(one: Case, module: nn.AnyModule, inputs: readonly Tensor[]): Tensor[] {
  const [x, hidden, cell] = inputs;
  const attention = one.layer === "MultiheadAttention";
  const rest = attention ? [hidden, cell, one.call] : hidden === undefined ? [] : [{ hidden, ...(cell && { cell }) }];
  return flattenTree(module.forward(x, ...rest), isTensor).leaves;
}

/** Expects the table's values up to half a unit of their tenth digit, and as much again for rounding in float64. */
function expectDigits(what: string, found: Tensor, expected: readonly number[]): void {
  const actual = values(found);
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs), 0.01);
  actual.forEach((value, i) => {
    const error = Math.abs(value - (expected[i] as number));
    if (!(error <= 1e-9 * largest)) expect.fail(`${what}[${i}] is ${value}, PyTorch ${expected[i]}: off by ${error}`);
  });
}

function checkCase(one: Case): void {
  const module = make(one).train(one.training);
  const inputs = one.inputs.map(float64);
  const floats = inputs.filter(({ dtype }) => dtype === "float64");
  const points = [...floats, ...one.parameters.map((name) => float64(one.state[name] as Values))];
  const statistics: Record<string, Variable> = Object.fromEntries(
    Object.keys(one.buffers).map((name) => [name, variable(float64(one.state[name] as Values), { trainable: false })]),
  );
  const { outputs, vjp: pull } = vjp((...moved) => {
    const parameters = one.parameters.map((name, i) => [name, moved[floats.length + i] as Tensor] as const);
    const rest = moved.slice(0, floats.length);
    const given = inputs.map((input) => (input.dtype === "float64" ? (rest.shift() as Tensor) : input));
    const variables = { ...statistics, ...Object.fromEntries(parameters) };
    return withVariables(module, variables, () => call(one, module, given));
  }, points);
  const gradients = pull(...one.cotangents.map((data, i) => float64({ data, shape: (outputs[i] as Tensor).shape })));
  realize(...outputs, ...gradients);
  expect(outputs.map(({ shape }) => shape)).toEqual(one.outputs.map(({ shape }) => shape));
  outputs.forEach((output, i) => {
    expectDigits(`output ${i}`, output, (one.outputs[i] as Values).data);
  });
  expect(gradients).toHaveLength(one.gradients.length);
  gradients.forEach((gradient, i) => {
    expectDigits(`gradient ${i}`, gradient, one.gradients[i] as readonly number[]);
  });
  for (const [name, expected] of Object.entries(one.buffers)) {
    expectDigits(name, statistics[name] as Variable, expected);
  }
}

const named = table.map(
  (one) => [`${one.layer}(${JSON.stringify(one.arguments).slice(1, -1)}), training ${one.training}`, one] as const,
);

describe("PyTorch's layers", () => {
  it.each(named)("%s: values, derivatives and statistics", (_, one) => {
    checkCase(one);
  });

  it.each(named)("%s: loads PyTorch's state by its names", (_, one) => {
    const module = make(one);
    const state = Object.fromEntries(
      Object.entries(one.state).map(([name, { shape, data, dtype }]) => [
        name,
        dtype === "int32"
          ? ({ dtype: "int32", shape, data: Int32Array.from(data) } as const)
          : ({ dtype: "float32", shape, data: Float32Array.from(data) } as const),
      ]),
    );
    module.loadState(state);
    const counters = Object.keys(state).filter((name) => name.endsWith("num_batches_tracked") && !one.buffers[name]);
    expect(Object.keys(module.variables()).toSorted()).toEqual(
      Object.keys(state)
        .filter((name) => !counters.includes(name))
        .toSorted(),
    );
    expect(Object.keys(module.parameters()).toSorted()).toEqual(one.parameters.toSorted());
  });
});
