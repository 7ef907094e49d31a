/**
 * Which seconds of several workers make one second of all.
 *
 *   worker 1   ──●────────●────────●────────●──
 *   worker 2   ────●────────●────────●  killed
 *   frames     ████▌████████▌████████▌██████▌      closed by the last one that is awaited
 *
 * Awaited is whoever was in the frame before. So no clock decides which seconds belong together: a
 * second that comes a little early or late is not missed here and counted double there. One that
 * hangs is waited for until another has two seconds to tell, once.
 */
import type { WorkerSecond } from "../process/worker-talk.js";

export class Frames {
  readonly #onFrame: (seconds: readonly WorkerSecond[]) => void;
  readonly #pending = new Map<number, WorkerSecond>();
  #awaited = new Set<number>();

  constructor(onFrame: (seconds: readonly WorkerSecond[]) => void) {
    this.#onFrame = onFrame;
  }

  /** A second of this worker is about to come: one frame holds only one of each. */
  makeRoom(worker: number): void {
    if (this.#pending.has(worker)) this.close();
  }

  take(worker: number, second: WorkerSecond): void {
    this.#pending.set(worker, second);
    this.#closeIfWhole();
  }

  /** It will tell nothing more. */
  forget(worker: number): void {
    this.#awaited.delete(worker);
    this.#closeIfWhole();
  }

  /** With whatever there is, nothing too. */
  close(): void {
    const seconds = [...this.#pending.values()];
    this.#awaited = new Set(this.#pending.keys());
    this.#pending.clear();
    this.#onFrame(seconds);
  }

  #closeIfWhole(): void {
    if (this.#pending.size === 0) return;
    for (const worker of this.#awaited) if (!this.#pending.has(worker)) return;
    this.close();
  }
}
