/** Trees: nested arrays and plain objects with values at their leaves, such as the parameters of a model. */

import { OptionError, show } from "./errors.js";

/** A value, or a nested array or plain object of values. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

/** A tree taken apart. */
export interface Flattened<T> {
  /** The leaves, in the order of arrays and of object keys. */
  readonly leaves: T[];
  /** `["layers.0.weight", …]`: where each leaf is; `""` for a tree that is a leaf. */
  readonly paths: string[];
  /** A tree of the same form with other leaves; what is not a leaf is carried over. */
  rebuild(leaves: readonly unknown[]): unknown;
}

/**
 * Takes a tree apart.
 *
 * @throws {OptionError} when a branch contains itself.
 * @param isLeaf Which values are leaves. Arrays and plain objects are branches; anything else is carried over as it is.
 */
export function flattenTree<T>(tree: unknown, isLeaf: (value: unknown) => value is T): Flattened<T> {
  if (typeof isLeaf !== "function")
    throw new OptionError(`flattenTree: isLeaf must be a function, got ${show(isLeaf)}`);
  const leaves: T[] = [];
  const paths: string[] = [];
  const branches = new Set<unknown>(); // from the root to where we are
  const enter = <R>(branch: unknown, path: string, body: () => R): R => {
    if (branches.has(branch)) throw new OptionError(`tree: an array or object contains itself: at "${path}"`);
    branches.add(branch);
    const result = body();
    branches.delete(branch);
    return result;
  };
  const visit = (value: unknown, path: string): ((next: Iterator<unknown>) => unknown) => {
    if (isLeaf(value)) {
      leaves.push(value);
      paths.push(path);
      return (next) => next.next().value;
    }
    const below = (name: string | number) => (path === "" ? `${name}` : `${path}.${name}`);
    if (Array.isArray(value)) {
      const items = enter(value, path, () => value.map((item, i) => visit(item, below(i))));
      return (next) => items.map((item) => item(next));
    }
    if (isPlainObject(value)) {
      const entries = enter(value, path, () =>
        Object.entries(value).map(([name, item]) => [name, visit(item, below(name))] as const),
      );
      return (next) => Object.fromEntries(entries.map(([name, item]) => [name, item(next)]));
    }
    return () => value;
  };
  const build = visit(tree, "");
  const rebuild = (replacements: readonly unknown[]) => {
    if (Array.isArray(replacements)) return build(replacements.values());
    throw new OptionError(`rebuild: replacements must be a list, got ${show(replacements)}`);
  };
  return { leaves, paths, rebuild };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
