/** Parameters that are trained with options of their own. */

import { OptionError, show } from "../errors.js";
import { Variable } from "../tensor.js";
import { flattenTree, type Tree } from "../tree.js";

/** Options that every optimiser has. */
export interface OptimizerOptions {
  /** Length of a step, in a unit that depends on the optimiser. */
  readonly learningRate: number;
}

/**
 * Parameters with options of their own; what is left out is as the optimiser has it. A group's learning rate keeps its
 * ratio to the optimiser's when that changes, be it by a schedule: with 0.001 in a group and 0.01 in the optimiser it is
 * always a tenth.
 */
export type ParameterGroup<Options> = Partial<Options> & { readonly parameters: Tree<Variable> };

/**
 * What an optimiser trains: variables in any tree, such as `model.parameters()`, or a list of groups, each an object with
 * such a tree as its `parameters`.
 */
export type Trained<Options> = Tree<Variable> | readonly ParameterGroup<Options>[];

/** @internal Variables that are trained with the same options, checked and complete. */
export interface Group<Options> {
  readonly parameters: readonly Variable[];
  /** Where each is in its tree; of several groups, after the number of the group: `"1.conv1.weight"`. */
  readonly paths: readonly string[];
  readonly options: Options;
  /** Its learning rate in units of the optimiser's. */
  readonly scale: number;
}

/**
 * Every option of an optimiser, those not given with their usual values.
 *
 * @param op The optimiser, for messages.
 * @throws {OptionError} for an option that is unknown, missing or out of range.
 */
export type CheckOptions<Options> = (op: string, options: Options) => Required<Options>;

/**
 * @internal The groups of an optimiser, a single one of a tree.
 *
 * @throws {OptionError} for a group without variables, a variable that is not trainable or in several groups, and options
 *   that `check` refuses.
 */
export function groupsOf<Options extends OptimizerOptions>(
  op: string,
  trained: Trained<Options>,
  options: Options,
  check: CheckOptions<Options>,
): Group<Required<Options>>[] {
  const common = check(op, options);
  if (!isGroups(trained)) return [{ ...variablesOf(op, trained), options: common, scale: 1 }];
  const seen = new Set<Variable>();
  return trained.map(({ parameters: tree, ...own }, number) => {
    const { parameters, paths } = variablesOf(op, tree);
    for (const parameter of parameters) {
      if (seen.has(parameter)) throw new OptionError(`${op}: variable ${show(parameter.name)} is in two groups`);
      seen.add(parameter);
    }
    const complete = check(op, { ...options, ...own } as unknown as Options);
    return {
      parameters,
      paths: paths.map((path) => (path === "" ? `${number}` : `${number}.${path}`)),
      options: complete,
      scale: scaleOf(op, complete.learningRate, common.learningRate),
    };
  });
}

function isGroups<Options>(trained: Trained<Options>): trained is readonly ParameterGroup<Options>[] {
  const isGroup = (value: unknown) =>
    typeof value === "object" && value !== null && !(value instanceof Variable) && Object.hasOwn(value, "parameters");
  return Array.isArray(trained) && trained.length > 0 && [...trained].every(isGroup);
}

/** The variables of a tree, each once, and where they are. */
function variablesOf(op: string, tree: unknown): { parameters: Variable[]; paths: string[] } {
  const { leaves, paths } = flattenTree(tree, (value) => value instanceof Variable);
  const parameters = [...new Set(leaves)];
  if (leaves.length === 0) throw new OptionError(`${op}: no variable to train in ${show(tree)}`);
  const fixed = parameters.find(({ requiresGrad }) => !requiresGrad);
  if (fixed !== undefined) throw new OptionError(`${op}: variable ${show(fixed.name)} is not trainable`);
  return { parameters, paths: parameters.map((parameter) => paths[leaves.indexOf(parameter)] as string) };
}

function scaleOf(op: string, rate: number, common: number): number {
  if (rate === common) return 1;
  if (common > 0) return rate / common;
  throw new OptionError(
    `${op}: the learning rate of a group is in proportion to that of the optimiser, which is 0: ${rate}`,
  );
}
