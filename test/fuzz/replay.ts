/** Draws that can be made again: the same arguments, fresh, for the other backend. */

import type { Arbitrary, GeneratorValue } from "fast-check";

type Draws = (arbitrary: (...args: never[]) => Arbitrary<unknown>, ...args: never[]) => unknown;

/** A generator that remembers what it gave, and gives that again after `rewind`. */
export class Replay {
  readonly #drawn: unknown[] = [];
  #next = 0;
  readonly gen: GeneratorValue;

  constructor(gen: GeneratorValue) {
    const draw: Draws = (arbitrary, ...args) => {
      if (this.#next === this.#drawn.length) this.#drawn.push((gen as unknown as Draws)(arbitrary, ...args));
      const value = this.#drawn[this.#next++];
      return Array.isArray(value) ? [...value] : value;
    };
    this.gen = draw as unknown as GeneratorValue;
  }

  rewind(): void {
    this.#next = 0;
  }
}
