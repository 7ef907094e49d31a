/**
 * The files every server serves, with bytes that can be checked.
 *
 * Each file is one seeded stream of noise: no two offsets look alike, so a server that answers the
 * wrong file, the wrong range or a stale buffer is caught. Written once per run, before any server
 * starts, and only the files that the chosen cells ask for.
 *
 * Owns: content below the document root. Does not know who asks for it.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

/** One file to write. `path` is relative to the document root and is also its URL, without the slash. */
export interface Fixture {
  readonly path: string;
  readonly sizeBytes: number;
  /** Also write `.gz` and `.br` beside it; the content is then text that compresses. */
  readonly hasSidecars?: boolean;
}

/** Noise is made once per file, in a piece of this size, and repeated. */
const PIECE_BYTES = MIB;
/** What tells the repeats apart: every page of a file begins with a stamp of its own. */
const PAGE_BYTES = 4 * KIB;
/** Odd, so that no two pages below 16 TiB share a stamp; the golden ratio, so that all bits move. */
const STAMP_FACTOR = 0x9e3779b1;

/** Writes all fixtures below `root`. Repeated paths are written once. */
export function writeFixtures(root: string, fixtures: readonly Fixture[]): void {
  const unique = new Map(fixtures.map((one) => [one.path, one]));
  for (const fixture of unique.values()) {
    const path = join(root, fixture.path);
    mkdirSync(dirname(path), { recursive: true });
    if (fixture.hasSidecars) writeText(path, fixture.sizeBytes);
    else writeNoise(path, fixture);
  }
}

/** xorshift32: fast, seeded, and good enough to make every offset look different. */
export function createNoise(seed: number): () => number {
  let state = seed === 0 ? 1 : seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

function writeNoise(path: string, { path: name, sizeBytes }: Fixture): void {
  const words = new Uint32Array(Math.ceil(Math.min(PIECE_BYTES, sizeBytes) / 4));
  const next = createNoise(seedOf(name));
  for (let at = 0; at < words.length; at++) words[at] = next();
  const piece = Buffer.from(words.buffer);

  const fd = openSync(path, "w");
  for (let written = 0; written < sizeBytes; written += piece.length) {
    stampPages(piece, written);
    writeSync(fd, piece, 0, Math.min(piece.length, sizeBytes - written));
  }
  closeSync(fd);
}

function stampPages(piece: Buffer, fileOffset: number): void {
  for (let at = 0; at + 4 <= piece.length; at += PAGE_BYTES) {
    const page = (fileOffset + at) / PAGE_BYTES + 1;
    piece.writeUInt32LE(Math.imul(page, STAMP_FACTOR) >>> 0, at);
  }
}

function writeText(path: string, sizeBytes: number): void {
  const next = createNoise(seedOf(path));
  const words = Array.from({ length: sizeBytes / 8 }, () => `w${next() % 4096} `).join("");
  const text = Buffer.from(words.padEnd(sizeBytes, ".").slice(0, sizeBytes));
  writeFileSync(path, text);
  writeFileSync(`${path}.gz`, gzipSync(text));
  writeFileSync(`${path}.br`, brotliCompressSync(text));
}

/** FNV-1a: another name, another stream. */
function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}
