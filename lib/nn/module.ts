/** Layers and models: what has parameters, what they are called, and how they are saved. */

import { checkBoolean } from "../data/check.js";
import type { TensorData } from "../io/index.js";
import { captureState, restoreState, restoreStateFrom } from "../io/state.js";
import { type Tensor, Variable } from "../tensor.js";
import { flattenTree } from "../tree.js";

/** A module of any kind, whatever `forward` takes and gives. */
// biome-ignore lint/suspicious/noExplicitAny: there is no other type that all lists of arguments are assignable to
export type AnyModule = Module<any, unknown>;

/**
 * Base class of layers and of models made of them.
 *
 * Variables and modules among its properties, also inside arrays and plain objects, belong to it. They are named
 * by their path, `"conv1.weight"`, in PyTorch's manner; what is reached by several paths has the name of the first.
 *
 * @typeParam Arguments What `forward` takes: one tensor, unless a subclass says otherwise.
 * @typeParam Result What `forward` gives: a tensor.
 */
export abstract class Module<Arguments extends readonly unknown[] = [x: Tensor], Result = Tensor> {
  /**
   * Whether to behave as while training. Set it by `train()` and `eval()`. A compiled function keeps the mode it
   * was traced in: compile one for training and another for evaluation.
   */
  training = true;

  /** Applies the module. */
  abstract forward(...args: Arguments): Result;

  /** What belongs to the module, by name; its own properties unless a subclass says otherwise. */
  protected members(): object {
    return this;
  }

  /** Names of variables that others save with such a module and it has no use for; `loadState` passes over them. */
  protected unused(): readonly string[] {
    return [];
  }

  /** The module itself, under the path `""`, and all modules in it. */
  modules(): Record<string, AnyModule> {
    const modules: Record<string, AnyModule> = {};
    this.visit((module, path) => {
      modules[path] = module;
    });
    return modules;
  }

  /** Every variable of the module and of the modules in it, by path. */
  variables(): Record<string, Variable> {
    const paths = new Map<Variable, string>();
    this.visit((_, path, variables) => {
      for (const [name, variable] of variables) if (!paths.has(variable)) paths.set(variable, join(path, name));
    });
    return Object.fromEntries([...paths].map(([variable, path]) => [path, variable]));
  }

  /** @internal The variables that it holds itself, not by another module. */
  ownVariables(): Variable[] {
    return flattenTree({ ...this.members() }, isMember).leaves.filter((member) => member instanceof Variable);
  }

  /** The variables that are trained, by path: what an optimiser takes. */
  parameters(): Record<string, Variable> {
    return Object.fromEntries(Object.entries(this.variables()).filter(([, variable]) => variable.requiresGrad));
  }

  /** Sets the mode of the module and of the modules in it; returns the module. */
  train(training = true): this {
    checkBoolean("train", "training", training);
    this.visit((module) => {
      module.training = training;
    });
    return this;
  }

  /** Sets the mode in which the module is used; returns the module. */
  eval(): this {
    return this.train(false);
  }

  /** The values of every variable, by path: what `saveSafetensors` takes. Copies. */
  state(): Record<string, TensorData> {
    return captureState(this.variables());
  }

  /**
   * Replaces the values of every variable, all or none.
   *
   * @param state By path, as `state()` gives them, or a checkpoint of a PyTorch model of the same names.
   * @throws {FormatError} when a variable is missing, unknown, or of another shape or dtype.
   */
  loadState(state: Readonly<Record<string, TensorData>>): void {
    restoreState(this.variables(), state, this.unusedPaths());
  }

  /**
   * Replaces the values of every variable by those in a safetensors file, all or none: straight from the file, which is
   * never in memory as a whole. Do not use the model before the promise has settled.
   *
   * @returns The file's metadata.
   * @throws {FormatError} when the file is corrupt, or as `loadState`; {OptionError} when it is missing or cannot be read.
   *   The model is as it was then, unless reading fails half way, because of the disk or of somebody who changes the
   *   file: some variables have their new values then.
   */
  async load(path: string): Promise<Record<string, string>> {
    return await restoreStateFrom(path, this.variables(), this.unusedPaths());
  }

  /** Paths of what `unused` names, here and in the modules below. */
  private unusedPaths(): Set<string> {
    const unused = new Set<string>();
    this.visit((module, path) => {
      for (const name of module.unused()) unused.add(join(path, name));
    });
    return unused;
  }

  /** Calls `visitor` with the module and each module in it, their paths, and the variables they hold themselves. */
  private visit(
    visitor: (module: AnyModule, path: string, variables: readonly (readonly [string, Variable])[]) => void,
    path = "",
    seen = new Set<AnyModule>(),
  ): void {
    if (seen.has(this)) return;
    seen.add(this);
    const { leaves, paths } = flattenTree({ ...this.members() }, isMember);
    const members = leaves.map((leaf, i) => [paths[i] as string, leaf] as const);
    visitor(
      this,
      path,
      members.filter((member): member is readonly [string, Variable] => member[1] instanceof Variable),
    );
    for (const [name, member] of members) if (member instanceof Module) member.visit(visitor, join(path, name), seen);
  }
}

function isMember(value: unknown): value is AnyModule | Variable {
  return value instanceof Module || value instanceof Variable;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
