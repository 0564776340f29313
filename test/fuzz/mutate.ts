/** Arguments that were right, changed in a few places. */

import type { Draw } from "../tfjs/fuzz/draw.js";
import { type AnyArray, anything, KEYS, throwBug, wrongFor } from "./wrong.js";

type Container = Record<PropertyKey, unknown>;

/** A place in the arguments, also deep inside: of an array, or of an object of options. */
interface Place {
  readonly inside: Container;
  readonly key: PropertyKey;
  readonly value: unknown;
}

/** Options whose large values are a lot of work, or of waiting, that a caller may mean. */
const WORK = new Set([
  ..."epochs maxEpochs maxIterations timeoutMs retries retryDelayMs workers prefetch maxLength patience count".split(
    " ",
  ),
  ..."length rows columns size scale gap width height".split(" "),
]);

function isPlain(value: unknown): value is Container {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** Arguments that may be changed: everything in them that can be is copied. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (ArrayBuffer.isView(value) && "slice" in value) return (value as unknown as AnyArray).slice() as unknown as T;
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) as T;
}

function placesIn(inside: Container, from: number, depth = 0): Place[] {
  const keys = Object.keys(inside).slice(from, from + 20);
  return keys.flatMap((key) => {
    const value = inside[key];
    const deeper = isPlain(value) && depth < 4 ? placesIn(value, 0, depth + 1) : [];
    return [{ inside, key, value }, ...deeper];
  });
}

/**
 * Changes copies of arguments.
 *
 * @param from The first argument to change; those before are the objects of methods.
 * @param changes How many places to change.
 */
export function mutate(draw: Draw, args: unknown[], from: number, changes: number): void {
  const places = placesIn(args as unknown as Container, from);
  const objects = places.filter(({ value }) => isPlain(value));
  for (let i = 0; i < changes; i++) {
    const kind = places.length === 0 ? 0 : draw.integer(0, 11);
    if (kind === 0) args.push(anything(draw));
    else if (kind === 1) args.length = Math.max(from, args.length - 1);
    else if (kind < 5 && objects.length > 0) changeObject(draw, draw.pick(objects));
    else changeValue(draw, draw.pick(places));
  }
}

function changeValue(draw: Draw, { inside, key, value }: Place): void {
  const wrong = wrongFor(draw, value);
  if (WORK.has(String(key)) && typeof wrong === "number" && wrong > 3) return;
  Reflect.set(inside, key, wrong);
}

function changeObject(draw: Draw, { inside, key, value }: Place): void {
  const object = value as Container;
  const names = Object.keys(object);
  const copyOnto = (prototype: object | null) =>
    Object.create(prototype, Object.getOwnPropertyDescriptors(object)) as object;
  switch (draw.integer(0, 5)) {
    case 0:
      // JavaScript's own methods of arrays fail where these are no arrays any more.
      if (Array.isArray(object)) return;
      Reflect.defineProperty(object, draw.pick(KEYS), { value: anything(draw), enumerable: true });
      return;
    case 1:
      if (names.length > 0) Reflect.deleteProperty(object, draw.pick(names));
      return;
    case 2:
      if (names.length > 0) Reflect.defineProperty(object, draw.pick(names), { get: throwBug, enumerable: true });
      return;
    case 3:
      Reflect.set(inside, key, Array.isArray(object) ? new Set([1]) : copyOnto(null));
      return;
    case 4:
      Reflect.set(inside, key, Array.isArray(object) ? copyOnto(Object.prototype) : Object.create(object));
      return;
    default:
      Object.freeze(object);
  }
}
