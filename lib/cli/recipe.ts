/** How a classifier is trained. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { AugmentOptions } from "../data/index.js";
import { OptionError, type Variable } from "../index.js";
import {
  Adam,
  AdamW,
  constantSchedule,
  cosineSchedule,
  linearSchedule,
  multiStepSchedule,
  type Optimizer,
  type Schedule,
  SGD,
  warmupSchedule,
} from "../optim/index.js";
import { belowOne, integer, nonNegative } from "./options.js";

/** How to train. */
export interface Recipe {
  readonly epochs: number;
  readonly batch: number;
  readonly optimizer: keyof typeof optimizers;
  /** Learning rate of the first step, or after the warm-up. */
  readonly lr: number;
  readonly schedule: keyof typeof schedules;
  /** Steps in which the learning rate rises. */
  readonly warmup: number;
  /** Of stochastic gradient descent. */
  readonly momentum: number;
  /** Undefined: as the optimiser has it. */
  readonly weightDecay?: number | undefined;
  /** Of the model's parameters, the order of the images and their random changes. */
  readonly seed: number;
  /** Random changes to the images. */
  readonly augment: AugmentOptions;
  /** Share of the training images that is set apart to validate on. */
  readonly validation: number;
  /** Epochs without a better validation loss after which to stop; undefined: never. */
  readonly patience?: number | undefined;
}

/** What the options of `addRecipeOptions` are read to. */
export interface RecipeOptions extends Pick<Recipe, "epochs" | "batch" | "optimizer" | "schedule" | "warmup" | "seed"> {
  readonly lr?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly crop?: number;
  readonly flip?: boolean;
  readonly cutout?: number;
  readonly validation?: number;
  readonly patience?: number;
}

/** With a model's own rate: one epoch and at least 98.5 % on MNIST for LeNet-5, whatever the seed. */
export const defaultRecipe: Omit<Recipe, "lr"> = {
  epochs: 1,
  batch: 64,
  optimizer: "sgd",
  schedule: "linear",
  warmup: 0,
  momentum: 0.9,
  seed: 0,
  augment: {},
  validation: 0,
};

/** Learning rate of Adam and AdamW, whose steps are about as long for every model. */
const ADAM_RATE = 0.001;

/** Share of the training images that a decision when to stop is made on. */
const VALIDATION_SHARE = 0.1;

type Parameters = Readonly<Record<string, Variable>>;

const optimizers = {
  sgd: (parameters: Parameters, { lr: learningRate, momentum, weightDecay = 0 }: Recipe): Optimizer =>
    new SGD(parameters, { learningRate, momentum, weightDecay }),
  adam: (parameters: Parameters, { lr: learningRate, weightDecay = 0 }: Recipe): Optimizer =>
    new Adam(parameters, { learningRate, weightDecay }),
  adamw: (parameters: Parameters, { lr: learningRate, weightDecay = 0.01 }: Recipe): Optimizer =>
    new AdamW(parameters, { learningRate, weightDecay }),
};

const schedules = {
  linear: (rate: number, steps: number): Schedule => linearSchedule(rate, { steps }),
  cosine: (rate: number, steps: number): Schedule => cosineSchedule(rate, { steps }),
  step: (rate: number, steps: number): Schedule => {
    const milestones = [Math.ceil(steps / 2), Math.ceil((3 * steps) / 4)];
    return multiStepSchedule(rate, { milestones: [...new Set(milestones)] });
  },
  constant: (rate: number): Schedule => constantSchedule(rate),
};

/** Adds the options of a training, in groups. */
export function addRecipeOptions(command: Command): Command {
  const { epochs, batch, optimizer, schedule, warmup, momentum, seed } = defaultRecipe;
  return command
    .optionsGroup("Training:")
    .option("--epochs <n>", "passes over the training images", integer(1), epochs)
    .option("--batch <n>", "images in a step", integer(1), batch)
    .addOption(
      new Option("--optimizer <name>", "what makes the steps").choices(Object.keys(optimizers)).default(optimizer),
    )
    .option(
      "--lr <rate>",
      `learning rate (default: 0.05 for lenet5, 0.01 for others; ${ADAM_RATE} for adam and adamw)`,
      nonNegative,
    )
    .addOption(
      new Option("--schedule <name>", "how the rate falls to 0; step: tenfold after 1/2 and 3/4 of the steps")
        .choices(Object.keys(schedules))
        .default(schedule),
    )
    .option("--warmup <steps>", "steps in which the rate rises first", integer(0), warmup)
    .option("--momentum <share>", `momentum of sgd, below 1 (default: ${momentum})`, belowOne)
    .option("--weight-decay <factor>", "how fast weights shrink by themselves (default: 0, adamw: 0.01)", nonNegative)
    .option("--seed <n>", "of the parameters and the order of the images", integer(0), seed)
    .optionsGroup("Random changes to the training images:")
    .option("--crop <pixels>", "move by up to so many pixels", integer(0, 1024))
    .option("--flip", "mirror every other image, left for right")
    .option("--cutout <pixels>", "hide a square of this side", integer(0, 4096))
    .optionsGroup("When to stop:")
    .option("--validation <share>", "of the training images to validate on (default: none, 0.1 with --patience)", share)
    .option("--patience <epochs>", "stop when so many epochs have not improved; keep the best", integer(1));
}

/** Reads a share of which there must be some left. */
function share(text: string): number {
  const value = belowOne(text);
  if (value > 0.9) throw new InvalidArgumentError("It must be at most 0.9.");
  return value;
}

/**
 * The recipe that options mean.
 *
 * @param rate Learning rate of SGD for the model.
 * @throws {OptionError} for a momentum where there is none.
 */
export function recipeOf(options: RecipeOptions, rate: number): Recipe {
  const { epochs, batch, optimizer, schedule, warmup, seed, crop, flip, cutout, patience, weightDecay } = options;
  if (options.momentum !== undefined && optimizer !== "sgd") {
    throw new OptionError(`--momentum is an option of sgd, not of ${optimizer}`);
  }
  return {
    ...{ epochs, batch, optimizer, schedule, warmup, seed, patience, weightDecay },
    lr: options.lr ?? (optimizer === "sgd" ? rate : ADAM_RATE),
    momentum: options.momentum ?? defaultRecipe.momentum,
    augment: {
      ...(crop !== undefined && { cropPadding: crop }),
      ...(flip && { flip }),
      ...(cutout !== undefined && { cutoutSize: cutout }),
    },
    validation: options.validation ?? (patience === undefined ? 0 : VALIDATION_SHARE),
  };
}

/** What makes the steps of a recipe. */
export function optimizerOf(recipe: Recipe, parameters: Parameters): Optimizer {
  return optimizers[recipe.optimizer](parameters, recipe);
}

/** The learning rates of a recipe's steps. */
export function scheduleOf({ schedule, lr, warmup }: Recipe, steps: number): Schedule {
  const after = schedules[schedule](lr, Math.max(1, steps - warmup));
  return warmup > 0 ? warmupSchedule(warmup, after) : after;
}
