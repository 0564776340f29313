/**
 * Computes until a signal ends it, or until it is told to.
 *
 *     node signals.js KIND default|handled
 *
 * `handled`: a handler of its own notes SIGTERM and SIGINT and ends with the exit code 3.
 */

import { check, kinds, longWork } from "./work.js";

const [kind, how] = process.argv.slice(2);
if (how === "handled") {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      console.log(signal);
      process.exit(3);
    });
  }
}
process.on("message", async () => {
  await check();
  console.log("right");
  process.exit(0);
});
process.send("begins");
if (kind === "sync") {
  const compute = () => {
    longWork().dataSync();
    setImmediate(compute);
  };
  compute();
} else {
  kinds[kind]();
}
