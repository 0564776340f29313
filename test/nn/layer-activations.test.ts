import { expect, it } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { compile, relu, type Tensor, tensor, zeros } from "../../lib/index.js";
import { lenet5 } from "../../lib/models/index.js";
import { Activation, activations, BatchNorm1d, Dropout, Linear, LSTM, Module, Sequential } from "../../lib/nn/index.js";
import { describeOnBoth } from "../runtime/support.js";

/** Applies one layer twice. */
class Twice extends Module {
  readonly layer = new Linear(2, 2, { seed: 1 });
  readonly idle = new Linear(2, 2);

  forward(x: Tensor): Tensor {
    return relu(this.layer.forward(this.layer.forward(x)));
  }
}

describeOnBoth("activations", () => {
  const x = () => tensor([[1, -2]]);

  it("gives the result of every layer by path, and that of the model", () => {
    const model = new Sequential({ a: new Linear(2, 3, { seed: 1 }), b: new Activation("relu") });
    const results = activations(model, x());
    expect(Object.keys(results)).toEqual(["a", "b", ""]);
    const a = (model.layers.a as Linear).forward(x());
    expect(results.a?.toArray()).toEqual(a.toArray());
    expect(results.b?.toArray()).toEqual(relu(a).toArray());
    expect(results[""]?.toArray()).toEqual(results.b?.toArray());
    for (const result of Object.values(results)) expect(result.storage).toBeDefined();
  });

  it("gives the feature maps of LeNet-5", () => {
    const results = activations(lenet5({ seed: 1 }), zeros([2, 1, 28, 28]));
    expect(results.conv1?.shape).toEqual([2, 20, 28, 28]);
    expect(results.conv2?.shape).toEqual([2, 50, 14, 14]);
  });

  it("counts the calls of a layer, and leaves out one without any", () => {
    const model = new Twice();
    const results = activations(model, x());
    expect(Object.keys(results)).toEqual(["layer", "layer#2", ""]);
    expect(results["layer#2"]?.toArray()).toEqual(model.layer.forward(results.layer as Tensor).toArray());
  });

  it("sees the model in the mode of its use, and leaves it as it was", () => {
    const model = new Sequential([new BatchNorm1d(2), new Dropout(0.9)]);
    const before = model.state();
    const results = activations(model, x());
    expect(results["1"]?.toArray()).toEqual(results["0"]?.toArray());
    expect(model.training).toBe(true);
    expect(model.state()).toEqual(before);
    expect(Object.hasOwn(model, "forward")).toBe(false);
    expect(() => activations(model, tensor([1, 2, 3]))).toThrow(ShapeError);
    expect(Object.hasOwn(model, "forward")).toBe(false);
  });

  it("takes what the model takes, and gives the first of several tensors", () => {
    const results = activations(
      new LSTM(2, 3, { seed: 1 }),
      tensor([
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    );
    expect(results[""]?.shape.at(-1)).toBe(3);
  });

  it("refuses what is no module, and to be compiled", () => {
    expect(() => activations({} as never, x())).toThrow("activations: needs a module, got");
    const inside = compile((input: Tensor) => activations(new Linear(2, 2), input)[""] as Tensor);
    expect(() => inside(x())).toThrow(OptionError);
  });
});
