/** How many threads a process uses whose control groups allow it less than the machine has. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cgroupQuota, defaultThreads } from "../../lib/backends/native/threads.js";

const folder = mkdtempSync(join(tmpdir(), "nodegrad-quota-"));
afterAll(() => rmSync(folder, { recursive: true }));

let systems = 0;

/** A system of these files. */
function system(files: Readonly<Record<string, string>>): string {
  const root = join(folder, `${++systems}`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

const cases: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ["no control groups", {}, Number.POSITIVE_INFINITY],
  ["version 2, a container", { "proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "150000 100000" }, 1.5],
  [
    "version 2, no limit",
    { "proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000" },
    Number.POSITIVE_INFINITY,
  ],
  ["version 2, no list of groups", { "sys/fs/cgroup/cpu.max": "200000 100000" }, 2],
  [
    "version 2, a service with a limit above it",
    {
      "proc/self/cgroup": "0::/system.slice/a:b.service",
      "sys/fs/cgroup/system.slice/cpu.max": "300000 100000",
      "sys/fs/cgroup/system.slice/a:b.service/cpu.max": "max 100000",
    },
    3,
  ],
  [
    "version 2, the least of two",
    {
      "proc/self/cgroup": "0::/a/b",
      "sys/fs/cgroup/a/cpu.max": "300000 100000",
      "sys/fs/cgroup/a/b/cpu.max": "50000 100000",
    },
    0.5,
  ],
  [
    "version 1",
    {
      "proc/self/cgroup": "5:memory:/job\n4:cpu,cpuacct:/job\n0::/",
      "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "250000",
      "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    },
    2.5,
  ],
  [
    "version 1, a container that does not see its path",
    {
      "proc/self/cgroup": "4:cpu:/docker/0123",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000",
    },
    2,
  ],
  ["version 1, another controller", { "proc/self/cgroup": "4:cpuset:/" }, Number.POSITIVE_INFINITY],
  ["nonsense", { "proc/self/cgroup": "what", "sys/fs/cgroup/cpu.max": "" }, Number.POSITIVE_INFINITY],
];

describe("the processors that control groups allow", () => {
  it.each(cases)("%s", (_, files, processors) => {
    expect(cgroupQuota(system(files))).toBe(processors);
  });

  it("bound the default number of threads, which is at least 1", () => {
    expect(defaultThreads()).toBeGreaterThanOrEqual(1);
    expect(defaultThreads()).toBeLessThanOrEqual(Math.max(1, Math.floor(cgroupQuota())));
  });
});
