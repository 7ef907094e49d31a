/**
 * Whether the root can still be read, asked each second and never waited for.
 *
 * A mount that has died answers nothing: then one question stays open, and that it does is the answer.
 */
import { isReadableRoot } from "../../fs/root.js";

/** An answer that takes longer is no answer. */
const PATIENCE_MS = 5000;

export class RootCheck {
  #path: string;
  readonly #nowMs: () => number;
  #isReadable = true;
  /** -1 when no question is open. */
  #askedMs = -1;

  constructor(path: string, nowMs: () => number) {
    this.#path = path;
    this.#nowMs = nowMs;
  }

  /** The root, when it cannot be read; undefined when it can. */
  get unreadable(): string | undefined {
    const isStuck = this.#askedMs >= 0 && this.#nowMs() - this.#askedMs > PATIENCE_MS;
    return this.#isReadable && !isStuck ? undefined : this.#path;
  }

  /** Asks of another root from now on. An answer about the old one is none about it. */
  moveTo(path: string): void {
    if (path === this.#path) return;
    this.#path = path;
    this.#isReadable = true;
    this.#askedMs = -1;
  }

  /** Asks, unless a question is open. */
  ask(): void {
    if (this.#askedMs >= 0) return;
    this.#askedMs = this.#nowMs();
    const path = this.#path;
    void isReadableRoot(path).then((isReadable) => {
      if (path !== this.#path) return;
      this.#isReadable = isReadable;
      this.#askedMs = -1;
    });
  }
}
