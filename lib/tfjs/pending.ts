/**
 * Tensors that kernels have returned and nobody has computed yet.
 *
 * A training loop should run the same Program in every step. So what is pending is submitted where a step ends rather than
 * after so many kernels: when the code that called the kernels gives up the thread (an `await` in `model.fit`), when an
 * outermost `tidy` has ended (a loop that never awaits), and when a value is read. What TF.js has disposed until then is
 * computed only as far as the rest needs it, and never kept.
 */

import { engine } from "@tensorflow/tfjs-core";
import { realize, realizeAsync, type Tensor } from "../index.js";
import type { TensorData } from "./tensor-data.js";

/** Tensors made since the last submission, at most. */
const MAX_TENSORS = 2048;

/** Their elements, at most: 256 MB of floats. */
const MAX_ELEMENTS = 2 ** 26;

/** An outermost `tidy` of fewer kernels is no step. */
const STEP_TENSORS = 32;

/** Runs in flight, and elements of their results: 64 MB of floats. With more, what nobody reads would pile up. */
const MAX_IN_FLIGHT = 16;
const MAX_ELEMENTS_IN_FLIGHT = 2 ** 24;

/** Runs in flight that are enough to keep the threads busy while the next step is built. */
const AHEAD = 2;

/** Milliseconds for which the thread may be held by steps that need not wait for any run. */
const MAX_HOLD = 1;

/** A run that has been submitted. */
interface Run {
  /** One of its results, which is there when all are. */
  readonly result: Tensor;
  /** Resolves when it has ended, well or not. */
  readonly ended: Promise<void>;
  readonly elements: number;
}

export class PendingTensors {
  #made: TensorData[] = [];
  #elements = 0;
  /** Runs in the order in which they were submitted. */
  readonly #inFlight: Run[] = [];
  #elementsInFlight = 0;
  #isScheduled = false;
  /** When the event loop was last made to turn. */
  #turned = 0;
  /** The outermost scope of the core in which the last tensor was made. */
  #scope: object | undefined;

  /** Adds what a kernel has returned. */
  add(data: TensorData, elements: number): void {
    const scope = engine().state.scopeStack[0];
    if (scope !== this.#scope) {
      this.#scope = scope;
      if (this.#made.length >= STEP_TENSORS) this.submit();
    }
    this.#made.push(data);
    this.#elements += elements;
    if (this.#made.length >= MAX_TENSORS || this.#elements >= MAX_ELEMENTS) this.submit();
    else if (!this.#isScheduled) this.#schedule();
  }

  /** Computes all that is alive, before it returns. */
  compute(): void {
    realize(...this.#take());
  }

  /** Starts to compute all that is alive; waits, for the oldest run, only where too many are in flight. */
  submit(): void {
    const tensors = this.#take();
    const [result] = tensors;
    if (result === undefined) return;
    let elements = 0;
    for (const tensor of tensors) elements += tensor.size;
    while (
      this.#inFlight.length >= MAX_IN_FLIGHT ||
      (this.#inFlight.length > 1 && this.#elementsInFlight + elements > MAX_ELEMENTS_IN_FLIGHT)
    ) {
      this.#waitForOldest();
    }
    // What a run fails with is thrown by reading its results.
    const ended = realizeAsync(...tensors).catch(() => {});
    const run = { result, elements, ended };
    this.#inFlight.push(run);
    this.#elementsInFlight += elements;
    ended.then(() => this.#forget(run));
  }

  /**
   * Submits, then resolves when another step can be submitted without waiting. The event loop turns meanwhile, unless it
   * did so just before: a run that has ended on its own does not turn it.
   */
  async giveWay(): Promise<void> {
    this.submit();
    while (this.#inFlight.length > AHEAD || 2 * this.#elementsInFlight > MAX_ELEMENTS_IN_FLIGHT) {
      await this.#inFlight[0]?.ended;
    }
    if (performance.now() - this.#turned < MAX_HOLD) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#turned = performance.now();
  }

  /** Forgets all of it. */
  discard(): void {
    this.#take();
  }

  #waitForOldest(): void {
    const run = this.#inFlight[0] as Run;
    try {
      run.result.storage?.wait();
    } catch {
      // What a run fails with is thrown by reading its results.
    }
    this.#forget(run);
  }

  #forget(run: Run): void {
    const at = this.#inFlight.indexOf(run);
    if (at < 0) return; // It has been waited for.
    this.#inFlight.splice(at, 1);
    this.#elementsInFlight -= run.elements;
  }

  #schedule(): void {
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.submit();
    });
  }

  #take(): Tensor[] {
    const tensors: Tensor[] = [];
    for (const { refCount, tensor } of this.#made) {
      if (refCount > 0 && tensor !== undefined) tensors.push(tensor);
    }
    this.#made = [];
    this.#elements = 0;
    return tensors;
  }
}
