/**
 * Where the server's answer goes when it is not to be sent: stand-ins for a socket, for the scheduler
 * and for the table of operations.
 *
 * Each does what its original does up to the point where a byte would be read or sent or anything be
 * counted. The file table is the real one, looked at over the shoulder.
 */
import type { Entry } from "../../fs/file-table.js";
import type { OpenFile } from "../../fs/open-file.js";
import type { Field, Head } from "../../protocol/head.js";
import { Cursor } from "../chunks/cursor.js";
import { Transfer } from "../chunks/transfer.js";
import { Client } from "../chunks/turns.js";
import type { DeliveryParts } from "../delivery.js";
import { Operation } from "../operations/operation.js";
import type { ServerParts, Table } from "../server-parts.js";
import type { Reply } from "../transport/exchange.js";

const nothing = (): void => {};

/** Notes the head of an answer, and what a transport would add to it. */
export class NotedReply implements Reply {
  readonly client = "";
  readonly repeatedBytes = 0;
  onDrained: () => void = nothing;
  onGone: () => void = nothing;
  readonly hasBegun = false;
  isOver = false;
  /** 0 when none would be sent. */
  bodyBytes = 0;
  /** Resolves when there is an answer. */
  readonly answered: Promise<void>;
  #head: Head | undefined;
  #added: readonly Field[] = [];
  #tell: () => void = nothing;

  constructor() {
    this.answered = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  /** Valid once there is an answer. */
  get statusLine(): string {
    return this.#head!.statusLine;
  }

  get fields(): Field[] {
    return [...this.#head!.fields, ...this.#added];
  }

  sendHead(head: Head, lengthBytes: number | undefined): void {
    this.#end(head, 0, lengthBytes === undefined ? [] : [contentLength(lengthBytes)]);
  }

  sendAndClose(head: Head, { length }: Buffer, hasBody: boolean): void {
    const close: Field = ["Connection", "close"];
    this.#end(head, hasBody ? length : 0, hasBody ? [close, contentLength(length)] : [close]);
  }

  sendWhole(head: Head, { length }: Uint8Array): number {
    this.#end(head, length, [contentLength(length)]);
    return length;
  }

  begin(head: Head): void {
    this.#head = head;
  }

  /** What follows `begin`, without the bytes. */
  takeAll(totalBytes: number): void {
    this.#end(this.#head!, totalBytes, [contentLength(totalBytes)]);
  }

  /** @throws Error always: the scheduler that would offer is not there */
  offer(): number {
    throw new Error("bytes were offered to a request that is only explained");
  }

  /** @throws Error always: the server sends no streams */
  openStream(): never {
    throw new Error("a stream was opened for a request that is only explained");
  }

  cut(): void {}

  #end(head: Head, bodyBytes: number, added: readonly Field[]): void {
    this.#head = head;
    this.bodyBytes = bodyBytes;
    this.#added = added;
    this.isOver = true;
    this.#tell();
  }
}

const contentLength = (bytes: number): Field => ["Content-Length", String(bytes)];

/** Takes a body as sent, without a turn, a slot or a read. */
export const createIdleScheduler = (
  reply: NotedReply,
  nowMs: () => number,
): ServerParts["scheduler"] => ({
  start(parts, sink, onSettled) {
    const cursor = new Cursor<OpenFile>(parts);
    const transfer = new Transfer(cursor, sink, new Client<OpenFile>(""), onSettled, nowMs());
    reply.takeAll(cursor.totalBytes);
    onSettled("sent", transfer);
    return transfer;
  },
  atHand: () => undefined,
  wholeAtHand: () => undefined,
});

/** Operations that stand in no line, and leave no trace when they end. */
export const UNRECORDED: DeliveryParts["operations"] = {
  begin: (asked) => new Operation(asked),
  end: (operation) => {
    operation.isOver = true;
  },
};

/** Where the table knew it from: its own memory, the kernel's, or the disk by way of a reader. */
export type Source = "memory" | "the kernel's memory" | "a reader";

/** The real table. What it says is told to `onLooked` as well. */
export const followTable = (
  table: Table,
  onLooked: (entry: Entry, source: Source) => void,
): Table => ({
  find(root, path) {
    const entry = table.find(root, path);
    if (entry !== undefined) onLooked(entry, "memory");
    return entry;
  },
  lookUp(root, path, done) {
    let isAtOnce = true;
    table.lookUp(root, path, (entry, times) => {
      const isOverdue = times === undefined; // a reader was asked before, and has not answered
      onLooked(entry, isAtOnce && !isOverdue ? "the kernel's memory" : "a reader");
      done(entry, times);
    });
    isAtOnce = false;
  },
  startedMs: (path) => table.startedMs(path),
  glance: (root, path) => table.glance(root, path),
  takeLoan: (file) => table.takeLoan(file),
  isFresh: (entry, nowMs) => table.isFresh(entry, nowMs),
  hold: (file) => table.hold(file),
  release: (file) => table.release(file),
  distrustFile: (file) => table.distrustFile(file),
});
