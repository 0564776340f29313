/** `nodegrad doctor`: whether the native addon works, what was tried, and what mends what does not. */

import type { Command } from "commander";
import { formatTable } from "../table.js";
import { loadToolchain } from "./build.js";
import { type Binaries, type Candidate, type Surroundings, surroundings, tryBinaries } from "./diagnosis.js";
import { createOutput } from "./output.js";

/** Adds the command. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("tell whether the native addon works, what was tried, and what to do; exit code 0 where it works")
    .option("--json", "one line of JSON on standard output")
    .action((options) => examine(program.version() as string, options));
}

async function examine(version: string, { json }: { readonly json?: boolean }): Promise<void> {
  const toolchain = await loadToolchain();
  const around = surroundings(toolchain);
  const binaries = tryBinaries();
  const advice = binaries.works ? [] : advise(around, binaries.candidates, toolchain.howToInstall());
  const output = createOutput(json);
  if (json) output.result({ command: "doctor", version, ...around, ...binaries, advice });
  else output.line(report(version, around, binaries, advice));
  process.exitCode = binaries.works ? 0 : 1;
}

/** What to do, a step each. */
function advise(around: Surroundings, candidates: readonly Candidate[], howToInstall: string): string[] {
  const steps = [];
  const { NODEGRAD_BINARY, NODEGRAD_TARGET } = around.environment;
  if (NODEGRAD_BINARY)
    steps.push(`unset NODEGRAD_BINARY, which names the only binary that is tried: ${NODEGRAD_BINARY}`);
  if (NODEGRAD_TARGET) steps.push(`unset NODEGRAD_TARGET, which asks for an instruction set: ${NODEGRAD_TARGET}`);
  for (const { path, fault, message } of candidates) {
    if (fault === "crash") steps.push(`remove the binary that crashes: ${path}`);
    if (fault === "file") steps.push(`remove what is no binary for this machine, or install nodegrad again: ${path}`);
    if (message?.includes("GLIBC_")) {
      steps.push("the C library of this system is older than the binary wants, so build the addon here");
    }
  }
  if (!around.prebuilt) steps.push(`no binary is published for ${around.platform}, so build the addon here`);
  const { missingTools } = around;
  if (missingTools.length > 0) steps.push(`to build the addon, install ${missingTools.join(", ")}: ${howToInstall}`);
  steps.push("build the addon: npx nodegrad build");
  return steps;
}

/** All of it for people. */
function report(version: string, around: Surroundings, binaries: Binaries, advice: readonly string[]): string {
  const { works, binary, target, selfTests } = binaries;
  const facts = [
    ["nodegrad", version],
    ["runtime", around.npm ? `${around.runtime}, npm ${around.npm}` : around.runtime],
    ["platform", `${around.platform}, C library: ${around.libc}`],
    ["processor", around.processor],
    ["threads", formatThreads(around)],
    ...Object.entries(around.environment),
    ["to build", around.missingTools.length === 0 ? "all there" : `missing: ${around.missingTools.join(", ")}`],
    ["binary", binary ?? "none that works"],
    ...(target ? [["computes with", target]] : []),
    ...Object.entries(selfTests).map(([name, passed]) => [`self-test ${name}`, passed ? "passed" : "FAILED"]),
  ];
  const tried = binaries.candidates.map(({ path, fault, message }, index) => [
    `${index + 1}. ${path}`,
    fault === undefined ? "works" : (message ?? fault),
  ]);
  const left = { align: ["left", "left"] } as const;
  return [
    formatTable(facts, left),
    `\nTried, in this order:\n${formatTable(tried, left)}`,
    `\n${works ? verdict(around) : `The native backend does not work. What to do:\n${list(advice)}`}`,
  ].join("\n");
}

/** The last line, where there is nothing to mend. */
function verdict({ environment }: Surroundings): string {
  const isOff = environment.NODEGRAD_BACKEND === "reference";
  return `The native backend works${isOff ? ", but NODEGRAD_BACKEND asks for the reference" : ""}.`;
}

function formatThreads({ threads, processors, quota }: Surroundings): string {
  const allowed = quota === undefined ? "no quota" : `a quota of ${quota}`;
  return `${threads} (${processors} ${processors === 1 ? "processor" : "processors"}, ${allowed})`;
}

function list(steps: readonly string[]): string {
  return steps.map((step) => `- ${step}`).join("\n");
}
