/**
 * Connections that are open and hardly used, as browsers keep them: each asks for a little now and
 * then, so that the server does not close it for being idle.
 *
 * All read into one buffer, and what they read is only counted: ten thousand of them cost little here.
 */
import { connect, type Socket } from "node:net";
import { requestBytes } from "./client.js";

export interface IdlePlan {
  readonly host: string;
  readonly port: number;
  /** A small file. */
  readonly target: string;
  readonly connections: number;
  /** How long each is idle before it asks again. */
  readonly askEveryMs: number;
}

export interface IdleConnections {
  /** Closed by the server, or never let in. */
  readonly countCut: () => number;
  /** Have been answered at least once. */
  readonly countAnswered: () => number;
  readonly stop: () => void;
}

/** Connections opened at once: fewer than any listen queue holds. */
const BATCH = 250;
const GROUPS = 50;

/** Resolves when all are connected, or were refused. */
export async function startIdle(plan: IdlePlan): Promise<IdleConnections> {
  const ask = { method: "GET", target: plan.target, headers: {}, status: 200 } as const;
  const request = requestBytes(plan.host, plan.port, ask);
  const buffer = Buffer.allocUnsafe(64 * 1024); // shared: nobody looks at what is in it
  const state = { cut: 0, answered: 0 };
  const sockets: Socket[] = [];
  let group = 0;
  const timer = setInterval(() => {
    for (let at = group; at < sockets.length; at += GROUPS) sockets[at]!.write(request);
    group = (group + 1) % GROUPS;
  }, plan.askEveryMs / GROUPS);
  for (let at = 0; at < plan.connections; at += BATCH) {
    const count = Math.min(BATCH, plan.connections - at);
    const batch = Array.from({ length: count }, () => open(plan, buffer, request, state));
    sockets.push(...(await Promise.all(batch)));
  }
  return {
    countCut: () => state.cut,
    countAnswered: () => state.answered,
    stop() {
      clearInterval(timer);
      for (const socket of sockets) socket.removeAllListeners("close").destroy();
    },
  };
}

function open(
  { host, port }: IdlePlan,
  buffer: Buffer,
  request: Buffer,
  state: { cut: number; answered: number },
): Promise<Socket> {
  let isAnswered = false;
  const callback = (): boolean => {
    if (!isAnswered) state.answered++;
    isAnswered = true;
    return true;
  };
  const socket = connect({ host, port, onread: { buffer, callback } });
  socket.on("error", () => {}); // "close" follows and is counted
  socket.once("close", () => state.cut++);
  return new Promise((resolve) => {
    socket.once("close", () => resolve(socket));
    socket.once("connect", () => {
      socket.write(request);
      resolve(socket);
    });
  });
}
