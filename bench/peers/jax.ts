/**
 * jax-js, compiled to WebAssembly:
 *
 *     jax.js THREADS matmul NN|NT|TN M N K
 *     jax.js THREADS train BATCH MOMENTUM NETWORK      of linear layers and ReLU, without momentum
 *
 * Its functions take the arrays they are given; `ref` keeps one.
 */

import { readFileSync } from "node:fs";
import { init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { repeat } from "../harness/case.js";
import { numbers } from "../harness/numbers.js";
import { type AnyRunner, serve } from "../harness/serve.js";
import type { Network } from "../models/networks.js";

const FIRST_SEED = 10;
const LEARNING_RATE = 1e-6;

const [, kind = "", ...words] = process.argv.slice(2);

function filled(shape: number[], seed: number, scale = 1): np.Array {
  const values = numbers(
    shape.reduce((a, b) => a * b, 1),
    seed,
  );
  return np.array(
    values.map((value) => value * scale),
    { shape },
  );
}

/** Reads what the work gives, for it is computed no earlier. */
function runner(work: () => np.Array): AnyRunner {
  let result = new Float32Array();
  const run = repeat(() => {
    result = work().dataSync() as Float32Array<ArrayBuffer>;
  });
  return Object.assign(run, { result: () => result });
}

function matmul(): AnyRunner {
  const [, m = 0, n = 0, k = 0] = words.map(Number);
  const [transposedA, transposedB] = Array.from(words[0] ?? "", (letter) => letter === "T");
  const a = filled(transposedA ? [k, m] : [m, k], 1);
  const b = filled(transposedB ? [n, k] : [k, n], 2);
  const multiply = jit((a: np.Array, b: np.Array) =>
    np.matmul(transposedA ? np.transpose(a) : a, transposedB ? np.transpose(b) : b),
  );
  return runner(() => multiply(a.ref, b.ref));
}

function train(): AnyRunner {
  const [batch, network] = [Number(words[0]), JSON.parse(words[2] ?? "") as Network];
  let parameters: np.Array[] = [];
  let [channels = 0] = network.input;
  for (const layer of network.layers) {
    if (layer.kind !== "linear") continue;
    const seed = FIRST_SEED + parameters.length;
    parameters.push(filled([layer.features, channels], seed, 2 * Math.sqrt(6 / channels)));
    parameters.push(filled([layer.features], seed + 1, 0.1));
    channels = layer.features;
  }
  const x = filled([batch, ...network.input], 1);
  const labels = np.array(
    Array.from({ length: batch }, (_, i) => (7 * i) % network.classes),
    { dtype: np.int32 },
  );
  const lossOf = (parameters: np.Array[], x: np.Array, y: np.Array) => {
    let [values, used] = [x, 0];
    for (const layer of network.layers) {
      if (layer.kind === "relu") values = nn.relu(values);
      else {
        const [weight, bias] = parameters.slice(used, used + 2) as [np.Array, np.Array];
        values = np.add(np.matmul(values, np.transpose(weight)), bias);
        used += 2;
      }
    }
    return np.negative(np.sum(np.multiply(nn.logSoftmax(values), y)).div(batch));
  };
  const step = jit((parameters: np.Array[], x: np.Array, y: np.Array) => {
    const kept = parameters.map((parameter) => parameter.ref);
    const [loss, gradients] = valueAndGrad(lossOf)(parameters, x, y) as [np.Array, np.Array[]];
    return [loss, kept.map((parameter, i) => parameter.sub((gradients[i] as np.Array).mul(LEARNING_RATE)))];
  }) as unknown as (parameters: np.Array[], x: np.Array, y: np.Array) => [np.Array, np.Array[]];
  const y = nn.oneHot(labels, network.classes);
  return runner(() => {
    const [loss, next] = step(parameters, x.ref, y.ref);
    parameters = next;
    return loss;
  });
}

const work = { matmul, train }[kind];
if (work === undefined) throw new Error(`jax-js does not do ${kind}`);
await init("wasm");
const manifest = new URL("../package.json", import.meta.resolve("@jax-js/jax"));
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
await serve(version, work());
