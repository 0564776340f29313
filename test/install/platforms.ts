/** Where nodegrad is installed: runtimes, each with a package manager. All but the first come from npm's registry. */

import { execFileSync } from "node:child_process";

/** A command and its arguments. */
export type Words = readonly [command: string, ...args: string[]];

/** A runtime and the package manager that somebody has with it. */
export interface Platform {
  readonly name: string;
  /** Packages of the registry with its programs, and the folder of node_modules these are in (default .bin). */
  readonly tools: readonly (readonly [spec: string, folder?: string])[];
  /** How a program is started; its path comes last. */
  readonly start: Words;
  readonly manager: Manager;
}

/** A package manager: its commands, as words to which more options can be added. */
interface Manager {
  /** Adds packages to a project. */
  readonly add: Words;
  /** Installs what the lockfile says, and nothing else. */
  readonly again: Words;
  /** Option that keeps install scripts from running. */
  readonly noScripts: string;
  /** Runs a program of a dependency; undefined where programs for Node.js cannot be run. */
  readonly exec?: Words;
  /** Whether it runs install scripts of dependencies that nobody has approved. */
  readonly runsScripts: boolean;
}

const npmFlags = ["--prefer-offline", "--no-audit", "--no-fund"];
const npm: Manager = {
  add: ["npm", "install", ...npmFlags],
  again: ["npm", "ci", ...npmFlags],
  noScripts: "--ignore-scripts",
  exec: ["npx"],
  runsScripts: true,
};
const cautiousNpm: Manager = { ...npm, runsScripts: false };
const yarnClassic: Manager = {
  add: ["yarn", "add"],
  // It holds lockfiles with tarballs in them to be out of date, and --frozen-lockfile would refuse them.
  again: ["yarn", "install", "--pure-lockfile"],
  noScripts: "--ignore-scripts",
  exec: ["yarn"],
  runsScripts: true,
};
const yarn: Manager = {
  add: ["yarn", "add"],
  again: ["yarn", "install", "--immutable"],
  noScripts: "--mode=skip-build",
  exec: ["yarn"],
  runsScripts: false,
};
// Without the flag pnpm fails where a dependency has an install script that nobody has decided about.
const undecided = "--config.strict-dep-builds=false";
const pnpm: Manager = {
  add: ["pnpm", "add", undecided],
  again: ["pnpm", "install", "--frozen-lockfile", undecided],
  noScripts: "--ignore-scripts",
  exec: ["pnpm", "exec"],
  runsScripts: false,
};
const bun: Manager = {
  add: ["bun", "add"],
  again: ["bun", "install", "--frozen-lockfile"],
  noScripts: "--ignore-scripts",
  runsScripts: false,
};

const system = `${process.platform}-${process.arch}`;

const hostNpm = execFileSync("npm", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

/** The Node.js that runs this, and the npm on PATH. */
export const host: Platform = {
  name: `this Node ${process.versions.node}, npm ${hostNpm}`,
  tools: [],
  start: ["node"],
  manager: Number.parseInt(hostNpm, 10) < 12 ? npm : cautiousNpm,
};

/** Node.js with a package manager; npm is there besides, as it comes with Node.js. */
function onNode(version: string, npmVersion: string, manager: Manager, ...more: string[]): Platform {
  const tools = [`node-${system}@${version}`, `npm@${npmVersion}`, ...more].map((spec) => [spec] as const);
  return { name: `Node ${version}, npm ${npmVersion}`, tools, start: ["node"], manager };
}

/** What the whole matrix has besides. */
export const others: readonly Platform[] = [
  onNode("20.19.0", "10", npm),
  onNode("20", "11", npm),
  onNode("22", "12", cautiousNpm),
  onNode("24", "11", npm),
  onNode("24", "12", cautiousNpm),
  onNode("26", "12", cautiousNpm),
  { ...onNode("22", "11", yarnClassic, "yarn@1"), name: "Node 22, Yarn 1" },
  { ...onNode("24", "11", yarn, "@yarnpkg/cli-dist@4"), name: "Node 24, Yarn 4", start: ["yarn", "node"] },
  { ...onNode("24", "11", pnpm, "pnpm@12"), name: "Node 24, pnpm 12" },
  { name: "Bun", tools: [[`@oven/bun-${system}`, `@oven/bun-${system}/bin`]], start: ["bun"], manager: bun },
  {
    name: "Deno, npm 11",
    tools: [...onNode("24", "11", npm).tools, [`@deno/${system}-glibc`, `@deno/${system}-glibc`]],
    start: ["deno", "run", "--allow-all"],
    manager: npm,
  },
];
