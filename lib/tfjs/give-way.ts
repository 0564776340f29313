/**
 * Keeps the event loop turning while tfjs-layers trains.
 *
 * `fit` awaits nothing of the backend between two batches, and gives way to timers and sockets only every 125 ms. What it
 * does await are its callbacks, and it has a list of those that every `fit` gets, meant for progress bars. One is added
 * there that waits for the runs in flight, without holding the thread, where `fit` is ahead of them.
 */

import { createRequire } from "node:module";
import { backend } from "@tensorflow/tfjs-core";

/** What the callback needs of the backend. */
export interface GivesWay {
  /** Resolves when there is room for another step. */
  giveWay(): Promise<void>;
}

/** A copy of tfjs-layers. */
interface Layers {
  /** Adds a callback to every `fit` of at least this verbosity. */
  registerCallbackConstructor(verbosity: number, Callback: new () => object): void;
}

const LAYERS_PATH = "/@tensorflow/tfjs-layers/";

const served = new WeakSet<object>();

/**
 * Has `fit` of every copy of tfjs-layers that is loaded give way after each batch. Where there is none, nothing is loaded
 * and nothing happens; CommonJS modules that were imported are found as well as those that were required.
 */
export function giveWayInFit(): void {
  for (const module of Object.values(createRequire(import.meta.url).cache)) {
    if (!module?.filename.replaceAll("\\", "/").includes(LAYERS_PATH)) continue;
    const layers = module.exports as Partial<Layers>;
    if (served.has(layers) || layers.registerCallbackConstructor === undefined) continue;
    served.add(layers);
    layers.registerCallbackConstructor(0, makeCallback());
  }
}

/** A callback of tfjs-layers by its shape: its base class is that of one copy, and a class may be registered only once. */
function makeCallback(): new () => object {
  return class GiveWay {
    setParams(): void {}
    setModel(): void {}
    async onTrainBegin(): Promise<void> {}
    async onTrainEnd(): Promise<void> {}
    async onEpochBegin(): Promise<void> {}
    async onEpochEnd(): Promise<void> {}
    async onBatchBegin(): Promise<void> {}
    async onBatchEnd(): Promise<void> {
      await (backend() as Partial<GivesWay>).giveWay?.();
    }
  };
}
