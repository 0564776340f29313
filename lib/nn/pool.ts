/** Pooling, and what leads from images to features, as layers. */

import { checkOptions } from "../errors.js";
import { avgPool2d, flatten, maxPool2d, type Pair, type Pool2dOptions } from "../ops/index.js";
import { checkPair } from "../ops/window.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** How the windows of a pooling layer move; see `maxPool2d`. */
export type PoolOptions = Omit<Pool2dOptions, "kernel">;

const OPTIONS = ["stride", "padding", "layout"];

/** The maximum of each window: `[n, c, h, w]` → `[n, c, oh, ow]`; see `maxPool2d`. */
export class MaxPool2d extends Module {
  private readonly options: Pool2dOptions;

  /**
   * @param kernel Height and width of a window, and unless an option says otherwise also the distance between them.
   * @throws {OptionError} for a kernel that is no positive integer or pair of them, and for an unknown option.
   */
  constructor(kernel: Pair, options: PoolOptions = {}) {
    super();
    checkOptions("MaxPool2d", options, OPTIONS);
    this.options = { ...options, kernel: checkPair("MaxPool2d", "kernel", kernel) };
  }

  /** @throws {ShapeError} when a window is larger than the padded images. */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.options);
  }
}

/** The average of each window: `[n, c, h, w]` → `[n, c, oh, ow]`; see `avgPool2d`. */
export class AvgPool2d extends Module {
  private readonly options: Pool2dOptions & { readonly countIncludePadding?: boolean };

  /** @throws as `MaxPool2d`. */
  constructor(kernel: Pair, options: PoolOptions & { readonly countIncludePadding?: boolean } = {}) {
    super();
    checkOptions("AvgPool2d", options, [...OPTIONS, "countIncludePadding"]);
    this.options = { ...options, kernel: checkPair("AvgPool2d", "kernel", kernel) };
  }

  /** @throws {ShapeError} when a window is larger than the padded images. */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.options);
  }
}

/** All axes but the first as one: `[n, c, h, w]` → `[n, c·h·w]`. Any dtype. */
export class Flatten extends Module {
  forward(x: Tensor): Tensor {
    return flatten(x, { startAxis: 1 });
  }
}
