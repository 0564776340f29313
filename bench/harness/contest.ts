/** Runs a case: every contestant in a process of its own, all of them by turns. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Group } from "./case.js";
import type { Command, Workshop } from "./commands.js";
import { Racer } from "./racer.js";
import type { Result } from "./result.js";
import { type Summary, summarize } from "./statistics.js";

/** How long to measure. */
export interface Effort {
  /** How often each contestant gets its turn. */
  readonly rounds: number;
  /** About how long a turn lasts. */
  readonly turnSeconds: number;
  /** Peers beside nodegrad in a case. */
  readonly peers: number;
}

/** Threads that spin after their work, as OpenMP's do for a while, get this long to fall asleep. */
const PAUSE_MS = 10;

/** The contestant that shows what the machine can do. */
const LIMIT = "limit";

/** Measures a case. Contestants that cannot run are absent from the result, with the reason. */
export async function runCase(group: Group, contest: Case, effort: Effort, workshop: Workshop): Promise<Result> {
  const racers = new Map<string, Racer>();
  const absent: Record<string, string> = {};
  try {
    for (const [name, command] of entries(group, contest, effort, workshop)) {
      try {
        const racer = new Racer(name, command(), contest.threads);
        racers.set(name, racer);
        const trouble = await racer.warmUp(effort.turnSeconds);
        if (trouble !== undefined) throw new Error(trouble);
      } catch (error) {
        absent[name] = (error as Error).message;
        await racers.get(name)?.stop();
        racers.delete(name);
      }
    }
    for (let round = 0; round < effort.rounds; round++) {
      for (const racer of racers.values()) {
        await racer.turn();
        await sleep(PAUSE_MS);
      }
    }
  } finally {
    await Promise.all(Array.from(racers.values(), (racer) => racer.stop()));
  }
  return judge(group, contest, racers, absent);
}

/** Who takes part, and the command of each, which may need compiling. */
function entries(
  group: Group,
  contest: Case,
  { peers }: Effort,
  workshop: Workshop,
): (readonly [name: string, command: () => Command])[] {
  const own = contest.contestants.filter((contestant) => "start" in contestant);
  const others = contest.contestants.filter((contestant) => !("start" in contestant)).slice(0, peers);
  const result = [...own, ...others].map((contestant) => {
    return [contestant.name, () => workshop.contestant(group, contest, contestant)] as const;
  });
  const { limit, threads, bytes = 0 } = contest;
  return limit === undefined ? result : [...result, [LIMIT, () => workshop.limit(limit, threads, bytes)]];
}

function judge(group: Group, contest: Case, racers: Map<string, Racer>, absent: Record<string, string>): Result {
  const [own, ...others] = contest.contestants.map(({ name }) => racers.get(name));
  const reference = contest.contestants.find((contestant) => "backend" in contestant)?.name;
  const present = others.filter((racer) => racer !== undefined);
  const peers = present.filter(({ name }) => name !== reference);
  const limit = racers.get(LIMIT);
  const units = contest.limit === "fma" ? contest.flops : contest.bytes;
  return {
    level: group.level,
    group: group.name,
    case: contest.name,
    threads: contest.threads,
    unit: contest.unit,
    flops: contest.flops,
    bytes: contest.bytes,
    target: contest.target,
    nodegrad: own && summarize(own.times),
    peers: Object.fromEntries(
      present.map(({ name, version, times }) => [name, { version, ...summarize(times) }] as const),
    ),
    limit: contest.limit,
    limitSeconds: limit && summarize(limit.times).median * (units ?? 0),
    share: own && limit && compare(limit.times, own.times, units),
    ratio: own && ratioToBest(own, peers),
    absent,
  };
}

function ratioToBest(own: Racer, peers: readonly Racer[]): Summary | undefined {
  if (peers.length === 0) return undefined;
  const best = peers.reduce((a, b) => (summarize(b.times).median < summarize(a.times).median ? b : a));
  return compare(own.times, best.times);
}

/** Rounds are compared one by one, so that what slows the machine for a while slows both sides. */
function compare(times: readonly number[], others: readonly number[], factor = 1): Summary {
  return summarize(times.map((time, round) => (factor * time) / (others[round] as number)));
}
