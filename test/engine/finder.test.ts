/** Fear: the finder looks where it need not, answers with what nobody asked for, or hides that it waited. */
import { expect, test } from "vitest";
import { codingsBeside, Finder, type FoundFile, type Place } from "../../engine/finder.js";
import type { Trail } from "../../engine/ticket.js";
import { createEntry, type Entry, type Known } from "../../fs/entries.js";
import { OpenFile } from "../../fs/open-file.js";
import type { RootedPath } from "../../fs/paths.js";
import type { JobTimes } from "../../fs/reader-pool.js";

const ROOT = "/r";
const IDENTITY = { dev: 1n, ino: 2n, sizeBytes: 1, mtimeNs: 3n, ctimeNs: 3n };
const TIMES: JobTimes = { askedMs: 1, startedMs: 2, endedMs: 3 };
const STARTED_MS = 2;

const fileAt = (path: string, siblings = 0): Known => {
  const file = new OpenFile(path, IDENTITY, Buffer.from("a"), 0);
  return { kind: "file", file, siblings };
};

/** A disk of which the table knows nothing: each look waits for a reader. */
function createFinder(things: Readonly<Record<string, Known>>, hasCleanUrls = false) {
  const lookedAt: string[] = [];
  const noted: unknown[] = [];
  const table = {
    find: () => undefined,
    lookUp(root: string, path: string, done: (entry: Entry, times: JobTimes) => void) {
      lookedAt.push(path);
      const known = things[path] ?? { kind: "failed", errno: "ENOENT" };
      queueMicrotask(() => done(createEntry(root, path, known), TIMES));
    },
    startedMs: () => STARTED_MS,
  };
  const trail = {
    add: ({ path }: Entry) => noted.push(path),
    waits: (startedMs: () => number) => noted.push(startedMs()),
    waited: (times: JobTimes) => noted.push(times),
  } as unknown as Trail;
  const rest = { index: "index.html", hasListings: false, onStaleSibling: () => {} };
  const finder = new Finder(table, { ...rest, hasCleanUrls });
  const place: Place = { kind: "rooted", path: "about" as RootedPath, trailingSlash: false };
  return { lookedAt, noted, trail, finder, find: () => finder.find(ROOT, place, trail) };
}

test("a look that a reader is asked for is noted when it begins, and with its times when it is over", async () => {
  const { find, noted } = createFinder({ "/r/about": fileAt("/r/about") });
  expect(await find()).toMatchObject({ kind: "file" });
  expect(noted).toEqual([STARTED_MS, TIMES, "/r/about"]);
});

const beside = { "/r/a.js.zst": fileAt("/r/a.js.zst"), "/r/a.js.gz": fileAt("/r/a.js.gz") };

test.each([
  ["the first wanted sibling is sent, and no other looked at", ["zstd", "gzip"], "zstd", [".zst"]],
  ["the next one where the first is no file", ["br", "gzip"], "gzip", [".br", ".gz"]],
  ["none that is not wanted", [], undefined, []],
] as const)("%s", async (_, wanted, want, looks) => {
  const { finder, trail, lookedAt } = createFinder(beside);
  const known = fileAt("/r/a.js", 0b111) as FoundFile;
  const found = { ...known, entry: createEntry(ROOT, "/r/a.js", known) };
  expect((await finder.freshSibling(ROOT, found, wanted, trail))?.coding).toBe(want);
  expect(lookedAt).toEqual(looks.map((suffix) => `/r/a.js${suffix}`));
});

test("only those codings are to be had that have a sibling", () => {
  const known = fileAt("/r/a.js", 0b101) as FoundFile;
  expect(codingsBeside(known)).toEqual(["br", "gzip"]);
});

const PAGE = { "/r/about.html": fileAt("/r/about.html") };

test.each([
  ["a page is found by its clean URL", true, PAGE, { kind: "file" }],
  ["only where clean URLs are on", false, PAGE, { kind: "fault", code: "FILE_MISSING" }],
  [
    "and not in place of a file that the disk cannot read",
    true,
    { ...PAGE, "/r/about": { kind: "failed", errno: "EIO" } },
    { kind: "fault", code: "DISK_FAILED" },
  ],
] as const)("%s", async (_, hasCleanUrls, things, want) => {
  expect(await createFinder(things, hasCleanUrls).find()).toMatchObject(want);
});
