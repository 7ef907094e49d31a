/**
 * One answer for all who ask the same at one time.
 *
 *   asked   ●     ● ● ●        ●
 *   made    [─ 1 ─][─ 2 ─]     [─ 3 ─]
 *
 * Whoever asks while an answer is made waits for the next one: what is told is never older than the
 * question. So one is made at a time, however many ask, and all who wait are given the same.
 */
export class SharedAnswer<Answer> {
  readonly #make: () => Answer | Promise<Answer>;
  /** Has not begun: who asks now may have it. */
  #next: Promise<Answer> | undefined;
  /** Settles when the one before it has, however that ended. */
  #before: Promise<void> = Promise.resolve();

  constructor(make: () => Answer | Promise<Answer>) {
    this.#make = make;
  }

  /** Rejects as making it did: for all who share it, and for nobody after them. */
  ask(): Promise<Answer> {
    this.#next ??= this.#queue();
    return this.#next;
  }

  #queue(): Promise<Answer> {
    const next = this.#before.then(() => {
      this.#next = undefined;
      return this.#make();
    });
    this.#before = next.then(nothing, nothing);
    return next;
  }
}

const nothing = (): void => {};
