import { describe, expect, it } from "vitest";
import { FormatError, OptionError } from "../../lib/errors.js";
import { setBackend, type Tensor, tensor, type Variable, variable } from "../../lib/index.js";
import { decodeSafetensors, encodeSafetensors } from "../../lib/io/index.js";
import { Activation, Linear, Module, Sequential } from "../../lib/nn/index.js";

setBackend("reference");

/** A module with members of every kind: nested, shared, not trained. */
class Mixed extends Module {
  readonly scale = variable(2, { name: "scale" });
  readonly mean = variable([0, 0], { name: "mean", trainable: false });
  readonly blocks = [new Linear(2, 2, { seed: 1 }), new Linear(2, 2, { seed: 2 })];
  readonly heads: { readonly first: Linear; readonly tied: Linear };
  readonly note = "neither a variable nor a module";

  constructor() {
    super();
    this.heads = { first: new Linear(2, 3, { bias: false, seed: 3 }), tied: this.blocks[0] as Linear };
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.scale);
  }
}

describe("Module", () => {
  it("names variables by path, shared ones once", () => {
    const model = new Mixed();
    const paths = ["blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "blocks.1.bias", "heads.first.weight"];
    expect(Object.keys(model.variables()).toSorted()).toEqual(["mean", "scale", ...paths].toSorted());
    expect(Object.keys(model.parameters()).toSorted()).toEqual(["scale", ...paths].toSorted());
    expect(model.variables()["blocks.0.weight"]).toBe(model.heads.tied.weight);
  });

  it("passes its mode on", () => {
    const model = new Mixed();
    expect(model.training).toBe(true);
    expect(model.eval()).toBe(model);
    expect([model.training, model.blocks[1]?.training, model.heads.first.training]).toEqual([false, false, false]);
    model.train();
    expect([model.training, model.blocks[1]?.training, model.heads.first.training]).toEqual([true, true, true]);
  });

  it("saves and restores its values, through a file too", () => {
    const [from, to] = [new Mixed(), new Mixed()];
    from.scale.assign(7);
    from.mean.assign(tensor([3, 4]));
    from.blocks[1]?.weight.assign(1.5);
    to.loadState(decodeSafetensors(encodeSafetensors(from.state())).tensors);
    expect(to.scale.item()).toBe(7);
    expect(to.mean.toArray()).toEqual([3, 4]);
    expect(encodeSafetensors(to.state())).toEqual(encodeSafetensors(from.state()));
    const { scale } = from.state();
    (scale as { data: Float32Array }).data[0] = 0;
    expect(from.scale.item()).toBe(7);
  });

  it("restores nothing from a state that does not fit", () => {
    const model = new Linear(3, 2, { seed: 1 });
    const before = [...model.weight.dataSync()];
    const { weight, bias } = model.state();
    const fits = { weight, bias } as ReturnType<typeof model.state>;
    const changed = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
    const bad = [
      [{ bias: changed }, 'loadState: variable is missing: "weight"'],
      [{ ...fits, scale: changed }, 'loadState: unknown variable: "scale"; known: weight, bias'],
      [{ ...fits, weight: changed }, 'loadState: "weight" does not fit: float32 [2]; expected float32 [2, 3]'],
      [
        { weight: changed, bias: { dtype: "int32", shape: [2], data: Int32Array.of(1, 2) } as const },
        'loadState: "weight" does not fit',
      ],
      [{ ...fits, bias: { dtype: "int32", shape: [2], data: Int32Array.of(1, 2) } as const }, "int32 [2]"],
    ] as const;
    for (const [state, message] of bad) {
      expect(() => model.loadState(state)).toThrow(FormatError);
      expect(() => model.loadState(state)).toThrow(message);
    }
    expect([...model.weight.dataSync()]).toEqual(before);
  });
});

describe("Sequential", () => {
  const parts = () => [new Linear(2, 3, { seed: 1 }), new Activation("relu"), new Linear(3, 1, { seed: 2 })] as const;

  it("applies layers in order and names them by position or by key", () => {
    const [a, b, c] = parts();
    const x = tensor([[1, -2]]);
    const list = new Sequential([a, b, c]);
    const named = new Sequential({ hidden: a, relu: b, out: c });
    expect(list.forward(x).item()).toBe(c.forward(b.forward(a.forward(x))).item());
    expect(named.forward(x).item()).toBe(list.forward(x).item());
    expect(Object.keys(list.parameters())).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    expect(Object.keys(named.parameters())).toEqual(["hidden.weight", "hidden.bias", "out.weight", "out.bias"]);
  });

  it("nests", () => {
    const [a, b, c] = parts();
    const model = new Sequential([new Sequential({ hidden: a, relu: b }), c]);
    expect(Object.keys(model.parameters())).toEqual(["0.hidden.weight", "0.hidden.bias", "1.weight", "1.bias"]);
    model.eval();
    expect(a.training).toBe(false);
  });

  it("refuses what is no module", () => {
    const layers = [new Activation("relu"), (x: Variable) => x] as unknown as Module[];
    expect(() => new Sequential(layers)).toThrow(OptionError);
  });
});
