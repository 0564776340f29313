/** Memory over many runs: of each instruction, of the micro-operations and of training, synchronous and not. */

import { afterAll, describe, expect, it } from "vitest";
import { OPCODES } from "../../lib/program/opcodes.js";
import { formatTable } from "../../lib/table.js";
import { runForJson } from "./child.js";

/** What programs/leaks.js tells, by tenths of the runs. */
interface Watched {
  readonly samples: readonly { readonly rss: number; readonly used: number }[];
  readonly firstHeld: unknown;
  readonly lastHeld: unknown;
}

/** `npm run soak:leaks` has 10,000 runs of each family. */
const runs = Number(process.env.NODEGRAD_LEAK_RUNS ?? 1000);
const isSoak = runs >= 10_000;
const families = isSoak ? [...OPCODES, "micro", "training"] : ["conv2d", "training"];

/** What the process may grow by from the second to the last third: in a soak a share of it. */
const GROWTH = 0.05;
/** V8 compiles what is hot and the allocator takes pages, for the first few thousand runs. */
const WARM_UP_BYTES = 8 * 2 ** 20;

const flags = ["--expose-gc", "--max-semi-space-size=1"];
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number;
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const percent = (early: number, late: number) => `${(100 * (late / early - 1)).toFixed(1)} %`;

const rows: string[][] = [];
afterAll(() => {
  const header = ["family", "runs", "resident MB", "later", "growth", "V8's MB", "later", "growth"];
  if (isSoak) console.log(formatTable(rows, { header }));
});

describe(`${runs} runs`, () => {
  it.each(families.flatMap((family) => (["sync", "async"] as const).map((mode) => [family, mode] as const)))(
    "of %s, %s: memory is flat",
    { timeout: 60_000 + 60 * runs },
    async (family, mode) => {
      const options = { flags, timeout: 60_000 + 60 * runs };
      const { samples, firstHeld, lastHeld } = await runForJson<Watched>("leaks", [family, `${runs}`, mode], options);
      const third = (from: number, what: "rss" | "used") =>
        median(samples.slice(from, from + 3).map((sample) => sample[what]));
      const [rss, used] = (["rss", "used"] as const).map((what) => [third(2, what), third(7, what)]) as [
        [number, number],
        [number, number],
      ];
      rows.push([
        family,
        mode,
        ...[rss, used].flatMap(([early, late]) => [megabytes(early), megabytes(late), percent(early, late)]),
      ]);
      expect(lastHeld).toEqual(firstHeld); // states, programs, the arena
      expect(rss[1]).toBeLessThan(isSoak ? (1 + GROWTH) * rss[0] : rss[0] + WARM_UP_BYTES);
      expect(used[1]).toBeLessThan((1 + GROWTH) * used[0]);
    },
  );
});
