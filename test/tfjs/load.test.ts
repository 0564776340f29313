/** The one line that programs of TensorFlow.js need, as ES modules and as CommonJS. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const USE = "tf.ready().then(() => console.log(tf.getBackend(), tf.add([1, 2], 1).dataSync().join()));";

/** What a program prints. */
function run(type: "module" | "commonjs", program: string): string {
  return execFileSync(process.execPath, [`--input-type=${type}`, "--eval", program], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

describe("nodegrad/tfjs", () => {
  it.each([
    ["imported after TensorFlow.js", "module", 'import * as tf from "@tensorflow/tfjs"; import "nodegrad/tfjs";'],
    ["imported before it", "module", 'import "nodegrad/tfjs"; import * as tf from "@tensorflow/tfjs";'],
    [
      "imported beside the core alone",
      "module",
      'import "nodegrad/tfjs"; import * as tf from "@tensorflow/tfjs-core";',
    ],
    ["required", "commonjs", 'const tf = require("@tensorflow/tfjs"); require("nodegrad/tfjs");'],
  ] as const)("%s is the backend that is chosen", (_, type, lines) => {
    expect(run(type, `${lines} ${USE}`)).toBe("nodegrad 2,3\n");
  });
});
