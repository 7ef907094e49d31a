/**
 * Bodies at hand on their way out: what a socket does not take at once is held until it drains.
 *
 * Files have the scheduler and its slab for this; a report is in memory anyway. So that slow readers
 * cannot fill it, all that is held is counted, and each of them has a deadline. A body that several
 * wait for is in memory once, and counts once.
 */
import type { Head } from "../../protocol/head.js";
import type { Reply } from "../transport/exchange.js";

/**
 * Beyond this nothing more is begun: hundreds of slow readers of a usual report, a few of the
 * largest one. The memory held is at most this, and what was being made when it was reached.
 */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** From the first byte to the last. The largest report, 2 MiB, then needs 36 KiB/s. */
const DEADLINE_MS = 60_000;

export class HeldBodies {
  readonly #maxBytes: number;
  readonly #deadlineMs: number;
  readonly #holders = new Map<Uint8Array, number>();
  #heldBytes = 0;

  constructor(maxBytes: number = MAX_HELD_BYTES, deadlineMs: number = DEADLINE_MS) {
    this.#maxBytes = maxBytes;
    this.#deadlineMs = deadlineMs;
  }

  /** Bytes of bodies that have not gone out to their end. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Too much is held: say so in a few words, not with another body. */
  get isFull(): boolean {
    return this.#heldBytes > this.#maxBytes;
  }

  /**
   * Sends a head and a body, which is not empty and may not be written to any more.
   */
  send(head: Head, body: Uint8Array, reply: Reply): void {
    if (reply.isOver) return;
    const taken = reply.sendWhole(head, body);
    if (taken < body.length && !reply.isOver) this.#hold(body, taken, reply);
  }

  /** The sink counts what is offered from now on from its own beginning. */
  #hold(body: Uint8Array, begun: number, reply: Reply): void {
    const rest = body.subarray(begun);
    let taken = 0;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      clearTimeout(deadline);
      this.#letGo(body);
    };
    const offer = (): void => {
      if (reply.isOver) return release();
      taken = reply.offer(rest.subarray(taken), rest.length);
      if (taken === rest.length) release();
    };
    const deadline = setTimeout(() => reply.cut(), this.#deadlineMs).unref();
    this.#keep(body);
    reply.onGone = release;
    reply.onDrained = () => void setImmediate(offer); // not from inside the socket's own call-back
  }

  #keep(body: Uint8Array): void {
    const holders = this.#holders.get(body) ?? 0;
    if (holders === 0) this.#heldBytes += body.length;
    this.#holders.set(body, holders + 1);
  }

  #letGo(body: Uint8Array): void {
    const holders = this.#holders.get(body)! - 1;
    if (holders > 0) return void this.#holders.set(body, holders);
    this.#holders.delete(body);
    this.#heldBytes -= body.length;
  }
}
