/** A Node process's side of the protocol described in bench/peers/README.md. */

import { createInterface } from "node:readline";
import { checkOf } from "./numbers.js";

/** As `Runner`, for peers that may be asynchronous. */
export interface AnyRunner {
  (count: number): number | Promise<number>;
  readonly result?: () => ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** Says that this contestant, of this version, is ready, and does the work N times for every line `run N`. */
export async function serve(version: string, run: AnyRunner): Promise<void> {
  console.log(`ready ${version}`);
  for await (const line of createInterface(process.stdin)) {
    if (line === "check") console.log(await check(run));
    else console.log(await run(Number(line.split(" ")[1])));
  }
}

async function check(run: AnyRunner): Promise<string> {
  if (run.result === undefined) return "nothing";
  await run(1);
  const { sum, norm } = checkOf(await run.result());
  return `${sum} ${norm}`;
}
