/**
 * Whose turn it is: two lanes, and how much of the event loop both may take at once.
 *
 *      express   transfers about to end   half of a tick, the other half too when bulk leaves it
 *      bulk      all others               at least half of a tick
 *
 * Owns: the clients that have a transfer, and the order of turns. What a turn does is given in.
 */

import type { ChunkFile } from "./chunk-reader.js";
import { Lane, Share } from "./lane.js";
import type { Transfer } from "./transfer.js";

/**
 * Bytes sent before the loop gets back to sockets and new requests.
 *
 * Smaller: the loop turns round more often for the same bytes. Larger: a request that arrives
 * meanwhile waits longer, 150 µs per MiB from the slab. Measure with `npm run bench -- --only slow-readers`.
 */
const TICK_BYTES = 2 * 1024 * 1024;

/**
 * Remaining bytes below which a transfer is about to end and goes first.
 *
 * Ending early what is short costs the long ones little and frees the connection. Larger: what
 * counts as short crowds the half of the tick it has.
 */
const EXPRESS_BYTES = 64 * 1024;

/** A client address with live transfers, and its place in each lane. */
export class Client<File extends ChunkFile> {
  readonly name: string;
  readonly express = new Share<File>();
  readonly bulk = new Share<File>();
  transfers = 0;

  constructor(name: string) {
    this.name = name;
  }
}

export class Turns<File extends ChunkFile> {
  readonly #clients = new Map<string, Client<File>>();
  readonly #express = new Lane<File>();
  readonly #bulk = new Lane<File>();

  /** Counts one transfer more for a client. Each call is answered by one `leave`. */
  enter(name: string): Client<File> {
    const client = this.#clients.get(name) ?? new Client<File>(name);
    if (client.transfers++ === 0) this.#clients.set(name, client);
    return client;
  }

  /** Counts one transfer less. The last one takes the client's debts with it. */
  leave(client: Client<File>): void {
    if (--client.transfers === 0) this.#clients.delete(client.name);
  }

  /** Clients with at least one transfer. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Puts a transfer that can go on behind the others of its client. O(1), no allocation. */
  join(transfer: Transfer<File>): void {
    const { client, cursor } = transfer;
    if (cursor.remainingBytes <= EXPRESS_BYTES) this.#express.join(client.express, transfer);
    else this.#bulk.join(client.bulk, transfer);
  }

  /**
   * Gives turns until a tick's worth is spent or nobody is left.
   *
   * @param turn makes one turn and returns what it cost in bytes, at least 1
   */
  run(turn: (transfer: Transfer<File>) => number): void {
    let leftBytes = TICK_BYTES;
    leftBytes -= this.#express.serve(TICK_BYTES / 2, turn);
    leftBytes -= this.#bulk.serve(leftBytes, turn);
    this.#express.serve(leftBytes, turn);
  }

  isEmpty(): boolean {
    return this.#express.isEmpty() && this.#bulk.isEmpty();
  }
}
