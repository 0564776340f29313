/** Pooling, and what leads from images to features, as layers. */

import { checkBoolean } from "../data/check.js";
import { checkOptions } from "../errors.js";
import {
  adaptiveAvgPool2d,
  avgPool2d,
  flatten,
  globalAvgPool2d,
  type Layout,
  maxPool2d,
  type Pair,
  type Pool2dOptions,
} from "../ops/index.js";
import { checkLayout, checkPair } from "../ops/window.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";
import { checkWindows } from "./windows.js";

/** How the windows of a pooling layer move; see `maxPool2d`. */
export type PoolOptions = Omit<Pool2dOptions, "kernel">;

const OPTIONS = ["stride", "padding", "layout"];

/** The maximum of each window: `[n, c, h, w]` → `[n, c, oh, ow]`; see `maxPool2d`. */
export class MaxPool2d extends Module {
  private readonly options: Pool2dOptions;

  /**
   * @param kernel Height and width of a window, and unless an option says otherwise also the distance between them.
   * @throws {OptionError} for a kernel that is no positive integer or pair of them, and options that are unknown or wrong.
   */
  constructor(kernel: Pair, options: PoolOptions = {}) {
    super();
    checkOptions("MaxPool2d", options, OPTIONS);
    checkWindows("MaxPool2d", options);
    this.options = { ...options, kernel: checkPair("MaxPool2d", "kernel", kernel) };
  }

  /**
   * @throws {ShapeError} when x does not have 4 axes or a window is larger than the padded images.
   * @throws {OptionError} when the padding is not smaller than the kernel.
   */
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
    checkWindows("AvgPool2d", options);
    checkBoolean("AvgPool2d", "countIncludePadding", options.countIncludePadding ?? true);
    this.options = { ...options, kernel: checkPair("AvgPool2d", "kernel", kernel) };
  }

  /**
   * @throws {ShapeError} when x does not have 4 axes or a window is larger than the padded images.
   * @throws {OptionError} when the padding is not smaller than the kernel.
   */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.options);
  }
}

/** Averages to a given size, whatever the size of the images: `[n, c, h, w]` → `[n, c, oh, ow]`; see `adaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends Module {
  private readonly size: Pair;
  private readonly options: { readonly layout?: Layout };

  /**
   * @param size Height and width of the result.
   * @throws {OptionError} for a size that is no positive integer or pair of them, and options that are unknown or wrong.
   */
  constructor(size: Pair, options: { readonly layout?: Layout } = {}) {
    super();
    checkOptions("AdaptiveAvgPool2d", options, ["layout"]);
    this.size = checkPair("AdaptiveAvgPool2d", "size", size);
    this.options = { layout: checkLayout("AdaptiveAvgPool2d", options.layout ?? "NCHW") };
  }

  /** @throws {ShapeError} for images without pixels. */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.size, this.options);
  }
}

/** The average of each channel of each image: `[n, c, h, w]` → `[n, c]`; see `globalAvgPool2d`. */
export class GlobalAvgPool2d extends Module {
  private readonly options: { readonly layout?: Layout };

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: { readonly layout?: Layout } = {}) {
    super();
    checkOptions("GlobalAvgPool2d", options, ["layout"]);
    this.options = { layout: checkLayout("GlobalAvgPool2d", options.layout ?? "NCHW") };
  }

  /** @throws {ShapeError} when x does not have 4 axes. */
  forward(x: Tensor): Tensor {
    return globalAvgPool2d(x, this.options);
  }
}

/** All axes but the first as one: `[n, c, h, w]` → `[n, c·h·w]`. Any dtype. */
export class Flatten extends Module {
  forward(x: Tensor): Tensor {
    return flatten(x, { startAxis: 1 });
  }
}
