/** Networks built from nodegrad's layers, with parameters that every peer has too. */

import { add, type Tensor, tensor, type Variable } from "nodegrad";
import {
  Activation,
  BatchNorm2d,
  Conv2d,
  Flatten,
  GlobalAvgPool2d,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from "nodegrad/nn";
import { numbers } from "../harness/numbers.js";
import { type Layer, type Network, shapeAfter } from "./networks.js";

/** Sequence of the first variable's numbers; the next ones have the next. */
const FIRST_SEED = 10;

/** The network as a module, in the mode of training, with the parameters that a user's would start with. */
export function buildAnew({ layers, input }: Network): Sequential {
  return sequence(layers, input);
}

/** The same with the parameters that the peers have. */
export function build(network: Network): Sequential {
  const model = buildAnew(network);
  for (const [i, [path, variable]] of Object.entries(model.variables()).entries()) {
    variable.assign(numbersFor(path, variable, FIRST_SEED + i));
  }
  return model;
}

function sequence(layers: readonly Layer[], input: readonly number[]): Sequential {
  let shape = input;
  return new Sequential(
    layers.map((layer) => {
      const module = moduleOf(layer, shape);
      shape = shapeAfter(layer, shape);
      return module;
    }),
  );
}

/** @param shape What the layer gets, `[c, h, w]` or `[features]`. */
function moduleOf(layer: Layer, shape: readonly number[]): Module {
  const [channels = 0] = shape;
  switch (layer.kind) {
    case "conv": {
      const { filters, kernel, stride, padding, bias } = layer;
      return new Conv2d(channels, filters, kernel, { stride, padding, bias });
    }
    case "linear":
      return new Linear(channels, layer.features);
    case "batchNorm":
      return new BatchNorm2d(channels);
    case "residual":
      return new Sum(sequence(layer.body, shape), sequence(layer.shortcut, shape));
    case "relu":
      return new Activation("relu");
    case "maxPool": {
      const { kernel, stride, padding } = layer;
      return new MaxPool2d(kernel, { stride, padding });
    }
    case "meanPool":
      return new GlobalAvgPool2d();
    case "flatten":
      return new Flatten();
  }
}

/** The sum of what two modules give. */
class Sum extends Module {
  constructor(
    readonly body: Module,
    readonly shortcut: Module,
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return add(this.body.forward(x), this.shortcut.forward(x));
  }
}

/**
 * Weights with which a layer of so many terms keeps the scale of what it gets; biases and means near 0; factors and
 * variances of normalisation near 1.
 */
function numbersFor(path: string, { shape, size }: Variable, seed: number): Tensor {
  const terms = size / (shape[0] as number);
  const scale = shape.length > 1 ? 2 * Math.sqrt(6 / terms) : 0.1;
  const center = shape.length === 1 && /(weight|running_var)$/.test(path) ? 1 : 0;
  return tensor(
    numbers(size, seed).map((value) => value * scale + center),
    { shape },
  );
}
