/** The workflows of public continuous integration: what can be said of them without running them. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PREBUILT_PLATFORMS } from "../lib/backends/native/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".github", "workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly node?: readonly number[]; readonly include?: readonly Target[] } };
  readonly steps?: readonly Step[];
}

interface Target {
  readonly target: string;
  readonly runner: string;
  readonly image?: string;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(folder);
const workflows = Object.fromEntries(
  files.map((file) => [file, parse(readFileSync(join(folder, file), "utf8")) as Workflow]),
);

function workflow(file: string): Workflow {
  expect(files).toContain(file);
  return workflows[file] as Workflow;
}

/** What the steps of a job run, as one text. */
function commandsOf(job: Job | undefined): string {
  return (job?.steps ?? []).map(({ run = "" }) => run).join("\n");
}

const jobs = Object.entries(workflows).flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => [`${file}: ${name}`, job] as const),
);

describe("every workflow", () => {
  it("starts with the right to read and nothing else", () => {
    for (const [file, { permissions }] of Object.entries(workflows)) {
      expect(permissions, file).toEqual({ contents: "read" });
    }
  });

  it.each(jobs)("%s uses GitHub's own actions by their major version, or a workflow that is here", (_, job) => {
    for (const { uses } of [job, ...(job.steps ?? [])]) {
      if (uses?.startsWith("./")) expect(existsSync(join(root, uses)), uses).toBe(true);
      else if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
    }
  });

  it.each(jobs)("%s runs scripts that bash can read and package.json has", (_, job) => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const commands = commandsOf(job);
    expect(spawnSync("bash", ["-n"], { input: commands, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    for (const [, name] of commands.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name);
    for (const [file] of commands.matchAll(/(?:test|\.ci)\/[\w./-]+/g))
      expect(existsSync(join(root, file)), file).toBe(true);
  });

  // A branch may be called `$(anything)`: what is known of a push comes by the environment, not into the text.
  it.each(jobs)("%s puts nothing from outside into the text of a script", (_, job) => {
    expect(commandsOf(job)).not.toContain("${{");
  });
});

describe("ci.yml", () => {
  it("runs on each push what a change must pass, on Node 20, 22 and 24", () => {
    const { on, jobs } = workflow("ci.yml");
    expect(on).toHaveProperty("push");
    expect(jobs.test?.strategy?.matrix.node).toEqual([20, 22, 24]);
    expect(commandsOf(jobs.test)).toContain(".ci/run");
  });
});

describe("prebuilds.yml", () => {
  const build = workflow("prebuilds.yml").jobs.build as Job;
  const targets = build.strategy?.matrix.include ?? [];

  it("builds a binary for each platform that the loader knows, and for no other", () => {
    expect(targets.map(({ target }) => target).sort()).toEqual([...PREBUILT_PLATFORMS].sort());
  });

  it.each(targets.map((one) => [one.target, one] as const))("builds %s on its own system", (target, one) => {
    const { runner, image } = one;
    const [system, arch, libc] = target.split("-");
    const runners = {
      "linux-x64": /^ubuntu-[\d.]+$/,
      "linux-arm64": /^ubuntu-[\d.]+-arm$/,
      "darwin-x64": /^macos-\d+-intel$/,
      "darwin-arm64": /^macos-\d+$/,
      "win32-x64": /^windows-20\d\d$/,
      "win32-arm64": /^windows-\d+-arm$/,
    };
    expect(runner).toMatch(runners[`${system}-${arch}` as keyof typeof runners]);
    if (system !== "linux") expect(image).toBeUndefined();
    else if (libc === "musl") expect(image).toMatch(/alpine$/);
    else expect(image).toMatch(arch === "x64" ? /manylinux_2_28_x86_64$/ : /manylinux_2_28_aarch64$/);
  });

  it("runs the tests on the binary, and fails where it does not load", () => {
    expect(build.env?.NODEGRAD_BACKEND).toBe("native");
    const commands = commandsOf(build);
    const order = ["build:prebuilds", "rm -rf build\n", "dist/cli/main.js doctor", "vitest run"].map((part) =>
      commands.indexOf(part),
    );
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});

describe("publish.yml", () => {
  const { on, jobs } = workflow("publish.yml");
  const publish = jobs.publish as Job;

  it("runs for tags of versions only, after all binaries are built and tested", () => {
    expect(on).toEqual({ push: { tags: ["v*.*.*"] } });
    expect(jobs.prebuilds?.uses).toBe("./.github/workflows/prebuilds.yml");
    expect(workflow("prebuilds.yml").on).toHaveProperty("workflow_call");
    expect(publish.needs).toBe("prebuilds");
  });

  it("may sign what it publishes, and needs no token", () => {
    expect(publish.permissions).toEqual({ contents: "read", "id-token": "write" });
    expect(readFileSync(join(folder, "publish.yml"), "utf8")).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
  });

  it("publishes with provenance, after a check of the tag and the contents", () => {
    const commands = commandsOf(publish);
    const published = commands.match(/^npm publish.*$/gm);
    expect(published).toHaveLength(2);
    for (const command of published ?? []) expect(command).toContain("--provenance");
    for (const check of ["GITHUB_REF_NAME", "NODEGRAD_ALL_PREBUILDS=1", "npm run check:package"]) {
      expect(commands.indexOf(check)).toBeGreaterThan(-1);
      expect(commands.indexOf(check)).toBeLessThan(commands.indexOf("npm publish"));
    }
  });

  it("collects what the builds hand over", () => {
    const [download] = publish.steps?.filter(({ uses }) => uses?.startsWith("actions/download-artifact")) ?? [];
    expect(download?.with).toMatchObject({ pattern: "prebuild-*", path: "prebuilds", "merge-multiple": true });
    const upload = workflow("prebuilds.yml").jobs.build?.steps?.find(({ uses }) => uses?.includes("upload-artifact"));
    expect(upload?.with).toMatchObject({
      name: expect.stringMatching(/^prebuild-\$\{\{ matrix\.target \}\}$/),
      // A pattern would lose the names of the folders.
      path: "prebuilds",
      "if-no-files-found": "error",
    });
  });
});
