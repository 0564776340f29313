/** What a classifier gets wrong, the most confident mistakes first. */

import { tensor } from "../ops/index.js";
import { Tensor } from "../tensor.js";

/** An example taken for another class. */
export interface Mistake {
  /** Which example of the data, counted from 0 in its order. */
  readonly index: number;
  /** Its class. */
  readonly truth: number;
  /** The class that it was taken for. */
  readonly predicted: number;
  /** The probability that the model gave that class, by the softmax of its scores, in [0, 1]. */
  readonly confidence: number;
  /**
   * The first entry of its batch without the axis of examples, `[c, h, w]` for images; undefined where that is no tensor
   * with a row for each example.
   */
  readonly input: Tensor | undefined;
}

/** What a classifier said about the examples of a batch, `[n]` each. */
export interface Verdicts {
  readonly truth: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
  readonly confidence: ArrayLike<number>;
}

/** Keeps the most confident mistakes of all batches. */
export class MistakeList {
  private kept: Mistake[] = [];
  private seen = 0;

  /** @param most How many to keep. */
  constructor(private readonly most: number) {}

  /** The mistakes, the most confident first; of equals the first first. */
  get mistakes(): readonly Mistake[] {
    return this.kept;
  }

  /** Adds those of a batch. */
  add(batch: unknown, { truth, predicted, confidence }: Verdicts): void {
    const found: Mistake[] = [];
    for (let i = 0; i < truth.length; i++) {
      const [wanted, given] = [truth[i] as number, predicted[i] as number];
      if (wanted === given) continue;
      // Scores that are not numbers have no confidence.
      const sure = (confidence[i] as number) || 0;
      found.push({ index: this.seen + i, truth: wanted, predicted: given, confidence: sure, input: undefined });
    }
    const kept = [...this.kept, ...found].sort((a, b) => b.confidence - a.confidence).slice(0, this.most);
    const read = rowReader(batch, truth.length);
    this.kept = kept.map((mistake) =>
      found.includes(mistake) ? { ...mistake, input: read(mistake.index - this.seen) } : mistake,
    );
    this.seen += truth.length;
  }
}

/** What copies an example from the first entry of a batch of `count`. */
function rowReader(batch: unknown, count: number): (row: number) => Tensor | undefined {
  const input = typeof batch === "object" && batch !== null ? Object.values(batch)[0] : undefined;
  if (!(input instanceof Tensor) || input.shape[0] !== count) return () => undefined;
  const [shape, size] = [input.shape.slice(1), input.size / count];
  return (row) => tensor(input.dataSync().slice(row * size, (row + 1) * size), { shape, dtype: input.dtype });
}
