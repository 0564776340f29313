/** What tests of the runtime share: both machines, processes of their own, and a machine that keeps count. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeEach, describe } from "vitest";
import { ReferenceBackend } from "../../lib/backends/reference/index.js";
import type { DType } from "../../lib/dtype.js";
import type { Backend, Bindings, Executable, State, TypedArray } from "../../lib/index.js";
import { setBackend } from "../../lib/index.js";
import { readProgram } from "../../lib/program/reader.js";

/** Both machines. */
export const BACKENDS = ["reference", "native"] as const;

/** Declares the same tests on both machines. */
export function describeOnBoth(name: string, tests: (backend: (typeof BACKENDS)[number]) => void): void {
  describe.each(BACKENDS)(`${name}, on %s`, (backend) => {
    beforeEach(() => setBackend(backend));
    tests(backend);
  });
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the package has been built. */
export const dist = new URL("../../dist/", import.meta.url).href;

/** With a young generation that does not grow: V8 would give it more with use, which would look like a leak. */
const flags = ["--expose-gc", "--max-semi-space-size=1"];

/** Runs a module in a new process, with the built package in scope as `ng` and the garbage collector as `gc`. */
export function runScript(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ending> {
  const source = `import * as ng from ${JSON.stringify(`${dist}index.js`)};\n${script}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", source], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      text.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      text.stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...text }));
  });
}

/** The JSON that a script prints; fails with what it wrote to stderr when it does not end well. */
export async function runForJson<T>(script: string, env: Readonly<Record<string, string>> = {}): Promise<T> {
  const { code, signal, stdout, stderr } = await runScript(script, env);
  if (code !== 0) throw new Error(`the script ended with ${code ?? signal}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** The reference machine, which notes what it is asked to do. */
export class SpyBackend implements Backend {
  readonly name = "spy";
  readonly target = "typescript";
  readonly dtypes: readonly DType[];
  threads = 1;
  /** The opcodes of every Program prepared, in order. */
  readonly prepared: string[][] = [];
  /** How many Programs have been run. */
  runs = 0;
  readonly #machine = new ReferenceBackend();

  constructor() {
    this.dtypes = this.#machine.dtypes;
  }

  prepare(program: Int32Array, constants: readonly TypedArray[]): Executable {
    this.prepared.push(readProgram(program).instructions.map(({ opcode }) => opcode));
    const executable = this.#machine.prepare(program, constants);
    const count = () => this.runs++;
    return {
      run(bindings: Bindings) {
        count();
        executable.run(bindings);
      },
      submit(bindings: Bindings) {
        count();
        return executable.submit(bindings);
      },
      memory: () => executable.memory(),
      dispose: () => executable.dispose(),
    };
  }

  createState(dtype: DType, data: TypedArray | number): State {
    return this.#machine.createState(dtype, data);
  }

  finish(): void {
    this.#machine.finish();
  }
}
