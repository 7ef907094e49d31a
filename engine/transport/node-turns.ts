/**
 * Answers the requests of a connection one at a time.
 *
 * Node would take all that were pipelined at once: each would copy its first piece into memory, and
 * none of them be told when the client leaves.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Requests that may wait behind the one being answered. One costs about 3 KiB, so this much of
 * pipelining costs less than 1 MiB. More than any honest client sends; beyond it the connection is
 * cut, as the fast transport does at the first.
 */
const MAX_WAITING = 256;

/** Requests waiting for their turn, by connection. */
const waiting = new WeakMap<Socket, number>();

/** Calls `run` when all requests before it have been answered; never when the client leaves first. */
export function inTurn(req: IncomingMessage, res: ServerResponse, run: () => void): void {
  const { socket } = req;
  if (!socket.writable) return; // the answer before this one was the last
  if (res.socket !== null) return run();
  const count = (waiting.get(socket) ?? 0) + 1;
  waiting.set(socket, count);
  if (count > MAX_WAITING) socket.destroy();
  // Emitted when the answer before this one has gone out, and never if the client has.
  res.once("socket", () => {
    waiting.set(socket, waiting.get(socket)! - 1);
    socket.setTimeout(0); // that was for the answer before this one: see node-reply.ts
    run();
  });
}
