/**
 * Asks for more and more memory in a process that may have only so many addresses, and prints what became of each request:
 * "right", or the error.
 *
 *     ulimit -v KILOBYTES; node address-limit.js
 */

import { compile, ones, randomUniform, tensor, variable } from "nodegrad";
import { check } from "./work.js";

/** Requests for memory of so many elements; each returns a value and what it has to be. */
const requests = {
  "an array": (n) => [tensor(ones([n]).realize().dataSync()).size, n],
  "a result": (n) => [ones([n]).add(1).dataSync().at(-1), 2],
  "a variable": (n) => {
    const v = variable(ones([4]));
    const large = ones([n / 1024, 1024]);
    const sum = compile(() => large.mul(v.sum()).sum({ axes: 0 }));
    return [sum().dataSync()[1023], (4 * n) / 1024];
  },
  temporaries: (n) => {
    const x = randomUniform([n / 1024, 1024], { seed: 1 });
    return [Math.round(x.softmax({ axis: 0 }).sum().item()), 1024];
  },
  "a state": (n) => {
    const v = variable(ones([n]));
    v.assign(v.add(1));
    const value = v.sub(1).sum().item();
    v.dispose();
    return [value, n];
  },
};

await check();
const outcomes = [];
for (let bytes = 2 ** 20; bytes <= 2 ** 32; bytes *= 4) {
  for (const [name, request] of Object.entries(requests)) {
    let outcome = "right";
    try {
      const [value, expected] = request(bytes / 4);
      if (value !== expected) throw new Error(`${value} instead of ${expected}`);
    } catch (error) {
      outcome = `${error.name}: ${error.message}`;
    }
    outcomes.push([name, bytes, outcome]);
  }
  await check();
}
console.log(JSON.stringify(outcomes));
