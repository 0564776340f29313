/** Ctrl-C: work ends where it can, with its files in order. */

/** What work that was interrupted rejects with; its message says what is left of it. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Exit code of a process that was interrupted: 128 and the number of SIGINT, as shells have it. */
export const INTERRUPTED_EXIT_CODE = 130;

/**
 * Runs work that can be interrupted: the first Ctrl-C aborts the signal, a second one ends the process at once.
 *
 * @param message What is left when it is interrupted.
 * @throws {Interrupted} when the signal was aborted and the work has therefore failed.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, message: () => string): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once("SIGINT", abort);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? new Interrupted(message(), { cause: error }) : error;
  } finally {
    process.off("SIGINT", abort);
  }
}
