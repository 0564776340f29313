/** Other work for the machine: processes that each keep a processor busy while contestants measure. */

import { spawn } from "node:child_process";

/** Starts so many of them; returns what ends them. They end with this process, too. */
export function startLoad(processes: number): () => void {
  const started = Array.from({ length: processes }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  const end = () => {
    for (const child of started) child.kill("SIGKILL");
    process.off("exit", end);
  };
  process.on("exit", end);
  return end;
}
