/**
 * The process of one nodegrad contestant: `worker.js GROUP CASE THREADS CONTESTANT`.
 *
 * Speaks the protocol of bench/peers/README.md: says `ready`, then does the work N times for every line `run N` and
 * answers with the seconds a unit of it took.
 */

import { createInterface } from "node:readline";
import { setNumThreads } from "nodegrad";
import { groups } from "../groups.js";

const [groupName, caseName, threads, contestantName] = process.argv.slice(2);
const group = groups.find(({ name }) => name === groupName);
const contest = group?.cases([Number(threads)]).find(({ name }) => name === caseName);
const start = contest?.contestants.find(({ name }) => name === contestantName)?.start;
if (start === undefined) throw new Error(`no contestant ${process.argv.slice(2).join(" ")}`);

setNumThreads(Number(threads));
const run = start();
console.log("ready");
for await (const line of createInterface(process.stdin)) {
  console.log(run(Number(line.split(" ")[1])));
}
