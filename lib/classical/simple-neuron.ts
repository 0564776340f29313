/** The simple neuron: taught by patterns, it fires at what resembles them. */

import { OptionError } from "../errors.js";
import { gather, less, min, tensor, where } from "../ops/index.js";
import type { Tensor } from "../tensor.js";
import { distances } from "./distances.js";
import { Classifier } from "./estimator.js";

/**
 * A neuron with binary inputs. In teaching mode, `fit`, it is shown patterns and whether to fire at them (label 1) or not
 * (0). In using mode, `predict`, it follows the firing rule: it fires where more inputs agree with a pattern it was taught
 * to fire at than with any it was taught not to fire at, and does not fire in the opposite case. In a tie it is
 * undefined what it does, and the label is −1. Patterns it was taught are nearest to themselves.
 *
 * Inputs are 0 or 1; `fit` and `predict` throw an `OptionError` for others.
 */
export class SimpleNeuron extends Classifier {
  /** The patterns it was taught to fire at, and those it was not: `[n, inputs]`. */
  #taught: { readonly fire: Tensor; readonly rest: Tensor } | undefined;

  protected override learn(x: Tensor, labels: Int32Array, classes: number): void {
    this.checkBinary("fit", x);
    if (classes > 2) throw new OptionError(`SimpleNeuron.fit: labels must be 0 or 1, got ${classes - 1}`);
    const taught = (wanted: number) => {
      const positions = [...labels.keys()].filter((i) => labels[i] === wanted);
      return gather(x, tensor(Int32Array.from(positions))).realize();
    };
    this.#taught = { fire: taught(1), rest: taught(0) };
  }

  protected override decide(x: Tensor): Tensor {
    this.checkBinary("predict", x);
    const { fire, rest } = this.learned(this.#taught);
    // Between patterns of 0 and 1 the squared distance counts the inputs that differ; to no pattern it is ∞.
    const [toFire, toRest] = [fire, rest].map((patterns) => min(distances("l2", x, patterns), { axes: 1 })) as [
      Tensor,
      Tensor,
    ];
    const labels = (value: number) => tensor(value, { dtype: "int32" });
    return where(less(toFire, toRest), labels(1), where(less(toRest, toFire), labels(0), labels(-1)));
  }

  private checkBinary(method: string, x: Tensor): void {
    const wrong = x.dataSync().find((value) => value !== 0 && value !== 1);
    if (wrong !== undefined) throw new OptionError(`SimpleNeuron.${method}: inputs must be 0 or 1, got ${wrong}`);
  }
}
