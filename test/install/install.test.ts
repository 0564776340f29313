/**
 * The packed package in empty projects: every way to install it, on every platform.
 *
 * Some ways are tried on the Node.js that runs the tests; `npm run try:install` tries all everywhere, and prints a table.
 */

import { afterAll, describe, it } from "vitest";
import { formatTable } from "../../lib/table.js";
import { isPossible, type Mode, modes, outcomeOf } from "./modes.js";
import { host, others, type Platform, type Words } from "./platforms.js";
import { Projects } from "./project.js";
import { Package } from "./tarballs.js";

const isWhole = process.env.NODEGRAD_INSTALL === "all";
const platforms = isWhole ? [host, ...others] : [host];
const ways = isWhole ? modes : modes.filter(({ always }) => always);

describe.skipIf(process.platform === "win32")("the packed package", { timeout: 900_000 }, () => {
  const projects = new Projects();
  const content = new Package();
  const tarballs = {
    "without a binary": content.pack("without"),
    "with a binary": content.addBinary().pack("with"),
  };
  const outcomes = new Map<Platform, Map<Mode, string>>();

  /** Installs, and looks after each step at what computes. @returns That of the last. */
  async function install(mode: Mode, platform: Platform): Promise<string> {
    const options = mode.scripts ? [] : [platform.manager.noScripts];
    const project = await projects.create({ platform, compiler: mode.compiler });
    await project.add(`nodegrad@file:${tarballs[mode.tarball]}`, ...options);
    const outcome = outcomeOf(mode, platform);
    await project.computesEitherWay(outcome);
    if (mode.next === "lockfile") {
      await project.addAgain(...options);
      await project.computesEitherWay(outcome);
    }
    if (mode.next !== "build") return outcome;
    await project.succeed(...(platform.manager.exec as Words), "nodegrad", "build");
    await project.computesEitherWay("native");
    return "native";
  }

  describe.each(platforms)("on $name", (platform) => {
    const seen = new Map<Mode, string>();
    outcomes.set(platform, seen);
    it.each(ways.filter((mode) => isPossible(mode, platform)))("$tarball: $name", async (mode) => {
      seen.set(mode, "✗");
      seen.set(mode, `✓ ${await install(mode, platform)}`);
    });
  });

  afterAll(() => {
    if (isWhole) console.log(tablesOf(outcomes).join("\n\n"));
  });
});

/** What came of all, a table for each tarball: platforms by modes. */
function tablesOf(outcomes: ReadonlyMap<Platform, ReadonlyMap<Mode, string>>): string[] {
  return [...new Set(modes.map(({ tarball }) => tarball))].map((tarball) => {
    const columns = modes.filter((mode) => mode.tarball === tarball);
    const header = [tarball, ...columns.map(({ name }) => name)];
    const rows = Array.from(outcomes, ([{ name }, seen]) => [name, ...columns.map((mode) => seen.get(mode) ?? "·")]);
    return formatTable(rows, { header, align: header.map(() => "left") });
  });
}
