/**
 * What the scheduler needs of a disk, and of the files on it.
 *
 *   readNow   what the kernel has in memory, on the loop and at once
 *   read      the rest, by way of a reader that may take as long as the disk does
 *
 * fs/reader-pool and fs/cached-reads are adapted to it; tests bring a fake. Both fill the slab in
 * place, so bytes are never handed over here: only where they go, and whether they came.
 */

import type { StartedMs } from "./wait.js";

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
