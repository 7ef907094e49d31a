/**
 * A folder to serve: made from a table of names and contents, and gone after the test.
 *
 * Every file gets the same modification time, long past, so that its date can be written down in a
 * test and its tag is strong from the first request on.
 */
import fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A file that takes no room on the disk but for its islands; holes read as zeros. */
export interface Sparse {
  readonly sizeBytes: number;
  /** In the order of the file, and apart from each other. */
  readonly islands: readonly (readonly [at: number, bytes: Buffer])[];
}

export type Content = string | Buffer | Sparse;
export type Files = Readonly<Record<string, Content>>;

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

/** Modification time of every file, in the two shapes that tests need. */
export const LONG_AGO = new Date("2024-01-01T00:00:00Z");
export const LONG_AGO_HTTP = "Mon, 01 Jan 2024 00:00:00 GMT";

export class Folder {
  readonly path = fs.mkdtempSync(join(tmpdir(), "sluice-test-"));

  constructor(files: Files = {}) {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  /** The file's absolute name. */
  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: Content): void {
    fs.mkdirSync(dirname(this.at(name)), { recursive: true });
    if (typeof content === "string" || Buffer.isBuffer(content)) {
      fs.writeFileSync(this.at(name), content);
    } else {
      this.#writeSparse(name, content);
    }
    fs.utimesSync(this.at(name), LONG_AGO, LONG_AGO);
  }

  /** Puts another file in the place of this one, as a careful deployment does. */
  replace(name: string, content: Content): void {
    this.write(`${name}.next`, content);
    fs.renameSync(this.at(`${name}.next`), this.at(name));
  }

  /** Moves the whole folder, and leaves this object where it was. */
  rename(to: string, from = this.path): void {
    fs.renameSync(from, to);
  }

  remove(): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }

  #writeSparse(name: string, { sizeBytes, islands }: Sparse): void {
    const fd = fs.openSync(this.at(name), "w");
    try {
      fs.ftruncateSync(fd, sizeBytes);
      for (const [at, bytes] of islands) fs.writeSync(fd, bytes, 0, bytes.length, at);
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** Whether the content has these bytes from `at` on. Copies nothing. */
export function holds(content: Content, at: number, bytes: Buffer): boolean {
  if (typeof content === "string") return holds(Buffer.from(content), at, bytes);
  if (Buffer.isBuffer(content)) return bytes.equals(content.subarray(at, at + bytes.length));
  const end = at + bytes.length;
  let done = at;
  for (const [start, island] of content.islands) {
    const first = Math.max(start, done);
    const last = Math.min(start + island.length, end);
    if (first >= last) continue;
    if (!isZero(bytes.subarray(done - at, first - at))) return false;
    const wanted = island.subarray(first - start, last - start);
    if (!wanted.equals(bytes.subarray(first - at, last - at))) return false;
    done = last;
  }
  return end <= content.sizeBytes && isZero(bytes.subarray(done - at));
}

const ZEROS = Buffer.alloc(MIB);

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = bytes.subarray(at, at + ZEROS.length);
    if (!piece.equals(ZEROS.subarray(0, piece.length))) return false;
  }
  return true;
}

/** A file of holes with a hundred islands: none of them where a chunk or a page begins. */
export function sparse(sizeBytes: number, random: Random): Sparse {
  const islands = Array.from({ length: 100 }, (_, n): readonly [number, Buffer] => {
    const at = Math.floor((sizeBytes * n) / 100) + random.below(1000);
    return [at, random.bytes(1 + random.below(50_000))];
  });
  const fitting = islands.filter(([at, bytes]) => at + bytes.length <= sizeBytes);
  return { sizeBytes, islands: fitting };
}

/** Numbers that look random and are the same in every run (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Integer, 0 to `limit - 1`. `limit` may be as large as 2^52. */
  below(limit: number): number {
    return Math.floor(((this.#next() + this.#next() / 2 ** 32) / 2 ** 32) * limit);
  }

  bytes(length: number): Buffer {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let at = 0; at < words.length; at++) words[at] = this.#next();
    return Buffer.from(words.buffer, 0, length);
  }

  oneOf<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
