/** Residual networks: K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", 2016. */

import {
  Activation,
  BatchNorm2d,
  Bottleneck,
  Conv2d,
  GlobalAvgPool2d,
  Linear,
  MaxPool2d,
  type Module,
  ResidualBlock,
  Sequential,
} from "../nn/index.js";
import { kaimingFanOut } from "../nn/initializers.js";
import { type ClassifierOptions, checkClasses, seedsOf } from "./options.js";

/** What a residual network is made of. */
interface Plan {
  /** Blocks per stage. */
  readonly blocks: readonly number[];
  /** Channels of the first stage; every further one has twice as many, and images of half the height and width. */
  readonly width: number;
  readonly block: "basic" | "bottleneck";
  readonly shortcut: "projection" | "padding";
}

/**
 * ResNet-18 for images `[n, 3, h, w]`, usually 224 × 224: scores `[n, classes]`, before the softmax.
 *
 * A 7 × 7 convolution with stride 2 and a 3 × 3 maximum with stride 2, four stages of residual blocks, of which all but
 * the first halve height and width, the average of each channel, and a linear layer. With the names of torchvision
 * (`layer2.0.downsample.0.weight`), whose weights can be loaded.
 *
 * | network | blocks per stage | channels after each | parameters, 1000 classes |
 * | --- | --- | --- | --- |
 * | `resnet18` | 2, 2, 2, 2 | 64, 128, 256, 512 | 11,689,512 |
 * | `resnet34` | 3, 4, 6, 3 | 64, 128, 256, 512 | 21,797,672 |
 * | `resnet50` | 3, 4, 6, 3, bottlenecks | 256, 512, 1024, 2048 | 25,557,032 |
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function resnet18(options: ClassifierOptions = {}): Sequential {
  return imagenet("resnet18", { blocks: [2, 2, 2, 2], width: 64, block: "basic", shortcut: "projection" }, options);
}

/** ResNet-34: see `resnet18`. */
export function resnet34(options: ClassifierOptions = {}): Sequential {
  return imagenet("resnet34", { blocks: [3, 4, 6, 3], width: 64, block: "basic", shortcut: "projection" }, options);
}

/** ResNet-50, with the stride in the 3 × 3 convolutions of its bottlenecks: see `resnet18`. */
export function resnet50(options: ClassifierOptions = {}): Sequential {
  return imagenet(
    "resnet50",
    { blocks: [3, 4, 6, 3], width: 64, block: "bottleneck", shortcut: "projection" },
    options,
  );
}

/**
 * ResNet-20 for the images of CIFAR-10, `[n, 3, 32, 32]`: scores `[n, classes]` (default 10), before the softmax.
 *
 * A 3 × 3 convolution, three stages of three blocks with 16, 32 and 64 channels, the average of each channel and a linear
 * layer. Shortcuts have no parameters: 269,722 in all.
 *
 * @throws {OptionError} for an option that is unknown or out of range.
 */
export function resnet20(options: ClassifierOptions = {}): Sequential {
  const op = "resnet20";
  const classes = checkClasses(op, options, [], 10);
  const plan: Plan = { blocks: [3, 3, 3], width: 16, block: "basic", shortcut: "padding" };
  const seed = seedsOf(op, options.seed);
  return new Sequential({
    conv1: new Conv2d(3, 16, 3, { padding: 1, bias: false, initializer: kaimingFanOut, seed: seed() }),
    bn1: new BatchNorm2d(16),
    relu: new Activation("relu"),
    ...stagesOf(plan, seed),
    avgpool: new GlobalAvgPool2d(),
    fc: new Linear(64, classes, { seed: seed() }),
  });
}

function imagenet(op: string, plan: Plan, options: ClassifierOptions): Sequential {
  const classes = checkClasses(op, options);
  const { blocks, width, block } = plan;
  const seed = seedsOf(op, options.seed);
  const features = width * 2 ** (blocks.length - 1) * (block === "basic" ? 1 : Bottleneck.expansion);
  return new Sequential({
    conv1: new Conv2d(3, width, 7, { stride: 2, padding: 3, bias: false, initializer: kaimingFanOut, seed: seed() }),
    bn1: new BatchNorm2d(width),
    relu: new Activation("relu"),
    maxpool: new MaxPool2d(3, { stride: 2, padding: 1 }),
    ...stagesOf(plan, seed),
    avgpool: new GlobalAvgPool2d(),
    fc: new Linear(features, classes, { seed: seed() }),
  });
}

/** `layer1`, `layer2`, …: residual blocks, of which the first of a stage changes the shape. */
function stagesOf({ blocks, width, block, shortcut }: Plan, seed: () => number | undefined): Record<string, Module> {
  const [Block, expansion] = block === "basic" ? [ResidualBlock, 1] : [Bottleneck, Bottleneck.expansion];
  let inputs = width;
  return Object.fromEntries(
    blocks.map((count, stage) => {
      const channels = width * 2 ** stage;
      const layers = Array.from({ length: count }, (_, i) => {
        const stride = i === 0 && stage > 0 ? 2 : 1;
        const layer = new Block(inputs, channels, { stride, shortcut, seed: seed() });
        inputs = channels * expansion;
        return layer;
      });
      return [`layer${stage + 1}`, new Sequential(layers)];
    }),
  );
}
