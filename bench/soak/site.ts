/**
 * What is served in a soak, what is asked of it, and what changes under it.
 *
 * Every road through the server is on the list: hot files, large ones, ranges, 304 and 404, HEAD,
 * listings, precompressed files.
 */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReadyAsk } from "../check.js";
import { type Fixture, KIB, MIB, writeFixtures } from "../fixtures.js";

const SMALL_FILES = 100;
const LISTED_FILES = 300;
const LARGE_BYTES = 32 * MIB;
/** Beyond what the small-file cache takes whole: it goes through the pool. */
const MEDIUM_BYTES = MIB;
/** Files that are replaced again and again. */
const REPLACED_FILES = 10;

/** More than any socket takes at once. */
export const LARGE = "/large.bin";
/** Answered from memory, once it has been asked for. */
export const SMALL = "/small/0.bin";
const MEDIUM = "/medium.bin";

const small = (at: number): Fixture => ({ path: `small/${at}.bin`, sizeBytes: KIB * (1 + at) });

/** Writes the files below `root`, an empty folder. */
export function writeSite(root: string): void {
  writeFixtures(root, [
    ...Array.from({ length: SMALL_FILES }, (_, at) => small(at)),
    { path: LARGE.slice(1), sizeBytes: LARGE_BYTES },
    { path: MEDIUM.slice(1), sizeBytes: MEDIUM_BYTES },
    { path: "site/index.html", sizeBytes: 4 * KIB },
    { path: "site/app.js", sizeBytes: 64 * KIB, hasSidecars: true },
  ]);
  mkdirSync(join(root, "replaced"));
  for (let at = 0; at < REPLACED_FILES; at++) replaceOne(root, at);
  mkdirSync(join(root, "listed"));
  for (let at = 0; at < LISTED_FILES; at++) writeFileSync(join(root, "listed", `${at}.txt`), "");
}

/** Another file in the place of one, of another length, as a careful deployment does it. */
export function replaceOne(root: string, random: number): void {
  const path = join(root, "replaced", `${random % REPLACED_FILES}.bin`);
  writeFileSync(`${path}.next`, Buffer.alloc(1 + (random % (2 * MEDIUM_BYTES)), random));
  renameSync(`${path}.next`, path);
}

/** A request, out of numbers that look random. */
type Draw = (random: () => number) => ReadyAsk;

const get = (target: string, status = 200, headers = {}): ReadyAsk => ({
  method: "GET",
  target,
  headers,
  status,
  bodyBytes: 0, // read off the head of the answer
});

const smallTarget = (random: () => number): string => `/${small(random() % SMALL_FILES).path}`;

function range(target: string, sizeBytes: number, random: () => number): ReadyAsk {
  const first = random() % sizeBytes;
  const last = Math.min(sizeBytes - 1, first + (random() % (256 * KIB)));
  return get(target, 206, { Range: `bytes=${first}-${last}` });
}

function ranges(random: () => number): ReadyAsk {
  const firsts = Array.from({ length: 4 }, () => random() % (LARGE_BYTES - KIB));
  return get(LARGE, 206, { Range: `bytes=${firsts.map((at) => `${at}-${at + 999}`).join(",")}` });
}

/** Answered in one go wherever the file is in memory. */
export const drawHot: Draw = (random) => get(smallTarget(random));

/** Each line as often as it stands here. */
const MIXED: readonly Draw[] = [
  drawHot,
  drawHot,
  drawHot,
  (random) => get(smallTarget(random), 304, { "If-None-Match": "*" }),
  (random) => range(LARGE, LARGE_BYTES, random),
  (random) => range(MEDIUM, MEDIUM_BYTES, random),
  ranges,
  () => get(MEDIUM, 416, { Range: `bytes=${MEDIUM_BYTES}-` }),
  () => get(MEDIUM),
  (random) => get(`/nothing/${random()}`, 404),
  () => get("/nothing/here", 404),
  () => get("/site/"),
  () => get("/site", 301),
  (random) => get("/site/app.js", 200, { "Accept-Encoding": ["gzip", "br", ""][random() % 3] }),
  (random) => get(`/listed/?sort=name&limit=${1 + (random() % 50)}`),
  (random) => get(`/replaced/${random() % REPLACED_FILES}.bin`),
  () => get("/%2e%2e/secret", 400),
];

export const drawMixed: Draw = (random) => MIXED[random() % MIXED.length]!(random);

/** Answers to HEAD have no body whatever their length says: they are asked for among themselves. */
export const drawHead: Draw = (random) => ({ ...drawHot(random), method: "HEAD" });
