/**
 * Many clients on poor lines: each asks for a large file and takes a little of it every second.
 *
 * A reader's socket is read once a second into one buffer of its ration and paused again, so the
 * kernel's buffers fill and the server is held back, as by a phone in a tunnel.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { requestBytes } from "./client.js";

export interface SlowReadersPlan {
  readonly host: string;
  readonly port: number;
  readonly target: string;
  readonly readers: number;
  readonly bytesPerSec: number;
}

export interface SlowReaders {
  /** Readers the server closed on since they connected. */
  readonly countCut: () => number;
  readonly bytesRead: () => number;
  readonly stop: () => void;
}

/** Every reader has its turn once in these many ticks of the clock below: reads spread over the second. */
const GROUPS = 10;
const TICK_MS = 100;
/** Connections opened at once: fewer than any listen queue holds. */
const CONNECT_BATCH = 250;

/** Resolves when all have sent their request. From then on they read. */
export async function startSlowReaders(plan: SlowReadersPlan): Promise<SlowReaders> {
  const state = { cut: 0, bytes: 0 };
  const sockets: Socket[] = [];
  const ration = Buffer.allocUnsafe(plan.bytesPerSec); // shared: what is read is only counted
  const ask = { method: "GET", target: plan.target, headers: {} } as const;
  const request = requestBytes(plan.host, plan.port, ask);
  for (let at = 0; at < plan.readers; at += CONNECT_BATCH) {
    const count = Math.min(CONNECT_BATCH, plan.readers - at);
    const batch = Array.from({ length: count }, () => openReader(plan, ration, request, state));
    sockets.push(...(await Promise.all(batch)));
  }
  let group = 0;
  const timer = setInterval(() => {
    for (let at = group; at < sockets.length; at += GROUPS) sockets[at]!.resume();
    group = (group + 1) % GROUPS;
  }, TICK_MS);
  return {
    countCut: () => state.cut,
    bytesRead: () => state.bytes,
    stop() {
      clearInterval(timer);
      for (const socket of sockets) socket.removeAllListeners("close").destroy();
    },
  };
}

async function openReader(
  plan: SlowReadersPlan,
  ration: Buffer,
  request: Buffer,
  state: { cut: number; bytes: number },
): Promise<Socket> {
  const onread = {
    buffer: ration,
    callback: (count: number) => {
      state.bytes += count;
      return false; // pause until the next turn
    },
  };
  const socket = connect({ host: plan.host, port: plan.port, onread });
  socket.on("error", () => {}); // "close" follows and is counted
  socket.once("close", () => state.cut++);
  await Promise.race([
    new Promise((done) => socket.once("connect", done).once("close", done)),
    sleep(CONNECT_LIMIT_MS, undefined, { ref: false }),
  ]);
  socket.write(request);
  return socket;
}

/** A connection that is not there by then was not accepted in time; it stays and may come later. */
const CONNECT_LIMIT_MS = 2000;
