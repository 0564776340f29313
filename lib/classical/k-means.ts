/** k-means clustering. */

import { checkInteger, checkSeed } from "../data/check.js";
import { Random } from "../data/index.js";
import { checkOptions, OptionError } from "../errors.js";
import { argMin, concat, gather, maximum, min, scatterAdd, sqrt, sum, tensor, zeros } from "../ops/index.js";
import { checkNonNegative } from "../optim/optimizer.js";
import { compile } from "../runtime/compile-function.js";
import { MAX_SIZE } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { chunksOf, distances } from "./distances.js";
import { Transform } from "./estimator.js";
import type { Examples } from "./examples.js";

/** Options of `KMeans`. */
export interface KMeansOptions {
  /** How many clusters, at most as many as there are examples. */
  readonly clusters: number;
  /** Passes over the examples after which it gives up (default 100). */
  readonly maxIterations?: number;
  /** Ends when a pass lowers the inertia by no more than this share of it, ≥ 0 (default 10⁻⁴). */
  readonly tolerance?: number;
  /** Seed of the first centres (default 0). */
  readonly seed?: number;
}

/** What a pass over the examples finds. */
interface Pass {
  /** The mean of the examples nearest to each centre, `[k, d]`; the centre itself where there are none. */
  readonly centers: Tensor;
  readonly inertia: number;
}

/**
 * k-means: k centres such that the sum of the squared distances of examples to their nearest centres, the inertia, is
 * small. Lloyd's algorithm: every centre moves to the mean of the examples nearest to it, which lowers the inertia, until it
 * hardly does. The first centres are examples, each drawn with a probability proportional to its squared distance from
 * those before (k-means++, D. Arthur and S. Vassilvitskii, 2007).
 */
export class KMeans extends Transform {
  readonly #clusters: number;
  readonly #maxIterations: number;
  readonly #tolerance: number;
  readonly #seed: number;
  #centers: Tensor | undefined;
  #inertias: readonly number[] = [];

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: KMeansOptions) {
    super();
    const op = "KMeans";
    checkOptions(op, options, ["clusters", "maxIterations", "tolerance", "seed"]);
    const { clusters, maxIterations = 100, tolerance = 1e-4, seed = 0 } = options;
    this.#clusters = checkInteger(op, "clusters", clusters, 1, MAX_SIZE);
    this.#maxIterations = checkInteger(op, "maxIterations", maxIterations, 1, MAX_SIZE);
    this.#tolerance = checkNonNegative(op, "tolerance", tolerance);
    this.#seed = checkSeed(op, seed);
  }

  /** The centre of each cluster: float32 `[k, d]`. @throws {OptionError} before `fit`. */
  get centers(): Tensor {
    return this.learned(this.#centers);
  }

  /** The inertia before each pass of `fit`. */
  get inertias(): readonly number[] {
    return this.#inertias;
  }

  /**
   * The cluster of each example, that of the nearest centre: int32 `[n]`.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when examples have other features than in `fit`.
   */
  predict(x: Examples): Tensor {
    return nearestCenter(this.check("predict", x), this.centers);
  }

  protected override learn(x: Tensor): void {
    const count = x.shape[0] as number;
    if (count < this.#clusters) {
      throw new OptionError(`KMeans.fit: ${this.#clusters} clusters of ${count} examples; expected at most as many`);
    }
    let centers = firstCenters(x, this.#clusters, new Random(this.#seed));
    const assign = compile((examples: Tensor, from: Tensor) => {
      const table = distances("l2", examples, from);
      const nearest = argMin(table, { axis: 1 });
      const [k, features] = from.shape as [number, number];
      return {
        sums: scatterAdd(zeros([k, features]), nearest, examples),
        counts: scatterAdd(zeros([k]), nearest, 1),
        inertia: sum(maximum(min(table, { axes: 1 }), 0)),
      };
    });
    const inertias: number[] = [];
    for (let i = 0; i < this.#maxIterations; i++) {
      const pass = passOver(x, centers, assign);
      const before = inertias.at(-1) ?? Infinity;
      inertias.push(pass.inertia);
      centers = pass.centers;
      if (before - pass.inertia <= this.#tolerance * pass.inertia) break;
    }
    this.#centers = centers;
    this.#inertias = inertias;
  }

  /** The distance of each example to each centre, `[n, k]`. */
  protected override describe(x: Tensor): Tensor {
    return sqrt(maximum(distances("l2", x, this.centers), 0));
  }
}

/** The position of the nearest centre `[k, d]` to each example `[n, d]`: int32 `[n]`. */
export function nearestCenter(x: Tensor, centers: Tensor): Tensor {
  const parts = [...chunksOf(x, centers.shape[0] as number)].map(([, rows]) =>
    argMin(distances("l2", rows, centers), { axis: 1 }).realize(),
  );
  return parts.length === 0 ? zeros([0], { dtype: "int32" }) : concat(parts);
}

function passOver(
  x: Tensor,
  centers: Tensor,
  assign: (examples: Tensor, centers: Tensor) => { sums: Tensor; counts: Tensor; inertia: Tensor },
): Pass {
  const [k, features] = centers.shape as [number, number];
  const [sums, counts] = [new Float64Array(k * features), new Float64Array(k)];
  let inertia = 0;
  for (const [, rows] of chunksOf(x, k)) {
    const part = assign(rows, centers);
    for (const [i, value] of part.sums.dataSync().entries()) (sums[i] as number) += value;
    for (const [i, value] of part.counts.dataSync().entries()) (counts[i] as number) += value;
    inertia += part.inertia.item();
  }
  const before = centers.dataSync();
  const after = Float32Array.from(sums, (total, i) => {
    const count = counts[Math.floor(i / features)] as number;
    return count === 0 ? (before[i] as number) : total / count;
  });
  return { centers: tensor(after, { shape: [k, features] }), inertia };
}

function firstCenters(x: Tensor, clusters: number, random: Random): Tensor {
  const count = x.shape[0] as number;
  const toOne = compile((examples: Tensor, center: Tensor) => distances("l2", examples, center));
  const chosen = [random.below(count)];
  const squares = new Float64Array(count).fill(Infinity);
  while (chosen.length < clusters) {
    const last = gather(x, tensor(Int32Array.of(chosen.at(-1) as number)));
    for (const [i, square] of toOne(x, last).dataSync().entries()) {
      squares[i] = Math.max(0, Math.min(squares[i] as number, square));
    }
    chosen.push(draw(squares, random));
  }
  return gather(x, tensor(Int32Array.from(chosen))).realize();
}

/** A position, drawn with probabilities proportional to the weights; any where all are 0. */
function draw(weights: Float64Array, random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return random.below(weights.length);
  let left = random.uniform(0, total);
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found < 0 ? weights.length - 1 : found;
}
