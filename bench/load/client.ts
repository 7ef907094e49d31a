/**
 * A keep-alive connection on a raw socket: one question at a time, told when its answer is whole.
 *
 * No HTTP library: what a client spends on objects and streams would be measured as the server's
 * delay. Reads land in one buffer per client, counted and forgotten.
 */
import { connect, type Socket } from "node:net";
import type { Question } from "../check.js";
import { createAnswerMeter } from "./answer-meter.js";

/** Larger than any small answer, so most answers take one read. */
const READ_BYTES = 64 * 1024;

export interface Client {
  /** Sends a question. The previous one must have been answered. */
  readonly ask: (request: Buffer) => void;
  readonly close: () => void;
}

export interface ClientEvents {
  /** The answer to the last question is whole. */
  readonly onAnswer: (status: number) => void;
  /** The server closed, or an error did. Called at most once, not after `close`. */
  readonly onGone: () => void;
}

/**
 * Resolves when connected. Rejects when the server refuses.
 *
 * A server may say of an answer that it is the last on its connection. The next question then goes
 * out on another, and the answer is told when that is there: what it costs is the server's delay.
 */
export async function openClient(
  host: string,
  port: number,
  isHead: boolean,
  events: ClientEvents,
): Promise<Client> {
  const meter = createAnswerMeter(isHead, (status, isLast) => {
    if (isLast) changeConnection(status);
    else events.onAnswer(status);
  });
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const onread = {
    buffer,
    callback: (count: number) => {
      meter.feed(buffer.subarray(0, count));
      return true;
    },
  };
  let isClosed = false;
  let socket = await dial();
  return {
    ask: (request) => void socket.write(request),
    close: () => {
      isClosed = true;
      hangUp();
    },
  };

  function dial(): Promise<Socket> {
    const dialed = connect({ host, port, noDelay: true, onread });
    return new Promise((settle, fail) => {
      dialed.once("error", fail);
      dialed.once("connect", () => {
        dialed.off("error", fail).on("error", () => {}); // "close" follows and tells it
        dialed.once("close", events.onGone);
        settle(dialed);
      });
    });
  }

  function hangUp(): void {
    socket.off("close", events.onGone).destroy();
  }

  function changeConnection(status: number): void {
    hangUp();
    dial().then(
      (next) => {
        socket = next;
        if (isClosed) hangUp();
        else events.onAnswer(status);
      },
      () => {
        if (!isClosed) events.onGone();
      },
    );
  }
}

/** The bytes of a request, made once. */
export function requestBytes(host: string, port: number, ask: Question): Buffer {
  const fields = Object.entries({ Host: `${host}:${port}`, ...ask.headers });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`${ask.method} ${ask.target} HTTP/1.1\r\n${lines}\r\n`, "latin1");
}
