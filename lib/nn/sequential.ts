/** Layers one after another. */

import { OptionError, show } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/**
 * Applies layers in order. A list names them by position (`"0.weight"`), an object by its keys:
 *
 * ```ts
 * new Sequential({ hidden: new Linear(784, 100), relu: new Activation("relu"), out: new Linear(100, 10) });
 * ```
 */
export class Sequential extends Module {
  /** The layers by name, in order. */
  readonly layers: Readonly<Record<string, Module>>;

  /** @throws {OptionError} for a layer that is no module, and for a name with a dot in it. */
  constructor(layers: readonly Module[] | Readonly<Record<string, Module>>) {
    super();
    if (typeof layers !== "object" || layers === null || layers instanceof Module) {
      throw new OptionError(`Sequential: layers must be a list or an object of modules, got ${show(layers)}`);
    }
    this.layers = { ...layers } as Readonly<Record<string, Module>>;
    for (const [name, layer] of Object.entries(this.layers)) {
      // A dot separates a layer from its variables: "a.b" could be the layer b of a layer a.
      if (name.includes(".")) throw new OptionError(`Sequential: names of layers have no dot, got ${show(name)}`);
      if (!(layer instanceof Module)) {
        throw new OptionError(`Sequential: layer ${show(name)} must be a module, got ${show(layer)}`);
      }
    }
  }

  /** The layers under their own names, without `layers.` before them. */
  protected override members(): object {
    return this.layers;
  }

  forward(x: Tensor): Tensor {
    return Object.values(this.layers).reduce((value, layer) => layer.forward(value), x);
  }
}
