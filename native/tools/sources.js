// Prints one group of native/sources.json, a path per line: binding.gyp has no other way to read the list.

import { readFileSync } from "node:fs";

const group = process.argv[2];
const groups = JSON.parse(readFileSync(new URL("../sources.json", import.meta.url), "utf8"));
if (!Object.hasOwn(groups, group)) throw new Error(`sources.js: unknown group "${group}"`);
console.log(groups[group].join("\n"));
