/** Runs that were asked for and have not happened yet. */

interface Job {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Does jobs in the order they were added, each in a macrotask of its own, so that I/O happens in between. */
export class RunQueue {
  readonly #jobs: Job[] = [];

  /** Adds a job; the promise settles with what it returns or throws. */
  add(run: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ run, resolve, reject });
      setImmediate(() => this.#next());
    });
  }

  /** Does all jobs now. What they throw stays with their promises. */
  finish(): void {
    while (this.#jobs.length > 0) this.#next();
  }

  #next(): void {
    const job = this.#jobs.shift();
    // Done early by `finish`.
    if (job === undefined) return;
    try {
      job.run();
      job.resolve();
    } catch (error) {
      job.reject(error);
    }
  }
}
