/** `nodegrad info`: what is installed. */

import type { Command } from "commander";
import { info } from "../index.js";
import { formatTable } from "../table.js";
import { addMachineOptions, chooseMachine, type MachineOptions } from "./options.js";
import { createOutput } from "./output.js";

/** Adds the command. */
export function addInfoCommand(program: Command): void {
  addMachineOptions(program.command("info").description("show version, backend, instruction set and threads")).action(
    showInfo,
  );
}

function showInfo(options: MachineOptions): void {
  chooseMachine(options);
  const { version, backend, target, threads } = info();
  const facts = { version, backend, target, threads, node: process.versions.node, platform: platform() };
  if (options.json) createOutput(true).result(facts);
  else createOutput().line(formatTable(Object.entries(facts), { align: ["left", "left"] }));
}

function platform(): string {
  return `${process.platform}-${process.arch}`;
}
