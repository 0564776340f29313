/**
 * Runs the examples of which the course asks a number on real images, and holds what they reach against it. It fails when
 * one is missed, and takes minutes.
 *
 *     npm run course -- --data-dir FOLDER [EXAMPLE…]
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { figures, judge } from "./figures.js";

const { values, positionals } = parseArgs({ options: { "data-dir": { type: "string" } }, allowPositionals: true });
const dataDir = values["data-dir"];
if (dataDir === undefined) throw new Error("course: needs the folder of MNIST and CIFAR-10: --data-dir FOLDER");
const unknown = positionals.find((name) => figures[name] === undefined);
if (unknown !== undefined) {
  throw new Error(`course: no number is asked of ${unknown}; known: ${Object.keys(figures).join(", ")}`);
}

/** What an example prints. Its progress goes to the terminal. */
function run(example: string): Promise<string> {
  const file = fileURLToPath(new URL(`../${example}.js`, import.meta.url));
  const child = spawn(process.execPath, [file, "--data-dir", dataDir as string], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`${example}: exit code ${code}`))));
  });
}

console.log("| system | example | asked | got | | seconds |\n| --- | --- | --- | --- | --- | --- |");
for (const example of positionals.length > 0 ? positionals : Object.keys(figures)) {
  const start = performance.now();
  const output = await run(example);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  for (const figure of figures[example] ?? []) {
    const { got, isReached } = judge(figure, output);
    const asked = typeof figure.asked === "number" ? `≥ ${figure.asked}` : figure.asked.join(", ");
    const cells = [figure.system, example, `${asked} %`, `${got.join(", ")} %`, isReached ? "" : "missed", seconds];
    console.log(`| ${cells.join(" | ")} |`);
    if (!isReached) process.exitCode = 1;
  }
}
