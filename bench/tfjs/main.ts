/**
 * A program of TensorFlow.js on a backend:
 *
 *     main.js THREADS nodegrad|cpu|wasm|core-alone PROGRAM
 *     main.js THREADS beyond-core PROGRAM
 *
 * The last answers with what nodegrad takes longer than the core alone, both measured by turns.
 */

import * as tf from "@tensorflow/tfjs";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { info, setNumThreads } from "nodegrad";
import { BACKEND_NAME } from "nodegrad/tfjs";
import { repeat, repeatAsync } from "../harness/case.js";
import { type AnyRunner, serve } from "../harness/serve.js";
import { CORE_ALONE, leaveCoreAlone } from "./core-alone.js";
import { PROGRAMS, type Program, type ProgramName } from "./programs.js";

const [threads, backend = "", name = ""] = process.argv.slice(2);
/** How long everybody works before the first turn. */
const WARM_MS = 2000;
const makeProgram: () => Program = PROGRAMS[name as ProgramName];

/** Who promises nothing is not waited for: that would be most of what an addition takes. */
function runner({ work, isSynchronous }: Program): (count: number) => number | Promise<number> {
  return isSynchronous ? repeat(work) : repeatAsync(async () => work());
}

async function start(): Promise<AnyRunner> {
  await tf.setBackend(backend === "beyond-core" || backend === CORE_ALONE ? BACKEND_NAME : backend);
  const program = makeProgram();
  const run = runner(program);
  if (backend === "beyond-core") return await beyondCore(run);
  if (backend === CORE_ALONE) {
    await leaveCoreAlone(program.work);
    await tf.setBackend(CORE_ALONE);
    await warmUp(run);
    return run;
  }
  await run(1);
  const first = await program.result(); // Trainings that have gone on differently far have other results.
  await warmUp(run);
  return Object.assign(run, { result: () => first });
}

/** Layers and core are a lot of code, which V8 has compiled only after a while. */
async function warmUp(run: AnyRunner): Promise<void> {
  const end = performance.now() + WARM_MS;
  while (performance.now() < end) await run(1);
}

/** What nodegrad's turns take more than the core's. */
async function beyondCore(ours: AnyRunner): Promise<AnyRunner> {
  const program = makeProgram();
  const alone = runner(program);
  await leaveCoreAlone(program.work);
  const timeOn = async (name: string, run: AnyRunner, count: number) => {
    await tf.setBackend(name);
    return await run(count);
  };
  return async (count) => (await timeOn(BACKEND_NAME, ours, count)) - (await timeOn(CORE_ALONE, alone, count));
}

tf.env().set("PROD", true);
setThreadsCount(Number(threads));
setNumThreads(Number(threads));
await serve(backend === BACKEND_NAME ? info().version : tf.version.tfjs, await start());
