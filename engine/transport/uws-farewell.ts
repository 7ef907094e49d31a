/**
 * The last answer on a connection of uWebSockets.js, and the connection's end.
 *
 * The library closes by itself only after its buffer has gone out, answers what it is asked meanwhile,
 * and has no limit for what it keeps. So here an answer is given that the library takes for unfinished:
 * then the response is still ours to close, whatever became of the bytes.
 *
 * Not while the request is still coming: see linger.ts. And not at once: of requests that arrive in one
 * packet the second makes the library forget that the first one closes, and it is answered too. An answer
 * still owed makes it cut the connection.
 */
import type { HttpResponse } from "uWebSockets.js";
import type { Bytes } from "../../fs/bytes.js";
import { LINGER_MS } from "./linger.js";

/**
 * Sends an answer in the next turn of the loop, and closes when the request has been read past. Of a
 * body, who has not taken what was sent before may get only a part.
 *
 * @param state counts the replies that are not over
 * @param lines what `Head.lines` is, with the length of a head alone that has one
 * @param body of two bytes at least; undefined for a head alone
 * @param lingers is what still comes of the request read past? Only while its call-back runs: later
 *   nobody can tell whether all has come
 */
export function sayFarewell(
  res: HttpResponse,
  state: { pending: number },
  lines: Bytes,
  body: Buffer | undefined,
  lingers: boolean,
): void {
  let isGone = false;
  let isSaid = false;
  let isRead = !lingers;
  let timer: NodeJS.Timeout | undefined;
  state.pending++;
  res.onAborted(() => {
    isGone = true;
    if (!isSaid) state.pending--;
    clearTimeout(timer);
  });
  if (lingers) {
    res.onData((_, isLast) => {
      isRead = isLast;
      if (isRead && isSaid) res.close(); // runs `onAborted`
    });
  }
  setImmediate(() => {
    if (isGone) return;
    res.cork(() => {
      res.writeStatus(lines);
      if (body === undefined) endHead(res);
      else sendBody(res, body);
    });
    isSaid = true;
    state.pending--;
    if (isRead) res.close();
    else timer = setTimeout(() => res.close(), LINGER_MS);
  });
}

/** By hand, and one CR LF more: `endWithoutBody` would leave nothing to close. */
function endHead(res: HttpResponse): void {
  res.writeHeader("Date", new Date().toUTCString());
  res.writeHeader("uWebSockets", "20");
  res.writeHeader("Connection", "close\r\n");
}

/** The first piece promises the length, the second one byte more: so it is never over. */
function sendBody(res: HttpResponse, body: Buffer): void {
  res.writeHeader("Connection", "close");
  const [isTaken] = res.tryEnd(body.subarray(0, -1), body.length);
  if (isTaken) res.tryEnd(body.subarray(-1), body.length + 1);
}

/**
 * Heads alone between two that close their connection, on average. They are the only answers of which
 * the library does not say whether the socket took them, so this is what bounds its buffer for who
 * asks on and on and reads nothing: some 400 KiB, beyond what the kernel takes. Larger: more of that.
 * Smaller: more connections to be made; a connection costs some of these answers.
 */
const HEADS_TO_LAST = 1024;

/**
 * Chooses the heads alone that are the last on their connection. By chance: a response does not know
 * its connection, and who counts along could have others take the blow.
 */
export class HeadsAlone {
  #left = HEADS_TO_LAST;

  /** Of this head: is it the last? Cost: one subtraction. */
  isLast(): boolean {
    this.#left--;
    if (this.#left > 0) return false;
    this.#left = Math.ceil(Math.random() * 2 * HEADS_TO_LAST);
    return true;
  }
}
