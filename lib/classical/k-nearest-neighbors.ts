/** Nearest neighbours: the classifier that only remembers. */

import { checkInteger } from "../data/check.js";
import { checkOptions, OptionError, show } from "../errors.js";
import { tensor } from "../ops/index.js";
import { type CompiledFunction, compile } from "../runtime/compile-function.js";
import { MAX_SIZE } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { chunksOf, distances, type Metric, smallest } from "./distances.js";
import { Classifier } from "./estimator.js";
import type { Examples } from "./examples.js";

/** Options of `KNearestNeighbors`. */
export interface KNearestNeighborsOptions {
  /** How many neighbours vote (default 1). */
  readonly k?: number;
  /** How far apart two examples are (default `"l2"`). */
  readonly metric?: Metric;
}

/**
 * k-NN: an example has the class that most of its k nearest neighbours among the examples of `fit` have; of classes with
 * as many votes, the smallest. Brute force: every distance is computed, in chunks of queries.
 */
export class KNearestNeighbors extends Classifier {
  /** How many neighbours vote. */
  readonly k: number;
  /** How far apart two examples are. */
  readonly metric: Metric;
  #labels: Int32Array = new Int32Array();
  #distances: CompiledFunction<[Tensor], Tensor> | undefined;

  /** @throws {OptionError} for an option that is unknown or wrong. */
  constructor(options: KNearestNeighborsOptions = {}) {
    super();
    checkOptions("KNearestNeighbors", options, ["k", "metric"]);
    const { k = 1, metric = "l2" } = options;
    this.k = checkInteger("KNearestNeighbors", "k", k, 1, MAX_SIZE);
    if (metric !== "l1" && metric !== "l2") {
      throw new OptionError(`KNearestNeighbors: option "metric" must be "l1" or "l2", got ${show(metric)}`);
    }
    this.metric = metric;
  }

  /**
   * The examples of `fit` that are nearest to each query, nearest first: their positions, int32 `[n, k]`.
   *
   * @throws {OptionError} before `fit`.
   * @throws {ShapeError} when the queries have other features than in `fit`.
   */
  neighbors(x: Examples): Tensor {
    return this.search(this.check("neighbors", x));
  }

  protected override learn(x: Tensor, labels: Int32Array): void {
    if (labels.length < this.k) {
      throw new OptionError(`KNearestNeighbors.fit: k = ${this.k} of ${labels.length} examples; expected at least k`);
    }
    const { metric } = this;
    this.#labels = labels;
    this.#distances = compile((queries: Tensor) => distances(metric, queries, x));
  }

  protected override decide(x: Tensor): Tensor {
    const { k } = this;
    const neighbors = this.search(x).dataSync();
    const classes = Int32Array.from({ length: neighbors.length / k }, (_, i) =>
      this.vote(neighbors.subarray(i * k, (i + 1) * k) as Int32Array),
    );
    return tensor(classes);
  }

  private search(queries: Tensor): Tensor {
    const { k } = this;
    const count = queries.shape[0] as number;
    const examples = this.#labels.length;
    const distancesOf = this.learned(this.#distances);
    const found = new Int32Array(count * k);
    for (const [start, some] of chunksOf(queries, examples, examples * this.features)) {
      const table = distancesOf(some).dataSync();
      for (let i = 0; i < (some.shape[0] as number); i++) {
        found.set(smallest(table.subarray(i * examples, (i + 1) * examples), k), (start + i) * k);
      }
    }
    return tensor(found, { shape: [count, k] });
  }

  /** The class that most of the neighbours have, the smallest of several. */
  private vote(neighbors: Int32Array): number {
    const votes = new Map<number, number>();
    for (const neighbor of neighbors) {
      const label = this.#labels[neighbor] as number;
      votes.set(label, (votes.get(label) ?? 0) + 1);
    }
    return [...votes].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a))[0];
  }
}
