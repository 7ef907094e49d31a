/**
 * A disk made of a table, behind what a file table needs of a reader pool: `open` and `close`.
 *
 * An open is answered when the test says so, with what the table holds at that moment.
 */
import { constants } from "node:os";
import {
  OPEN_BODY,
  OPEN_DIRECTORY,
  OPEN_FAILED,
  OPEN_FILE,
  OPEN_IRREGULAR,
  OPEN_OUTSIDE,
  OPEN_UNCHANGED,
} from "../../fs/jobs.js";
import { isSameFile } from "../../fs/open-file.js";
import type {
  FileIdentity,
  Opened,
  OpenRequest,
  ReaderPool,
  StartedMs,
} from "../../fs/reader-pool.js";

export interface FakeFile {
  readonly kind: "file";
  readonly version: number;
  /** Kept whole when given, else opened. */
  readonly body?: Buffer;
  readonly siblings?: number;
}
export type FakeThing =
  | FakeFile
  | { readonly kind: "directory" | "irregular" | "outside" }
  | { readonly kind: "failed"; readonly errno: keyof typeof constants.errno };

interface Question {
  readonly request: OpenRequest;
  readonly done: (opened: Opened) => void;
}

const NOTHING: Opened = {
  result: OPEN_FAILED,
  errno: 0,
  fd: -1,
  identity: undefined,
  siblings: 0,
  observedMs: 0,
  body: undefined,
  times: { askedMs: 0, startedMs: 0, endedMs: 0 },
};
const RESULTS = {
  directory: OPEN_DIRECTORY,
  irregular: OPEN_IRREGULAR,
  outside: OPEN_OUTSIDE,
} as const;

export class FakePool {
  readonly things = new Map<string, FakeThing>();
  readonly openFds = new Set<number>();
  readonly devices = new Set<bigint>();
  /** Wall clock of the disk; versions of files are nanoseconds since the epoch. */
  wallMs = 1_000_000;
  /** When a reader started with all that waits; Infinity: none has. */
  startedMs = Number.POSITIVE_INFINITY;
  /** Every path that was asked for, in order. */
  readonly asked: string[] = [];
  /** The root of each. */
  readonly roots: string[] = [];
  #questions: Question[] = [];
  #nextFd = 100;

  /** For the constructor of a file table, which uses no more of a pool than this. */
  get asPool(): ReaderPool {
    return this as unknown as ReaderPool;
  }

  get waiting(): number {
    return this.#questions.length;
  }

  open(request: OpenRequest, done: (opened: Opened) => void): StartedMs {
    this.asked.push(request.path);
    this.roots.push(request.root);
    this.#questions.push({ request, done });
    return () => this.startedMs;
  }

  /** Nothing waits in a line here. */
  giveUpCalls(): void {}

  noteDevice(dev: bigint): void {
    this.devices.add(dev);
  }

  close(fd: number): void {
    if (!this.openFds.delete(fd)) throw new Error(`descriptor ${fd} is not open`);
  }

  openFd(): number {
    this.openFds.add(this.#nextFd);
    return this.#nextFd++;
  }

  /** Answers all that waits, in the order it came. */
  answer(): void {
    const questions = this.#questions;
    this.#questions = [];
    for (const { request, done } of questions) done(this.#opened(request));
  }

  #opened({ path, known }: OpenRequest): Opened {
    const thing = this.things.get(path) ?? { kind: "failed", errno: "ENOENT" };
    if (thing.kind === "file") return this.#openedFile(path, thing, known);
    if (thing.kind !== "failed") return { ...NOTHING, result: RESULTS[thing.kind] };
    return { ...NOTHING, errno: -constants.errno[thing.errno] };
  }

  #openedFile(path: string, thing: FakeFile, known: FileIdentity | undefined): Opened {
    const identity = identityOf(path, thing);
    const facts = { ...NOTHING, siblings: thing.siblings ?? 0, observedMs: this.wallMs };
    if (known !== undefined && isSameFile(known, identity)) {
      return { ...facts, result: OPEN_UNCHANGED };
    }
    if (thing.body !== undefined) {
      return { ...facts, result: OPEN_BODY, identity, body: Buffer.from(thing.body) };
    }
    return { ...facts, result: OPEN_FILE, identity, fd: this.openFd() };
  }
}

/** Another version is another file, and so is another path. */
function identityOf(path: string, { version, body }: FakeFile): FileIdentity {
  const ino = BigInt(`0x${Buffer.from(path).toString("hex")}`);
  const changedNs = BigInt(version);
  const sizeBytes = body?.length ?? 1_000_000;
  return { dev: 1n, ino, sizeBytes, mtimeNs: changedNs, ctimeNs: changedNs };
}
