/**
 * The job records: what is asked of a reader, and what came of it, in shared memory.
 *
 *   job n   | numbers: op, fd, size, ... | wides: dev, ino, times | path | landing buffer |
 *
 * Plain memory: the queues of ring.ts order access to it. A record belongs to the loop until it is
 * submitted, to one reader until it is published, then to the loop again. Meanwhile the loop may look at
 * one number: when the reader started.
 */

/**
 * Job records, and so the most jobs handed to readers at once; more wait on the loop's side.
 *
 * Smaller: readers idle between batches. Larger: each record owns a landing buffer of
 * `SLUICE_SMALL_FILE_BYTES` (128 * 256 KiB = 32 MiB in each worker at the defaults, of which what no
 * file has landed in is not resident). A power of two.
 */
export const JOBS = 128;

/** Bytes for one path: PATH_MAX of Linux, with its NUL. */
export const PATH_BYTES = 4096;

/** Numbers of one job record; every value is a double, so sizes and offsets stay exact to 2^53. */
export const F_OP = 0;
export const F_FD = 1;
export const F_OFFSET = 2;
export const F_LENGTH = 3;
export const F_SLAB_OFFSET = 4;
export const F_PATH_BYTES = 5;
export const F_ROOT_CHARS = 6;
export const F_SIZE = 7;
export const F_FLAGS = 8;
export const F_RESULT = 9;
export const F_ERRNO = 10;
export const F_SIBLINGS = 11;
export const F_OBSERVED_MS = 12;
export const F_STARTED_MS = 13;
export const F_ENDED_MS = 14;
/** One more than there are: a record is as long as two cache lines. */
const FIELDS = 16;

/** Wide integers of one job record: what identifies a file, exact to the nanosecond. */
export const I_DEV = 0;
export const I_INO = 1;
export const I_MTIME_NS = 2;
export const I_CTIME_NS = 3;
const WIDES = 4;

/** The memory of all records, as it travels to the reader threads. */
export interface JobMemory {
  readonly numbers: SharedArrayBuffer;
  readonly wides: SharedArrayBuffer;
  readonly paths: SharedArrayBuffer;
  readonly landings: SharedArrayBuffer;
  /** Bytes of one landing buffer; a file up to this size arrives together with its facts. */
  readonly landingBytes: number;
}

/** @param landingBytes integer, 0 to 2^20: how much of a small file an open brings along */
export function createJobMemory(landingBytes: number): JobMemory {
  return {
    numbers: new SharedArrayBuffer(JOBS * FIELDS * 8),
    wides: new SharedArrayBuffer(JOBS * WIDES * 8),
    paths: new SharedArrayBuffer(JOBS * PATH_BYTES),
    landings: new SharedArrayBuffer(JOBS * landingBytes),
    landingBytes,
  };
}

/** The records, as seen by either side. */
export class JobRecords {
  readonly #numbers: Float64Array;
  readonly #wides: BigInt64Array;
  readonly #paths: Buffer;
  readonly #landings: Buffer;
  readonly landingBytes: number;

  constructor(memory: JobMemory) {
    this.#numbers = new Float64Array(memory.numbers);
    this.#wides = new BigInt64Array(memory.wides);
    this.#paths = Buffer.from(memory.paths);
    this.#landings = Buffer.from(memory.landings);
    this.landingBytes = memory.landingBytes;
  }

  get(job: number, field: number): number {
    return this.#numbers[job * FIELDS + field]!;
  }

  set(job: number, field: number, value: number): void {
    this.#numbers[job * FIELDS + field] = value;
  }

  getWide(job: number, field: number): bigint {
    return this.#wides[job * WIDES + field]!;
  }

  setWide(job: number, field: number, value: bigint): void {
    this.#wides[job * WIDES + field] = value;
  }

  /** Stores a path of less than `PATH_BYTES` bytes; returns how many they are. */
  setPath(job: number, path: string): number {
    return this.#paths.write(path, job * PATH_BYTES, "utf8");
  }

  path(job: number): string {
    const start = job * PATH_BYTES;
    return this.#paths.toString("utf8", start, start + this.get(job, F_PATH_BYTES));
  }

  /** The landing buffer of a job: the reader fills it, the loop copies out of it on collection. */
  landing(job: number): Buffer {
    const start = job * this.landingBytes;
    return this.#landings.subarray(start, start + this.landingBytes);
  }
}
