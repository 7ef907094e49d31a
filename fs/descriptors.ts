/**
 * The open descriptors, bounded: the least valuable is closed first, never one in use.
 *
 *   oldest ──▶ [ f1 asked ] [ f2 in use ] [ f3 ] [ f4 ] ──▶ newest
 *                  │ second chance             │
 *                  └──── to the newest end     └── closed first
 *
 * A clock with a second chance (Corbató, 1968) over the order of opening: one bit per file, O(1)
 * amortized, and a burst of files asked for once does not push out those asked for again.
 */
import type { OpenFile } from "./open-file.js";

export class Descriptors {
  readonly #open = new Set<OpenFile>();
  readonly #max: number;
  readonly #close: (fd: number) => void;

  /**
   * @param max most descriptors kept open, integer, at least 1
   * @param close closes one, off the loop
   */
  constructor(max: number, close: (fd: number) => void) {
    this.#max = max;
    this.#close = close;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Takes charge of an open file. False when all are in use: then nothing was taken. */
  admit(file: OpenFile): boolean {
    if (this.#open.size >= this.#max && !this.#closeLeastValuable()) return false;
    this.#open.add(file);
    return true;
  }

  /** The descriptor is needed until `release`. */
  hold(file: OpenFile): void {
    file.users++;
    if (file.wasHeld) file.wasAskedFor = true;
    file.wasHeld = true;
  }

  release(file: OpenFile): void {
    file.users--;
    if (file.users === 0 && file.isRetired) this.#shut(file);
  }

  /** The table leads to another file now: closed at once, or by its last user. */
  retire(file: OpenFile): void {
    file.isRetired = true;
    if (file.users === 0) this.#shut(file);
  }

  /** The process is out of descriptors: closes up to `count` that nobody uses. */
  giveUp(count: number): void {
    for (let closed = 0; closed < count && this.#closeLeastValuable(); closed++);
  }

  #closeLeastValuable(): boolean {
    const looks = 2 * this.#open.size;
    for (let look = 0; look < looks; look++) {
      const file = this.#oldest();
      if (file === undefined) return false;
      if (file.users === 0 && !file.wasAskedFor) {
        this.#shut(file);
        return true;
      }
      if (file.users === 0) file.wasAskedFor = false;
      this.#open.delete(file);
      this.#open.add(file);
    }
    return false;
  }

  #oldest(): OpenFile | undefined {
    for (const file of this.#open) return file;
    return undefined;
  }

  #shut(file: OpenFile): void {
    if (!this.#open.delete(file)) return;
    this.#close(file.fd);
    file.fd = -1;
  }
}
