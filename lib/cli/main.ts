#!/usr/bin/env node
/** The command line: `nodegrad <command>`. */

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { InternalError, NodegradError } from "../index.js";
import { addBenchCommand } from "./bench.js";
import { addBuildCommand } from "./build.js";
import { addDemoCommand } from "./demo.js";
import { addDoctorCommand } from "./doctor.js";
import { addDataCommand } from "./download.js";
import { addEvalCommand } from "./eval.js";
import { addInfoCommand } from "./info.js";
import { INTERRUPTED_EXIT_CODE, Interrupted } from "./interrupt.js";
import { addPredictCommand } from "./predict.js";
import { addSummaryCommand } from "./summary.js";
import { addTrainCommand } from "./train.js";

const EXAMPLES = `
Examples:
  nodegrad demo                                           see it work, in less than a minute
  nodegrad data download mnist                            to data/mnist
  nodegrad train lenet5 --data-dir data                   learn it, and save lenet5.safetensors
  nodegrad eval lenet5.safetensors --data-dir data
  nodegrad predict lenet5.safetensors seven.png

nodegrad <command> --help tells more. Exit codes: 0 done, 1 a mistake, told in one line, ${INTERRUPTED_EXIT_CODE} interrupted.`;

function createProgram(): Command {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const program = new Command("nodegrad").description(manifest.description).version(manifest.version);
  // One line for each mistake: commander puts its suggestions on a second one.
  program.configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, " ")}\n`) });
  program.commandsGroup("Train models and use them:");
  for (const add of [addTrainCommand, addEvalCommand, addPredictCommand, addSummaryCommand, addDataCommand])
    add(program);
  program.commandsGroup("Get to know nodegrad:");
  for (const add of [addDemoCommand, addInfoCommand, addBenchCommand]) add(program);
  program.commandsGroup("Set nodegrad up:");
  for (const add of [addDoctorCommand, addBuildCommand]) add(program);
  return program.addHelpText("after", EXAMPLES);
}

/** A mistake of the caller is one line; anything else is a bug and shows where it happened. */
function fail(error: unknown): void {
  if (error instanceof Interrupted) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = INTERRUPTED_EXIT_CODE;
    return;
  }
  const isMistake = error instanceof NodegradError && !(error instanceof InternalError);
  process.stderr.write(isMistake ? `error: ${error.message}\n` : `${(error as Error).stack ?? error}\n`);
  process.exitCode = 1;
}

// A reader that has seen enough (`nodegrad train … | head`) is no error: the work goes on, and the model is saved.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

createProgram().parseAsync().catch(fail);
