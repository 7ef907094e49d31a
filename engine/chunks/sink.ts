/**
 * What the scheduler needs of a socket, and what it needs of a disk.
 *
 * The transports implement `Sink`; fs/reader-pool is adapted to `ChunkReader`; tests bring fakes
 * of both. Nothing here knows HTTP: the head of an answer travels inside the sink and leaves with
 * the first bytes offered.
 */

import type { StartedMs } from "./wait.js";

/** A socket that takes body bytes under backpressure. */
export interface Sink {
  /** Who is asking, for fair sharing: one value per client address. */
  readonly client: string;
  /**
   * Of bytes that the socket refused, how many have to be the first of the next offer, whatever else
   * may follow them. 0 as a rule; a record over TLS, which was encrypted before the socket was asked.
   */
  readonly repeatedBytes: number;
  /** Set by the scheduler: the socket may take bytes again. May be called with nothing to do. */
  onDrained: () => void;
  /** Set by the scheduler: the socket is gone, nothing may be offered any more. Called at most once. */
  onGone: () => void;
  /**
   * Takes what fits of the next body bytes and copies it; `bytes` may be overwritten on return.
   * The first call also sends the head.
   *
   * @param bytes the body from the offset reached so far; never empty
   * @param totalBytes length of the whole body, the same at every call
   * @returns body bytes taken since the answer began, 0 to `totalBytes`
   */
  offer(bytes: Uint8Array, totalBytes: number): number;
}

/** A file as the pool sees it: an identity and a size. A changed file is another object. */
export interface ChunkFile {
  /** Integer, another one for each file. */
  readonly id: number;
  /** Integer, 0 to 2^53 - 1. */
  readonly sizeBytes: number;
}

/** How a read ended. */
export const READ_OK = 0;
export const READ_CHANGED = 1; // the file is no longer what its identity says
export const READ_FAILED = 2; // the disk said no
export type ReadOutcome = typeof READ_OK | typeof READ_CHANGED | typeof READ_FAILED;

/**
 * How a read is reported back.
 *
 * @param startedMs when the disk began with it, on the scheduler's clock: before, it waited in line
 * @param endedMs when the disk was done; until `done` is called it waited for the event loop
 */
export type ReadDone = (outcome: ReadOutcome, startedMs: number, endedMs: number) => void;

/** A disk that fills pieces of the slab. */
export interface ChunkReader<File extends ChunkFile> {
  /**
   * Fills `lengthBytes` of the slab from the file at once, if that needs no disk: false when it
   * would. The bytes count for nothing until `isUnchanged` was asked after them.
   */
  readNow(file: File, fileOffset: number, lengthBytes: number, slabOffset: number): boolean;
  /** May `readNow` ever fill bytes of this file? */
  canReadNow(file: File): boolean;
  /**
   * Would `readNow` probably fill these bytes? Looks at the first and the last of them: what was read
   * at another time than its neighbors ends at no border of ours. A guess, which `readNow` judges.
   */
  isAtHand(file: File, fileOffset: number, lengthBytes: number): boolean;
  /** Is the file still what its identity says, now that bytes of it were read? */
  isUnchanged(file: File): boolean;
  /**
   * Fills `lengthBytes` of the slab from the file. READ_OK means every byte was filled.
   *
   * `done` is called exactly once, never before `read` has returned, however long the disk takes:
   * until then the slot belongs to the read.
   *
   * @returns what tells when the disk began with it, until `done` is called
   */
  read(
    file: File,
    fileOffset: number,
    lengthBytes: number,
    slabOffset: number,
    done: ReadDone,
  ): StartedMs;
}
