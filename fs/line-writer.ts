/**
 * Lines on their way to a file or to standard output, in batches, off the loop.
 *
 *   write ──▶ gathered ── seal ──▶ | batch | batch | batch | ── one write at a time ──▶ file
 *                                       ^ at: so much of the oldest is written
 *
 * 1. gather  a line costs one string append
 * 2. seal    a while after its first line, or when it is large, what was gathered becomes bytes
 * 3. push    all batches go to a thread of libuv; a short write goes on where it stopped
 * 4. pause   a write that failed is tried again, later each time: a full disk may have room again,
 *            a pipe a reader
 * 5. drop    what finds no room among the bytes that wait: whole lines, counted and told of
 *
 * Owns: the lines until they are written. Does not know what is in one.
 */
import fs from "node:fs";
import { LogFile } from "./log-file.js";
import { Losses } from "./losses.js";

export interface LineWriterOptions {
  /** Created when it is not there; "" is standard output. */
  readonly path: string;
  /** Hears of trouble: a line at once, then one each ten seconds while it lasts. */
  readonly onTrouble: (line: string) => void;
  /** Other processes write to the same. That matters unless it is a regular file: see log-file.ts. */
  readonly isShared?: boolean;
}

/**
 * A batch is sealed at this size: what a pipe holds. Smaller: more trips to a thread, 20 µs each, and
 * no more than 1,024 of them fit one write (IOV_MAX). Larger: longer strings to be copied at once.
 */
const BATCH_BYTES = 64 * 1024;

/**
 * What a pipe takes whole or not at all (PIPE_BUF, pipe(7)): more, and the lines of several writers end
 * up inside one another. A line that is longer may.
 */
const SHARED_BYTES = 4096;

/** A line waits this long for others. Longer: whoever follows the log sees it jump. */
const GATHER_MS = 100;

/**
 * Bytes that may wait. Smaller: a disk that pauses for a second costs lines at 50,000 requests a
 * second (150 bytes each). Larger: what a process holds for ever when its log is stuck.
 */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * The first pause lets the reader of a full pipe read on: 64 KiB each, 64 MB a second. Each that
 * follows is twice as long, up to the last: a few tries a second.
 */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 256;

/** At the end: enough for what a healthy disk has yet to take, less than a supervisor waits. */
const CLOSE_MS = 1000;

const LINE_FEED = 0x0a;
const TOO_SLOW = "they come faster than they can be written";

export class LineWriter {
  readonly #file: LogFile;
  readonly #losses: Losses;
  readonly #isShared: boolean;
  #lines = 0;
  #gathered = "";
  readonly #batches: Buffer[] = [];
  #batchedBytes = 0;
  #at = 0;
  #isWriting = false;
  #sealTimer: NodeJS.Timeout | undefined;
  #pauseTimer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #failure = "";
  #closed: Promise<void> | undefined;
  #isOver = false;
  #onEmpty = (): void => {};

  /** Opens the file; blocks. @throws Error when it cannot be opened */
  constructor({ path, onTrouble, isShared = false }: LineWriterOptions) {
    this.#isShared = isShared;
    this.#file = new LogFile(path, onTrouble, () => this.#turnOver());
    this.#losses = new Losses(onTrouble);
  }

  /**
   * Takes a line, its line feed included, or drops it. ASCII only, one byte a character: whoever
   * makes lines has escaped the rest. Cost: one append; for each batch a timer and a write.
   */
  write(line: string): void {
    this.#lines++;
    const waiting = this.#batchedBytes + this.#gathered.length + line.length;
    if (waiting > MAX_WAITING_BYTES || this.#closed !== undefined) return this.#drop(1);
    if (this.#isCut && this.#gathered.length + line.length > SHARED_BYTES) this.#seal();
    this.#gathered += line;
    if (this.#gathered.length >= BATCH_BYTES) this.#seal();
    else this.#sealTimer ??= setTimeout(() => this.#endGathering(), GATHER_MS).unref();
  }

  /** Opens the path anew, for a file that was renamed. The old one goes on until that is done. */
  reopen(): void {
    this.#file.reopen();
  }

  /** Writes what waits, for a second at most, and lets go of the file. Lines that follow are lost. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const deadline = setTimeout(() => this.#onEmpty(), CLOSE_MS);
      this.#onEmpty = () => {
        this.#onEmpty = () => {};
        clearTimeout(deadline);
        this.#finish();
        resolve();
      };
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#endPause();
      this.#seal();
      if (this.#batches.length === 0) this.#onEmpty();
    });
    return this.#closed;
  }

  /** Lines handed over, those among them that were lost, and bytes that wait to be written. */
  stats(): { lines: number; dropped: number; waitingBytes: number } {
    const waitingBytes = this.#batchedBytes + this.#gathered.length;
    return { lines: this.#lines, dropped: this.#losses.total, waitingBytes };
  }

  /** Only what a pipe takes whole may be written at a time. */
  get #isCut(): boolean {
    return this.#isShared && !this.#file.isRegular;
  }

  /** While a batch waits, lines go on gathering to a full one: a stuck file gets no small ones. */
  #endGathering(): void {
    this.#sealTimer = undefined;
    if (this.#batches.length === 0) this.#seal();
  }

  #seal(): void {
    if (this.#gathered !== "") {
      const batch = Buffer.from(this.#gathered, "latin1");
      this.#gathered = "";
      this.#batches.push(batch);
      this.#batchedBytes += batch.length;
    }
    this.#push();
  }

  /** All at once: a busy loop comes round for the next write only after a thousand lines. */
  #push(): void {
    const [oldest, ...others] = this.#batches;
    if (oldest === undefined || this.#isWriting || this.#pauseTimer !== undefined) return;
    this.#isWriting = true;
    const left = [oldest.subarray(this.#at), ...(this.#isCut ? [] : others)];
    fs.writev(this.#file.fd, left, null, (error, count) => this.#settle(error, count));
  }

  #settle(error: NodeJS.ErrnoException | null, count: number): void {
    this.#isWriting = false;
    if (this.#isOver) return this.#file.close(false);
    if (error === null && count > 0) this.#advance(count);
    else this.#pause(error);
    this.#turnOver();
    if (this.#batches.length > 0) return this.#push();
    // The timer may have found a batch waiting, and left the lines that had gathered behind it.
    if (this.#sealTimer === undefined) this.#seal();
    if (this.#batches.length === 0) this.#onEmpty();
  }

  #advance(count: number): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#failure = "";
    this.#batchedBytes -= count;
    this.#at += count;
    for (let [oldest] = this.#batches; oldest !== undefined; [oldest] = this.#batches) {
      if (this.#at < oldest.length) return;
      this.#at -= oldest.length;
      this.#batches.shift();
    }
  }

  // --- the slow road: the file takes nothing, or is to be another one ---

  #drop(lines: number): void {
    this.#losses.report(lines, this.#failure || TOO_SLOW);
  }

  /** A full pipe is no failure: there is nothing to say until it costs lines. */
  #pause(error: NodeJS.ErrnoException | null): void {
    if (error !== null && error.code !== "EAGAIN") {
      this.#failure = error.message;
      this.#losses.report(0, error.message);
    }
    this.#pauseTimer = setTimeout(() => this.#endPause(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, LAST_PAUSE_MS);
  }

  #endPause(): void {
    clearTimeout(this.#pauseTimer);
    this.#pauseTimer = undefined;
    this.#push();
  }

  /** A line of which the old file has only the beginning is written to the new one whole. */
  #turnOver(): void {
    if (this.#isWriting || !this.#file.turnOver()) return;
    const start = this.#at === 0 ? 0 : this.#batches[0]!.lastIndexOf(LINE_FEED, this.#at - 1) + 1;
    this.#batchedBytes += this.#at - start;
    this.#at = start;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#endPause();
  }

  /** What is left is lost. A write under way may still end, or never. */
  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#sealTimer);
    clearTimeout(this.#pauseTimer);
    const left = this.#batches.splice(0);
    const lost = left.reduce((sum, batch, at) => sum + linesIn(batch, at === 0 ? this.#at : 0), 0);
    if (lost > 0) this.#drop(lost);
    this.#losses.close();
    this.#batchedBytes = 0;
    this.#file.close(this.#isWriting);
  }
}

/** Counts those whose end is still to be written. */
function linesIn(batch: Buffer, from: number): number {
  let count = 0;
  for (let at = batch.indexOf(LINE_FEED, from); at >= 0; at = batch.indexOf(LINE_FEED, at + 1)) {
    count++;
  }
  return count;
}
