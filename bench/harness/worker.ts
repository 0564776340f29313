/**
 * The process of nodegrad as a contestant: `worker.js GROUP CASE THREADS CONTESTANT`, with NODEGRAD_BACKEND set.
 *
 * Speaks the protocol of bench/peers/README.md.
 */

import { info, setNumThreads } from "nodegrad";
import { groups } from "../cases/index.js";
import { serve } from "./serve.js";

const [groupName, caseName, threads, contestantName] = process.argv.slice(2);
const group = groups.find(({ name }) => name === groupName);
const contest = group?.cases([Number(threads)]).find(({ name }) => name === caseName);
const contestant = contest?.contestants.find(({ name }) => name === contestantName);
if (contestant === undefined || !("start" in contestant)) {
  throw new Error(`no contestant ${process.argv.slice(2).join(" ")}`);
}
setNumThreads(contestant.threads ?? Number(threads));
await serve(info().version, contestant.start());
