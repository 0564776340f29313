/**
 * Every public function with arguments that are not meant: wrong in type, in number, in a place deep inside.
 *
 * It gives a value or one of nodegrad's errors, at the caller's line, on both backends the same; an error of the caller's own
 * functions comes out as it is. Nothing else escapes, hangs, or takes gigabytes.
 *
 * `NODEGRAD_FUZZ_RUNS` says how many cases of each function there are, and `NODEGRAD_FUZZ_SEED` which ones; a failure names the seed.
 */

import { inspect } from "node:util";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import * as blas from "../../lib/blas/index.js";
import * as classical from "../../lib/classical/index.js";
import * as data from "../../lib/data/index.js";
import * as nodegrad from "../../lib/index.js";
import * as io from "../../lib/io/index.js";
import * as models from "../../lib/models/index.js";
import * as nn from "../../lib/nn/index.js";
import * as optim from "../../lib/optim/index.js";
import * as program from "../../lib/program/index.js";
import * as train from "../../lib/train/index.js";
import { Draw } from "../tfjs/fuzz/draw.js";
import { routinesAndImages } from "./blas.js";
import { type Callable, callablesOf } from "./callables.js";
import { systems } from "./classical.js";
import { core } from "./core.js";
import { datasets, readersAndWriters } from "./datasets.js";
import { removeFiles } from "./files.js";
import type { Arguments, Table } from "./given.js";
import { layers, optimisers } from "./layers.js";
import { models as modelsTable, training } from "./models.js";
import { copyOf, mutate } from "./mutate.js";
import { complaintAbout, differenceOf, excessOfMemory, type Outcome, outcomeOf } from "./outcome.js";
import { programs } from "./programs.js";
import { Replay } from "./replay.js";

const numRuns = Number(process.env.NODEGRAD_FUZZ_RUNS ?? 4);
const seed = Number(process.env.NODEGRAD_FUZZ_SEED ?? 7);
const BACKENDS = ["reference", "native"];

/** For all cases of a function, on a busy machine. */
const timeout = 60_000 + 5_000 * numRuns;

/**
 * Every entry point but `nodegrad/testing`, which takes but the name of a backend, and `nodegrad/tfjs`, whose backend
 * TensorFlow.js calls.
 */
const entries: readonly (readonly [string, object, Table])[] = [
  ["nodegrad", nodegrad, core],
  ["nodegrad/nn", nn, layers],
  ["nodegrad/optim", optim, optimisers],
  ["nodegrad/data", data, datasets],
  ["nodegrad/io", io, readersAndWriters],
  ["nodegrad/models", models, modelsTable],
  ["nodegrad/train", train, training],
  ["nodegrad/classical", classical, systems],
  ["nodegrad/blas", blas, routinesAndImages],
  ["nodegrad/program", program, programs],
];

/**
 * What has no description: models of millions of weights, as nothing but weights would be drawn; what asks the servers of
 * others; callbacks that trainings alone call.
 */
const NOT_TRIED = [
  "downloadDataset",
  ..."resnet18 resnet34 resnet50 alexnet vgg11 vgg13 vgg16 vgg19".split(" "),
  ...["EarlyStopping.onStart", "EarlyStopping.onEpochEnd", "EarlyStopping.onEnd"],
];

const exported = new Set(entries.flatMap(([, module]) => Object.values(module)));

let calls = 0;

/** The calls of a table: those of the module, and of what its functions return. */
function callsOf(module: object, table: Table): (readonly [string, Callable, Arguments])[] {
  const found = new Map(callablesOf(module, exported).map((callable) => [callable.name, callable]));
  return Object.entries(table).map(([name, args]) => [name, found.get(name) ?? memberOf(name), args]);
}

/** What a function returns, called: `"grad()"`, `"compile().async"`. */
function memberOf(name: string): Callable {
  const member = name.endsWith("()") ? undefined : (name.split(".").at(-1) as string);
  const call = ([self, ...args]: readonly unknown[]) => {
    const object = self as Record<string, (...args: unknown[]) => unknown>;
    return member === undefined ? (self as (...args: unknown[]) => unknown)(...args) : object[member]?.(...args);
  };
  return { name, isMethod: true, call };
}

/** One case on one backend. */
async function outcomeOn(backend: string, gen: fc.GeneratorValue, callable: Callable, valid: Arguments, most: number) {
  const draw = new Draw(gen);
  nodegrad.setBackend(backend);
  nodegrad.setSeed(1);
  const args = valid(draw).map((value, i) => (callable.isMethod && i === 0 ? value : copyOf(value)));
  const changes = most === 0 ? 0 : draw.integer(1, most);
  mutate(draw, args, callable.isMethod ? 1 : 0, changes);
  calls++;
  const outcome = await outcomeOf(() => callable.call(args));
  restore();
  return { args, outcome };
}

const threads = nodegrad.getNumThreads();

/** Undoes what calls set for everybody. */
function restore(): void {
  nodegrad.setBackend("auto");
  nodegrad.setNumThreads(threads);
  nodegrad.setAccuracy("fast");
}

/** A case on both backends; throws what is wrong with it. */
async function check(gen: fc.GeneratorValue, callable: Callable, valid: Arguments, most: number): Promise<void> {
  const replay = new Replay(gen);
  const outcomes: Outcome[] = [];
  let given: unknown;
  for (const backend of BACKENDS) {
    replay.rewind();
    const { args, outcome } = await outcomeOn(backend, replay.gen, callable, valid, most);
    given = args;
    const complaint = complaintAbout(outcome) ?? excessOfMemory();
    if (complaint) throw new Error(`${callable.name} on ${backend}: ${complaint}\n${inspect(args, { depth: 3 })}`);
    if (most === 0 && "error" in outcome) throw outcome.error;
    outcomes.push(outcome);
  }
  const difference = differenceOf(outcomes[0] as Outcome, outcomes[1] as Outcome);
  if (difference) throw new Error(`${callable.name}: ${difference}\n${inspect(given, { depth: 3 })}`);
}

describe.each(entries)("%s", (_, module, table) => {
  it("has a description of every public function", () => {
    const described = Object.keys(table).filter((name) => !name.includes("()"));
    const names = callablesOf(module, exported).map(({ name }) => name);
    expect(described.sort()).toEqual(names.filter((name) => !NOT_TRIED.includes(name)).sort());
  });

  // Nobody answers where a file is to come from; what downloads give is tested elsewhere.
  const accepted = callsOf(module, table).filter(([name]) => name !== "downloadFile");
  it.each(accepted)("%s takes what it should", async (_, callable, valid) => {
    const property = fc.asyncProperty(fc.gen(), (gen) => check(gen, callable, valid, 0));
    await fc.assert(property, { numRuns: 2, seed, endOnFailure: true });
  });

  it.each(callsOf(module, table))(
    "%s refuses the rest",
    async (_, callable, valid) => {
      const property = fc.asyncProperty(fc.gen(), (gen) => check(gen, callable, valid, 3));
      await fc.assert(property, { numRuns, seed, endOnFailure: true });
    },
    timeout,
  );
});

afterAll(() => {
  removeFiles();
  console.log(`${calls} calls`);
});
