/** The models of images that commands know, and what images they take. */

import type { ImageSize } from "../data/index.js";
import { OptionError } from "../index.js";
import {
  alexnet,
  type ClassifierOptions,
  cifarConvnet,
  lenet5,
  resnet18,
  resnet20,
  resnet34,
  resnet50,
  vgg11,
  vgg13,
  vgg16,
  vgg19,
} from "../models/index.js";
import type { Sequential } from "../nn/index.js";

/** A model that commands know. */
export interface KnownModel {
  readonly make: (options: ClassifierOptions) => Sequential;
  readonly channels: 1 | 3;
  /** Rows and columns of the images it was made for. */
  readonly size: number;
  /** The least it can do with; those made for one size alone take no other. */
  readonly smallest: number;
  /** Classes of the data that it was made for. */
  readonly classes: number;
  /** A learning rate for stochastic gradient descent with momentum that it bears from its random start. */
  readonly lr: number;
}

// From their random start networks with normalisation lose their way at the rate of LeNet-5, and those without it diverge.
const small = { channels: 3, size: 32, classes: 10, lr: 0.01 } as const;
const large = { channels: 3, size: 224, smallest: 32, classes: 1000, lr: 0.01 } as const;

/** Models by the name that commands and files know them under. */
export const models: Readonly<Record<string, KnownModel>> = {
  lenet5: { make: lenet5, channels: 1, size: 28, smallest: 28, classes: 10, lr: 0.05 },
  cifarConvnet: { make: cifarConvnet, ...small, smallest: 32 },
  resnet20: { make: resnet20, ...small, smallest: 8 },
  resnet18: { make: resnet18, ...large },
  resnet34: { make: resnet34, ...large },
  resnet50: { make: resnet50, ...large },
  alexnet: { make: alexnet, ...large, smallest: 63 },
  vgg11: { make: vgg11, ...large },
  vgg13: { make: vgg13, ...large },
  vgg16: { make: vgg16, ...large },
  vgg19: { make: vgg19, ...large },
};

/** A model by its name. @throws {OptionError} for another name than those above. */
export function modelOf(name: string): KnownModel {
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model !== undefined) return model;
  throw new OptionError(`unknown model: ${JSON.stringify(name)}; known: ${Object.keys(models).join(", ")}`);
}

/**
 * The images that a model takes.
 *
 * @param size Rows and columns (default: those it was made for).
 * @throws {OptionError} when the model does not take them.
 */
export function inputOf(name: string, size = modelOf(name).size): ImageSize & { readonly channels: 1 | 3 } {
  const { channels, size: usual, smallest } = modelOf(name);
  if (usual === smallest ? size !== usual : size < smallest) {
    const expected = usual === smallest ? `${usual} × ${usual}` : `at least ${smallest} × ${smallest}`;
    throw new OptionError(`${name}: images of another size than it takes: ${size} × ${size}; expected ${expected}`);
  }
  return { channels, rows: size, columns: size };
}
