/**
 * The open descriptors, bounded: the least valuable is closed first, never one in use.
 *
 * Owns: which descriptors are open, and the fields of an `OpenFile` that say so.
 */
import type { OpenFile } from "./open-file.js";
import { SecondChance } from "./second-chance.js";

type Close = (fd: number, file: OpenFile) => void;

export class Descriptors {
  readonly #open = new SecondChance<OpenFile>();
  readonly #max: number;
  #keptOpen = 0;
  readonly #close: Close;

  /**
   * @param max most descriptors kept open, integer, at least 1
   * @param close closes one, off the loop where that may take long
   */
  constructor(max: number, close: Close) {
    this.#max = max;
    this.#close = close;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Of them, small files that are kept open. */
  get keptOpen(): number {
    return this.#keptOpen;
  }

  /** Takes charge of an open descriptor. False when all are in use: then nothing was taken. */
  admit(file: OpenFile, fd: number): boolean {
    if (this.#open.size >= this.#max && !this.#closeLeastValuable()) return false;
    file.fd = fd;
    file.wasUsed = true;
    this.#open.add(file);
    if (file.isKeptOpen) this.#keptOpen++;
    return true;
  }

  /** It is asked for again, by who needs it only until he returns. */
  noteUse(file: OpenFile): void {
    file.wasAskedFor = true;
    file.wasUsed = true;
  }

  /** The descriptor is needed until `release`. May be nested: a transfer holds it, and its reads. */
  hold(file: OpenFile): void {
    if (file.users === 0 && file.wasHeld) file.wasAskedFor = true;
    file.wasHeld = true;
    file.wasUsed = true;
    file.users++;
  }

  release(file: OpenFile): void {
    file.users--;
    if (isIdle(file) && file.isRetired) this.#shut(file);
  }

  /** The table leads to another file now: closed at once, or by its last user. */
  retire(file: OpenFile): void {
    file.isRetired = true;
    if (isIdle(file)) this.#shut(file);
  }

  /** The process is out of descriptors: closes up to `count` that nobody uses. */
  giveUp(count: number): void {
    for (let closed = 0; closed < count && this.#closeLeastValuable(); closed++);
  }

  /**
   * Closes those that nobody has used since the last call. Cost: a walk over all that are open.
   *
   * @param close in place of that of the others: these may be thousands at once
   */
  closeUnused(close: Close): void {
    for (const file of this.#open) {
      if (isIdle(file) && !file.wasUsed) this.#shut(file, close);
      file.wasUsed = false;
    }
  }

  #closeLeastValuable(): boolean {
    const file = this.#open.leastValuable((one) => !isIdle(one));
    if (file !== undefined) this.#shut(file);
    return file !== undefined;
  }

  #shut(file: OpenFile, close = this.#close): void {
    if (file.fd < 0) return; // small, or given up before
    this.#open.remove(file);
    if (file.isKeptOpen) this.#keptOpen--;
    close(file.fd, file);
    file.fd = -1;
  }
}

const isIdle = (file: OpenFile): boolean => file.users === 0;
