/** Fear: a sibling that was just made is taken for an outdated one, and never sent. */
import { expect, test } from "vitest";
import { Finder } from "../../engine/finder.js";
import type { Trail } from "../../engine/ticket.js";
import { createEntry } from "../../fs/entries.js";
import { OpenFile } from "../../fs/open-file.js";

const SECOND = 1_700_000_000n * 1_000_000_000n;

function known(path: string, mtimeNs: bigint, siblings: number) {
  const identity = { dev: 1n, ino: 2n, sizeBytes: 1, mtimeNs, ctimeNs: mtimeNs };
  const file = new OpenFile(path, identity, Buffer.from("a"), 0);
  return { entry: createEntry("/r", path, { kind: "file", file, siblings }), file, siblings };
}

async function judge(originalNs: bigint, siblingNs: bigint) {
  let stale = 0;
  const { entry } = known("/r/a.js.gz", siblingNs, 0);
  const table = { find: () => entry, lookUp: () => {}, startedMs: () => Number.POSITIVE_INFINITY };
  const onStaleSibling = (): void => {
    stale++;
  };
  const rest = { index: "index.html", hasCleanUrls: false, hasListings: false };
  const finder = new Finder(table, { ...rest, onStaleSibling });
  const found = { kind: "file", ...known("/r/a.js", originalNs, 0b111) } as const;
  const trail = { add: () => {} } as unknown as Trail;
  const sent = await finder.freshSibling("/r", found, ["br", "zstd", "gzip"], trail);
  return { sent: sent?.coding, stale };
}

const rows: readonly (readonly [
  why: string,
  originalNs: bigint,
  siblingNs: bigint,
  isFresh: boolean,
])[] = [
  ["has the original's time", SECOND + 5n, SECOND + 5n, true],
  ["is newer", SECOND + 5n, SECOND + 6n, true],
  ["is older by a nanosecond", SECOND + 6n, SECOND + 5n, false],
  ["is older, and was made at a whole second", SECOND, SECOND - 1n, false],
  ["has the original's time, cut to whole seconds", SECOND + 999_999_999n, SECOND, true],
  ["is older, in whole seconds", SECOND, SECOND - 1_000_000_000n, false],
  ["is older, in whole seconds, by less than one", SECOND + 5n, SECOND - 1_000_000_000n, false],
];
test.each(rows)("a sibling that %s", async (_, originalNs, siblingNs, isFresh) => {
  const want = isFresh ? { sent: "br", stale: 0 } : { sent: undefined, stale: 3 };
  expect(await judge(originalNs, siblingNs)).toEqual(want);
});
