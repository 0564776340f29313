import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FormatError, OptionError, StaleTensorError } from "../../lib/errors.js";
import { setBackend, type Tensor, tensor, type Variable, variable } from "../../lib/index.js";
import { decodeSafetensors, encodeSafetensors, saveSafetensors, type TensorData } from "../../lib/io/index.js";
import { Activation, Linear, Module, normal, Sequential } from "../../lib/nn/index.js";
import { BACKENDS } from "../runtime/support.js";

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

  describe("load", () => {
    const folder = mkdtempSync(join(tmpdir(), "nodegrad-module-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "model.safetensors");

    it.each(BACKENDS)("brings a file into the variables, on %s", async (backend) => {
      setBackend(backend);
      const mask = (value: boolean) => variable([value, false], { name: "mask", dtype: "bool" });
      class Large extends Module {
        readonly weights = normal("weights", [700, 500], 1, { seed: 1 }); // more than a piece of the file
        readonly mask = mask(true);
        readonly mixed = new Mixed();
        forward(x: Tensor): Tensor {
          return x;
        }
      }
      const from = new Large();
      await saveSafetensors(path, from.state(), { epoch: "3" });
      const to = new Large();
      to.weights.assign(0);
      to.mixed.scale.assign(5);
      to.mask.assign(mask(false));
      const late = to.mixed.scale.add(1);
      expect(await to.load(path)).toEqual({ epoch: "3" });
      expect(encodeSafetensors(to.state())).toEqual(encodeSafetensors(from.state()));
      expect(() => late.item()).toThrow(StaleTensorError);
      const { mask: saved, ...state } = from.state();
      to.mask.assign(mask(false));
      to.loadState({ ...state, mask: saved as TensorData });
      expect(to.mask.toArray()).toEqual([1, 0]);
      setBackend("reference");
    });

    it("changes nothing where the file does not fit", async () => {
      const model = new Linear(3, 2, { seed: 1 });
      const before = encodeSafetensors(model.state());
      await saveSafetensors(path, new Linear(2, 2, { seed: 2 }).state());
      await expect(model.load(path)).rejects.toThrow(
        'load: "weight" does not fit: float32 [2, 2]; expected float32 [2, 3]',
      );
      writeFileSync(path, encodeSafetensors(new Linear(3, 2, { seed: 2 }).state()).subarray(0, -1));
      await expect(model.load(path)).rejects.toThrow(/^load: truncated: 31 bytes of data.*model\.safetensors"$/);
      await expect(model.load(join(folder, "none"))).rejects.toThrow(OptionError);
      await expect(model.load(folder)).rejects.toThrow(OptionError);
      expect(encodeSafetensors(model.state())).toEqual(before);
    });

    it("changes nothing where the last elements of the file are none", async () => {
      class Counting extends Module {
        readonly weight = normal("weight", [3], 1, { seed: 1 });
        readonly count = variable(7, { name: "count", dtype: "int32" });
        readonly mask = variable([true, false], { name: "mask", dtype: "bool" });
        forward(x: Tensor): Tensor {
          return x;
        }
      }
      const model = new Counting();
      const before = encodeSafetensors(model.state());
      // Weights that may be written at once, a count of 8 bytes, two bools.
      const file = (count: bigint, bool: number) => {
        const header = JSON.stringify({
          weight: { dtype: "F32", shape: [3], data_offsets: [0, 12] },
          count: { dtype: "I64", shape: [], data_offsets: [12, 20] },
          mask: { dtype: "BOOL", shape: [2], data_offsets: [20, 22] },
        });
        const bytes = new Uint8Array(8 + header.length + 22);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(0, BigInt(header.length), true);
        bytes.set(new TextEncoder().encode(header), 8);
        view.setBigInt64(8 + header.length + 12, count, true);
        bytes[bytes.length - 1] = bool;
        return bytes;
      };
      writeFileSync(path, file(2n ** 31n, 1));
      await expect(model.load(path)).rejects.toThrow(/^load: integer beyond int32: tensor "count" has 2147483648/);
      writeFileSync(path, file(3n, 2));
      await expect(model.load(path)).rejects.toThrow(/^load: bool other than 0 and 1: tensor "mask"/);
      expect(encodeSafetensors(model.state())).toEqual(before);
      writeFileSync(path, file(3n, 1));
      await model.load(path);
      expect([model.weight, model.count, model.mask].map((variable) => variable.toArray())).toEqual([
        [0, 0, 0],
        3,
        [0, 1],
      ]);
    });
  });

  it("restores nothing from a state that holds other arrays", () => {
    const model = new Linear(1, 2, { seed: 1 });
    const before = encodeSafetensors(model.state());
    const state = model.state();
    for (const data of [new Float32Array(3), new Int32Array(2)]) {
      const bias = { dtype: "float32", shape: [2], data } as TensorData;
      expect(() => model.loadState({ ...state, bias })).toThrow(
        /^loadState: "bias" does not fit: .*a Float32Array of 2/,
      );
    }
    expect(encodeSafetensors(model.state())).toEqual(before);
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
