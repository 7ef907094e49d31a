/** A socket with as much room as a test gives it. */
import type { Reply, Stream } from "../../../engine/transport/exchange.js";
import type { Head } from "../../../protocol/head.js";

const nothing = (): void => {};

export class FakeReply implements Reply {
  readonly client = "127.0.0.1";
  readonly repeatedBytes = 0;
  onDrained: () => void = nothing;
  onGone: () => void = nothing;
  isOver = false;
  hasBegun = false;
  isCut = false;
  /** Bytes it takes before it is full. */
  room: number;
  head: Head | undefined;
  body = "";
  lengthBytes: number | undefined;
  #taken = 0;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  sendHead(head: Head, lengthBytes: number | undefined): void {
    this.head = head;
    this.lengthBytes = lengthBytes;
    this.isOver = true;
  }

  sendAndClose(head: Head, body: Buffer, hasBody: boolean): void {
    this.sendHead(head, body.length);
    if (hasBody) this.body = body.toString();
  }

  sendWhole(head: Head, body: Uint8Array): number {
    this.begin(head);
    const taken = this.offer(body, body.length);
    this.#taken = 0;
    return taken;
  }

  begin(head: Head): void {
    this.head = head;
  }

  offer(bytes: Uint8Array, totalBytes: number): number {
    if (this.isOver || bytes.length === 0) throw new Error("nothing may be offered");
    const taken = Math.min(this.room, bytes.length);
    this.hasBegun = true;
    this.room -= taken;
    this.body += Buffer.from(bytes.subarray(0, taken)).toString("latin1");
    this.#taken += taken;
    this.isOver = this.#taken === totalBytes;
    return this.#taken;
  }

  openStream(head: Head): Stream {
    this.sendHead(head, undefined);
    return { send: () => true, end: () => {}, onGone: nothing };
  }

  cut(): void {
    this.isCut = true;
    this.leave();
  }

  /** The client goes. */
  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onGone();
  }

  /** The socket has sent what it took, and takes so much more. */
  async drain(room: number): Promise<void> {
    this.room = room;
    this.onDrained();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
