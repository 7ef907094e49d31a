/** Fear: a limit that is overlooked because it is set further up, or spelled as of old. */
import { expect, test } from "vitest";
import { type Grant, readGrant } from "../../fs/cgroup.js";
import { put, tempFolder } from "../support/temp-folder.js";

const NOTHING: Grant = { memoryBytes: undefined, cores: undefined };
type Files = Readonly<Record<string, string>>;

const OLD = "sys/fs/cgroup/memory";
const rows: readonly (readonly [why: string, files: Files, want: Grant])[] = [
  ["no control groups at all", {}, NOTHING],
  [
    "version 2 without limits",
    {
      "proc/self/cgroup": "0::/a\n",
      "sys/fs/cgroup/a/memory.max": "max\n",
      "sys/fs/cgroup/a/memory.high": "max\n",
      "sys/fs/cgroup/a/cpu.max": "max 100000\n",
    },
    NOTHING,
  ],
  [
    "version 2 with limits",
    {
      "proc/self/cgroup": "0::/a\n",
      "sys/fs/cgroup/a/memory.max": "1000\n",
      "sys/fs/cgroup/a/cpu.max": "150000 100000\n",
    },
    { memoryBytes: 1000, cores: 1.5 },
  ],
  [
    "a throttle below the limit",
    {
      "proc/self/cgroup": "0::/a\n",
      "sys/fs/cgroup/a/memory.max": "1000\n",
      "sys/fs/cgroup/a/memory.high": "900\n",
    },
    { memoryBytes: 900, cores: undefined },
  ],
  [
    "a stricter group above",
    {
      "proc/self/cgroup": "0::/a/b/c\n",
      "sys/fs/cgroup/a/memory.max": "700\n",
      "sys/fs/cgroup/a/b/c/memory.max": "1000\n",
      "sys/fs/cgroup/cpu.max": "50000 100000\n",
      "sys/fs/cgroup/a/b/cpu.max": "200000 100000\n",
    },
    { memoryBytes: 700, cores: 0.5 },
  ],
  [
    "version 1, with names that share a place",
    {
      "proc/self/cgroup": "4:memory:/m\n2:cpu,cpuacct:/c\n1:name=systemd:/\n",
      [`${OLD}/m/memory.limit_in_bytes`]: "2000\n",
      "sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "25000\n",
      "sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000\n",
    },
    { memoryBytes: 2000, cores: 0.25 },
  ],
  [
    "version 1 without limits",
    {
      "proc/self/cgroup": "4:memory:/\n2:cpu:/\n",
      [`${OLD}/memory.limit_in_bytes`]: "9223372036854771712\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    NOTHING,
  ],
  [
    "a container that is shown the host's path",
    { "proc/self/cgroup": "4:memory:/docker/0123\n", [`${OLD}/memory.limit_in_bytes`]: "3000\n" },
    { memoryBytes: 3000, cores: undefined },
  ],
];
for (const [why, files, want] of rows) {
  test(why, () => {
    const above = tempFolder();
    for (const [name, text] of Object.entries(files)) put(above, name, text);
    expect(readGrant(above)).toEqual(want);
  });
}
