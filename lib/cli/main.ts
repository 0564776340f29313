#!/usr/bin/env node
/** The command line: `nodegrad <command>`. */

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { InternalError, NodegradError } from "../index.js";
import { addBenchCommand } from "./bench.js";
import { addDemoCommand } from "./demo.js";
import { addEvalCommand } from "./eval.js";
import { addInfoCommand } from "./info.js";
import { addTrainCommand } from "./train.js";

function createProgram(): Command {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const program = new Command("nodegrad").description(manifest.description).version(manifest.version);
  // One line for each mistake: commander puts its suggestions on a second one.
  program.configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, " ")}\n`) });
  for (const add of [addTrainCommand, addEvalCommand, addDemoCommand, addInfoCommand, addBenchCommand]) add(program);
  return program;
}

/** A mistake of the caller is one line; anything else is a bug and shows where it happened. */
function fail(error: unknown): void {
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
