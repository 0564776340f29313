/** Runs a case: every contestant in a process of its own, all of them by turns. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Case, Contestant, Group } from "./case.js";
import type { Workshop } from "./commands.js";
import { startLoad } from "./load.js";
import { agree } from "./numbers.js";
import { Racer } from "./racer.js";
import type { Result } from "./result.js";
import { type Summary, summarize } from "./statistics.js";

/** How long to measure. */
export interface Effort {
  /** How often each contestant gets its turn. */
  readonly rounds: number;
  /** About how long a turn lasts, unless a single piece of work lasts longer. */
  readonly turnSeconds: number;
  /** How long a contestant may take until it is ready for its turns. */
  readonly patienceSeconds: number;
  /** Whether the reference backend takes part. */
  readonly reference: boolean;
  /** Most peers of a case. */
  readonly peers: number;
}

/** Threads that spin after their work, as OpenMP's do for a while, get this long to fall asleep. */
const PAUSE_MS = 10;

/** A contestant whose turns last longer takes part in a few rounds only, or not at all. */
const SLOW_SECONDS = 1;
const SLOW_ROUNDS = 3;
const TOO_SLOW_SECONDS = 3;

/** The contestant that shows what the machine can do. */
const LIMIT = "limit";

/** Measures a case. Contestants that cannot run are absent from the result, with the reason. */
export async function runCase(group: Group, contest: Case, effort: Effort, workshop: Workshop): Promise<Result> {
  const field = new Field(contest, effort);
  const endLoad = startLoad(contest.load ?? 0);
  try {
    const { limit, threads, bytes = 0 } = contest;
    const waiting = contest.contestants.filter((contestant) => effort.reference || !isReference(contestant));
    let places = effort.peers;
    while (waiting.length > 0 && places > 0) {
      // Everybody who may take part gets ready at the same time; for a peer that cannot, the next one does.
      const some = takeWithPeers(waiting, places);
      for (const contestant of some) {
        field.start(contestant.name, () => workshop.contestant(group, contest, contestant));
      }
      for (const contestant of some) {
        const present = await field.enter(contestant.name);
        if (present && isPeer(contestant)) places--;
      }
    }
    if (limit !== undefined) {
      field.start(LIMIT, () => workshop.limit(limit, threads, bytes));
      await field.enter(LIMIT);
    }
    await field.race();
  } finally {
    endLoad();
    await field.clear();
  }
  return judge(group, contest, field);
}

/** Takes contestants from the front of a queue, as far as so many peers go. */
function takeWithPeers(waiting: Contestant[], peers: number): Contestant[] {
  let found = 0;
  const end = waiting.findIndex((contestant) => isPeer(contestant) && ++found > peers);
  return waiting.splice(0, end < 0 ? waiting.length : end);
}

/** Everybody but nodegrad, on whatever backend; nodegrad on another number of threads is one, too. */
function isPeer(contestant: Contestant): boolean {
  if (contestant.name === "nodegrad") return false; // it may be a module, too
  return !("start" in contestant) || contestant.threads !== undefined;
}

function isReference(contestant: Contestant): boolean {
  return "backend" in contestant && contestant.backend === "reference";
}

/** The contestants that take part. */
class Field {
  readonly racers = new Map<string, Racer>();
  readonly absent: Record<string, string> = {};
  readonly #threads: number;
  readonly #mostSeconds: number;
  readonly #effort: Effort;

  constructor({ threads, mostSeconds = TOO_SLOW_SECONDS }: Case, effort: Effort) {
    this.#threads = threads;
    this.#mostSeconds = mostSeconds;
    this.#effort = effort;
  }

  /** Starts a contestant's process. */
  start(name: string, command: () => ConstructorParameters<typeof Racer>[1]): void {
    try {
      this.racers.set(name, new Racer(name, command(), this.#threads));
    } catch (error) {
      this.absent[name] = (error as Error).message;
    }
  }

  /** Warms a contestant up, if it could be started; tells whether it is ready. */
  async enter(name: string): Promise<boolean> {
    const racer = this.racers.get(name);
    if (racer === undefined) return false;
    const { turnSeconds, patienceSeconds } = this.#effort;
    return this.#keep(name, async () => {
      await racer.warmUp(turnSeconds, patienceSeconds);
      if (racer.turnSeconds > this.#mostSeconds) throw new Error(`takes ${racer.turnSeconds.toFixed(0)} s a turn`);
      this.#compareResult(racer);
    });
  }

  /** Whoever computes something else than the first is no contestant. */
  #compareResult({ check }: Racer): void {
    const [first] = Array.from(this.racers.values(), (racer) => racer.check).filter((known) => known !== undefined);
    if (check === undefined || first === undefined || agree(check, first)) return;
    throw new Error(
      `computes something else: checksum ${check.sum}, norm ${check.norm}, not ${first.sum}, ${first.norm}`,
    );
  }

  /**
   * Gives everybody a turn in each round. Rounds go to and fro, so that nobody always follows the same neighbour: a
   * processor that has just multiplied at its limit, or whose caches are full of another's data, is slower for a while.
   */
  async race(): Promise<void> {
    for (let round = 0; round < this.#effort.rounds; round++) {
      const turns = [...this.racers];
      for (const [name, racer] of round % 2 === 0 ? turns : turns.reverse()) {
        if (racer.turnSeconds > SLOW_SECONDS && round >= SLOW_ROUNDS) continue;
        await this.#keep(name, () => racer.turn());
        await sleep(PAUSE_MS);
      }
    }
  }

  async clear(): Promise<void> {
    await Promise.all(Array.from(this.racers.values(), (racer) => racer.stop()));
  }

  /** Lets a contestant do something; one that fails leaves the field. */
  async #keep(name: string, action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.absent[name] = (error as Error).message;
      await this.racers.get(name)?.stop();
      this.racers.delete(name);
      return false;
    }
  }
}

function judge(group: Group, contest: Case, { racers, absent }: Field): Result {
  const { contestants, limit, flops, bytes } = contest;
  const limiter = racers.get(LIMIT);
  const units = (limit === "fma" ? flops : bytes) ?? 0;
  const timesOf = ({ version, times }: Racer) => {
    return { version, ...summarize(times), share: limiter && compare(limiter.times, times, units) };
  };
  const own = racers.get(contestants[0]?.name ?? "");
  const others = contestants.slice(1).flatMap((contestant) => {
    const racer = racers.get(contestant.name);
    return racer === undefined ? [] : [{ contestant, racer, times: timesOf(racer) }];
  });
  const best = others
    .filter(({ contestant }) => isPeer(contestant))
    .reduce<(typeof others)[number] | undefined>((a, b) => (a && a.times.median <= b.times.median ? a : b), undefined);
  return {
    level: group.level,
    group: group.name,
    case: contest.name,
    threads: contest.threads,
    unit: contest.unit,
    flops,
    bytes,
    target: contest.target,
    nodegrad: own && timesOf(own),
    peers: Object.fromEntries(others.map(({ racer, times }) => [racer.name, times])),
    bestPeer: best?.racer.name,
    limit,
    limitSeconds: limiter && units * summarize(limiter.times).median,
    ratio: own && best && compare(own.times, best.racer.times),
    absent,
  };
}

/** Rounds are compared one by one, so that what slows the machine for a while slows both sides. */
function compare(times: readonly number[], others: readonly number[], factor = 1): Summary {
  const rounds = Math.min(times.length, others.length);
  return summarize(times.slice(0, rounds).map((time, round) => (factor * time) / (others[round] as number)));
}
