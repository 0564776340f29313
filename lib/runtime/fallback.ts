/** Tells once per process that the slow backend is in use. npm hides what an install script says. */

import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";

/** Name of the flag in the data that a thread hands down to the threads it starts. */
const FLAG = "nodegrad.fallback";

/** Whether somebody has told: memory of this thread, of the one that started it, and of those that it starts. */
const told = (getEnvironmentData(FLAG) as Int32Array | undefined) ?? new Int32Array(new SharedArrayBuffer(4));
setEnvironmentData(FLAG, told);

/**
 * Emits a warning with the code `NODEGRAD_FALLBACK`, unless this thread or a relative of it has.
 *
 * @param reason Why the native backend is not used.
 */
export function warnOfFallback(reason: string): void {
  if (Atomics.exchange(told, 0, 1) === 1) return;
  process.emitWarning(
    `${reason}; computing with the much slower TypeScript backend. \`npx nodegrad doctor\` tells more`,
    {
      code: "NODEGRAD_FALLBACK",
    },
  );
}
