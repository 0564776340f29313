/** A Node process's side of the protocol described in bench/peers/README.md. */

import { createInterface } from "node:readline";

/** Says that this contestant, of this version, is ready, and does the work N times for every line `run N`. */
export async function serve(version: string, run: (count: number) => number | Promise<number>): Promise<void> {
  console.log(`ready ${version}`);
  for await (const line of createInterface(process.stdin)) {
    console.log(await run(Number(line.split(" ")[1])));
  }
}
