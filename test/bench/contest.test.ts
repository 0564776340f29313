/** Contests of small programs that speak the protocol and tell the times they are asked to. */

import { describe, expect, it } from "vitest";
import type { Case, Contestant, Group } from "../../bench/harness/case.js";
import type { Command, Workshop } from "../../bench/harness/commands.js";
import { type Effort, runCase } from "../../bench/harness/contest.js";

const effort: Effort = { rounds: 5, turnSeconds: 0.001, patienceSeconds: 10, reference: true, peers: 10 };
const group: Group = { level: "kernels", name: "group", cases: () => [] };

/** Says it is ready, and answers with what an expression of the turn's number gives, or with a check. */
function speaker(answer: string, { version = "1.2", before = "", check = "nothing" } = {}): Command {
  const code = `${before}; console.log("ready ${version}"); let turn = 0;
    require("readline").createInterface(process.stdin).on("line", (line) => {
      if (line === "check") { console.log("${check}"); return; }
      const count = Number(line.split(" ")[1]);
      const busy = performance.now(); while (performance.now() - busy < 2);
      console.log(${answer}); turn++;
    });`;
  return { words: [process.execPath, "-e", code] };
}

interface Entry {
  readonly contestant: Contestant;
  readonly command: Command;
}

const own = (command: Command): Entry => ({ contestant: { name: "nodegrad", start: () => () => 1 }, command });
const reference = (command: Command): Entry => ({
  contestant: { name: "reference", start: () => () => 1, backend: "reference" },
  command,
});
const peer = (name: string, command: Command): Entry => ({ contestant: { name, script: [name] }, command });

/** Runs a case of these contestants. */
function contest(entries: readonly Entry[], more: Partial<Case> = {}, changed: Partial<Effort> = {}, limit?: Command) {
  const contest: Case = {
    name: "case",
    threads: 3,
    unit: "step",
    contestants: entries.map(({ contestant }) => contestant),
    ...more,
  };
  const workshop = {
    contestant: (_group: Group, _contest: Case, { name }: Contestant) =>
      entries.find(({ contestant }) => contestant.name === name)?.command,
    limit: () => {
      if (limit === undefined) throw new Error("cc cannot compile fma.c: spawn cc ENOENT");
      return limit;
    },
  } as unknown as Workshop;
  return runCase(group, contest, { ...effort, ...changed }, workshop);
}

describe("contest", { timeout: 60_000 }, () => {
  it("compares round by round with the peer of the best median, the reference apart", async () => {
    const result = await contest([
      own(speaker("turn % 2 ? 2 : 20")),
      reference(speaker("0.5", { version: "0.1" })),
      peer("slow", speaker("40")),
      peer("fast", speaker("turn % 2 ? 1 : 10", { version: "2.0 beta" })),
    ]);
    expect(result.ratio).toEqual({ median: 2, min: 2, max: 2, spread: 0 });
    expect(result.bestPeer).toBe("fast");
    expect(Object.keys(result.peers)).toEqual(["reference", "slow", "fast"]);
    expect(result.peers.reference?.version).toBe("0.1");
    expect(result.peers.fast?.version).toBe("2.0 beta");
    expect(result.nodegrad).toMatchObject({ min: 2, max: 20 });
    expect(result.absent).toEqual({});
    expect(result).toMatchObject({ limitSeconds: undefined, nodegrad: { share: undefined } });
  });

  it("gives the share of the limit", async () => {
    const arithmetic = await contest([own(speaker("8"))], { limit: "fma", flops: 4, bytes: 100 }, {}, speaker("0.5"));
    expect(arithmetic).toMatchObject({ limitSeconds: 2, nodegrad: { share: { median: 0.25 } } });
    const memory = await contest([own(speaker("8"))], { limit: "read", flops: 4, bytes: 100 }, {}, speaker("0.01"));
    expect(memory).toMatchObject({ limitSeconds: 1, nodegrad: { share: { median: 0.125 } } });
  });

  it("lets nobody take part who computes something else", async () => {
    const result = await contest([
      own(speaker("1", { check: "1.5 100" })),
      peer("same", speaker("1", { check: "1.5001 100.001" })),
      peer("silent", speaker("1")),
      peer("other sum", speaker("1", { check: "2 100" })),
      peer("other norm", speaker("1", { check: "1.5 101" })),
      peer("mad", speaker("1", { check: "NaN 100" })),
    ]);
    expect(Object.keys(result.peers)).toEqual(["same", "silent"]);
    expect(result.absent).toEqual({
      "other sum": "computes something else: checksum 2, norm 100, not 1.5, 100",
      "other norm": "computes something else: checksum 1.5, norm 101, not 1.5, 100",
      mad: "answered NaN 100",
    });
  });

  it("says why somebody is absent, and goes on", async () => {
    const result = await contest(
      [
        own(speaker("1")),
        peer("missing", { words: ["/no/such/program"] }),
        peer("broken", speaker("1", { before: `console.error("deep\\nImportError: no module\\n"); process.exit(1)` })),
        peer("mute", speaker("1", { before: "setTimeout(() => {}, 1e6); console.log = () => {}" })),
        peer("mortal", speaker("turn > 3 ? process.exit(1) : 1")),
        peer("mad", speaker('"what?"')),
      ],
      { limit: "fma", flops: 1 },
      { patienceSeconds: 5 },
    );
    expect(result.absent).toEqual({
      missing: expect.stringMatching(/ENOENT/),
      broken: "ImportError: no module",
      mute: "not ready within 5 s",
      mortal: "ended without a word",
      mad: "answered what?",
      limit: "cc cannot compile fma.c: spawn cc ENOENT",
    });
    expect(result.nodegrad).toMatchObject({ median: 1, share: undefined });
    expect(result).toMatchObject({ peers: {}, bestPeer: undefined, ratio: undefined });
  });

  it("has no figures where nodegrad itself fails", async () => {
    const dead = speaker("1", { before: "process.exit(1)" });
    const result = await contest([own(dead), peer("other", speaker("1"))]);
    expect(result).toMatchObject({ nodegrad: undefined, ratio: undefined, bestPeer: "other" });
    expect(result.absent).toEqual({ nodegrad: "ended without a word" });
  });

  it("takes as many peers as asked for, of those that are there", async () => {
    const absent = peer("a", { words: ["/no/such/program"] });
    const others = ["b", "c"].map((name) => peer(name, speaker("1")));
    const result = await contest([own(speaker("1")), reference(speaker("1")), absent, ...others], {}, { peers: 1 });
    expect(Object.keys(result.peers)).toEqual(["reference", "b"]);
  });

  it("leaves the reference out where it is not wanted", async () => {
    const result = await contest([own(speaker("1")), reference(speaker("1"))], {}, { reference: false });
    expect(result).toMatchObject({ peers: {}, absent: {} });
  });

  it("takes nodegrad on another number of threads for a peer", async () => {
    const alone = { name: "on 1 thread", start: () => () => 1, threads: 1 };
    const result = await contest([own(speaker("3")), { contestant: alone, command: speaker("2") }]);
    expect(result).toMatchObject({ bestPeer: "on 1 thread", ratio: { median: 1.5 } });
  });

  it.runIf(process.platform === "linux")("keeps processors busy where a case asks for it, and no longer", async () => {
    // The contestant counts its parent's children that do nothing but loop; others may end while it counts.
    const busy = `(() => {
      const { readFileSync } = require("fs");
      const children = readFileSync("/proc/" + process.ppid + "/task/" + process.ppid + "/children", "utf8");
      return children.trim().split(" ").filter((pid) => {
        try {
          return readFileSync("/proc/" + pid + "/cmdline", "utf8").endsWith("for (;;);\\0");
        } catch {
          return false;
        }
      }).length;
    })()`;
    const loaded = await contest([own(speaker(busy))], { load: 2 });
    expect(loaded.nodegrad).toMatchObject({ min: 2, max: 2 });
    // A killed process is a child until the system has got round to it.
    const after = await contest([own(speaker(busy))], {}, { rounds: 20 });
    expect(after.nodegrad).toMatchObject({ median: 0, min: 0 });
  });

  it("gives slow contestants fewer turns", async () => {
    const slow = "(() => { const t = performance.now(); while (performance.now() - t < 1100); return turn; })()";
    const result = await contest([own(speaker("1")), peer("slow", speaker(slow))]);
    expect(result.peers.slow).toMatchObject({ min: 1, max: 3 });
    expect(result.ratio).toMatchObject({ max: 1 });
  });
});
